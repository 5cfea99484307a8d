"""The pictures of a session: what docs/REFERENCE.md puts under subjects/, and what the report shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.align import grid_for_contract
from skinimg.align.warp import inside
from skinimg.base.records import ByteArray, FloatArray, Frame, Shot
from skinimg.base.results import SessionPictures
from skinimg.face.mesh import LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE
from skinimg.photo.colour import linear_to_srgb8

# Grey levels of melanin.png and haemoglobin.png: 0 OD is black, this density white.
MAP_WHITE_OD = {"melanin": 3.0, "haemoglobin": 1.2}
GRID_STRIDE = 4  # every 4th pixel of the baseline's frame: 0.4 mm


def pictures_of(shot: Shot, baseline: Frame, days: int | None, view_key: str) -> SessionPictures:
    """A session seen in the baseline's frame: photo, maps and masks moved by the warp, for the eye only."""
    where = shot.alignment.to_session

    def moved(image: npt.NDArray[np.generic], how: int = cv2.INTER_LINEAR) -> npt.NDArray[Any]:
        if shot.alignment.is_identity:
            return image
        return cv2.remap(image, where, None, how, borderMode=cv2.BORDER_CONSTANT)

    maps = {"melanin": shot.seen.maps.melanin, "haemoglobin": shot.seen.maps.haemoglobin}
    if not shot.alignment.is_identity:
        shown = inside(where, shot.seen.maps.melanin.shape)
        maps = {name: np.where(shown, moved(values), np.float32(np.nan)) for name, values in maps.items()}
    masks = zip(shot.found.segmentation.findings, shot.found.segmentation.probability, strict=True)
    return SessionPictures(
        view_key,
        shot.entry.session,
        shot.entry.date,
        days,
        moved(linear_to_srgb8(shot.seen.frame.linear), cv2.INTER_CUBIC),
        maps["melanin"],
        maps["haemoglobin"],
        {name: moved(_grey(p)) for name, p in masks},
        shot.alignment.valid_baseline,
        baseline.mm_per_px,
        _eyes(baseline),
    )


def _eyes(baseline: Frame) -> tuple[float, float, float, float] | None:
    """x0, y0, x1, y1 around both eyes and brows, which is what makes a face known; None on a close-up."""
    if baseline.landmarks is None:
        return None
    points = baseline.landmarks[[*RIGHT_EYE, *LEFT_EYE, *RIGHT_BROW, *LEFT_BROW], :2]
    margin = 5.0 / baseline.mm_per_px
    (x0, y0), (x1, y1) = points.min(axis=0) - margin, points.max(axis=0) + margin
    return float(x0), float(y0), float(x1), float(y1)


def write_session(folder: Path, shot: Shot, pictures: SessionPictures) -> None:
    """The files of one session (docs/REFERENCE.md). Pixels only: PNG without any metadata, so nothing private travels.

    One after the other: another photo is being measured meanwhile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    to_frame = cv2.invertAffineTransform(shot.seen.frame.to_photo.astype(np.float64))
    size = shot.seen.frame.photo_shape[::-1]

    _write_png(folder / "aligned.png", pictures.aligned[..., ::-1])
    arrays = grid_for_contract(shot.alignment, shot.seen.frame, GRID_STRIDE)
    np.savez_compressed(folder / "frame.npz", allow_pickle=False, **arrays)
    for name, white in MAP_WHITE_OD.items():
        values = np.nan_to_num(getattr(pictures, name), nan=0.0)
        _write_png(folder / f"{name}.png", _grey(values / white))
    for name, probability in zip(shot.found.segmentation.findings, shot.found.segmentation.probability, strict=True):
        mask = _grey(probability)
        _write_png(folder / f"{name}.png", mask)
        original = cv2.warpAffine(mask, to_frame, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        _write_png(folder / f"{name}_original.png", original)


def _grey(values: FloatArray) -> ByteArray:
    """[0, 1] as 8 bits, rounded and clipped by OpenCV at once."""
    return np.asarray(cv2.multiply(values, 255.0, dtype=cv2.CV_8U), np.uint8)


def _write_png(path: Path, image: npt.NDArray[np.generic]) -> None:
    # Of a photograph of 2.8 megapixels run lengths take 86 ms and 2.59 MB, level 1 takes 135 ms and 2.57 MB.
    how = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    done, data = cv2.imencode(".png", image, how)
    if not done:
        raise OSError(f"{path} could not be encoded")
    path.write_bytes(data.tobytes())
