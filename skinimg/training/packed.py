"""Faces made small enough to travel to a rented GPU: what `observe.see` found, and the photo's own pixels of the face.

A face takes 0.2 MB (JPEG, no chroma subsampling, at the photo's own resolution or at the working scale, whichever is
coarser) where its frame at the working scale takes 34 MB.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from skinimg.base.findings import CLOSEUP_REGIONS, FACE_REGIONS
from skinimg.base.records import Frame, SkinAnchor
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.face.place import place_planes
from skinimg.face.regions import region_masks
from skinimg.observe.frame import region_bits
from skinimg.photo.colour import linear_to_srgb8, srgb_to_linear
from skinimg.training.backgrounds import Background, background, maps_of

_QUALITY = 94
_MARGIN_PX = 6  # of the photo, for the interpolation


def pack(path: Path, linear: np.ndarray, frame: Frame, anchor: SkinAnchor) -> None:
    """Write a face; linear : (H, W, 3) the photo that the frame was made from."""
    height, width = frame.skin.shape
    to_photo = frame.to_photo.astype(np.float64)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ to_photo.T
    x0, y0 = (max(int(v) - _MARGIN_PX, 0) for v in corners.min(axis=0))
    x1, y1 = (int(v) + _MARGIN_PX for v in corners.max(axis=0))
    crop = linear_to_srgb8(linear[y0:y1, x0:x1])
    to_photo[:, 2] -= (x0, y0)
    zoom = min(1 / float(np.hypot(*to_photo[:, 0])), 1.0)
    if zoom < 1:
        size = (round(crop.shape[1] * zoom), round(crop.shape[0] * zoom))
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        to_photo = zoom * to_photo + np.array([[0, 0, (zoom - 1) / 2]] * 2)
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR]
    _, jpeg = cv2.imencode(".jpg", crop[..., ::-1], [*options, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444])
    np.savez_compressed(
        path,
        jpg=jpeg,
        to_crop=to_photo,
        shape=np.array([height, width]),
        skin=np.packbits(frame.skin),
        landmarks=np.zeros((0, 3), np.float32) if frame.landmarks is None else frame.landmarks,
        native=frame.native_px_per_mm,
        anchor=np.array([anchor.melanin, anchor.haemoglobin, *anchor.offset]),
    )


def unpacked(path: Path | str) -> Background:
    """The background of a packed face."""
    frame, anchor = unpacked_frame(path)
    return background(Path(path).stem, frame, maps_of(frame, anchor))


def unpacked_frame(path: Path | str) -> tuple[Frame, SkinAnchor]:
    """The frame of a packed face and the anchor of its colours."""
    with np.load(path) as content:
        height, width = (int(side) for side in content["shape"])
        pixels = cv2.imdecode(content["jpg"], cv2.IMREAD_COLOR)[..., ::-1]
        linear = cv2.warpAffine(
            srgb_to_linear(np.ascontiguousarray(pixels)),
            content["to_crop"],
            (width, height),
            flags=cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        skin = np.unpackbits(content["skin"])[: height * width].reshape(height, width).astype(bool)
        landmarks = content["landmarks"] if len(content["landmarks"]) else None
        melanin, blood, *offset = (float(value) for value in content["anchor"])
        native = float(content["native"])
    names = CLOSEUP_REGIONS if landmarks is None else FACE_REGIONS
    whole = {CLOSEUP_REGIONS[0]: np.ones(skin.shape, np.bool_)}
    bits = region_bits(whole if landmarks is None else region_masks(landmarks, skin.shape), names)
    frame = Frame(
        linear, skin, bits, names, landmarks, np.eye(2, 3, dtype=np.float32), (height, width), WORKING_MM_PER_PX,
        native, "packed", None if landmarks is None else place_planes(landmarks, (height, width)),
    )  # fmt: skip
    return frame, SkinAnchor(melanin, blood, float("nan"), (offset[0], offset[1], offset[2]))
