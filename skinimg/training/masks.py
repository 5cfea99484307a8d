"""What a person drew: a mask on the pixels of a photo, as a grey PNG or as polygons, and how it comes into a frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from skimage.draw import polygon2mask

from skinimg.base.errors import StudyError
from skinimg.base.records import ByteArray, FloatArray, Frame

# A mask whose brightest pixel is this dark numbers its classes instead of saying how much of a pixel is covered, unless
# it is a few pixels or has soft edges: in a phantom's truth a scar that can hardly be seen covers 6 / 255 of one pixel.
_CLASS_NUMBERS, _FEW_PX = 20, 50
_FINER = 4  # polygons are drawn this many times finer, so that a pixel on the edge is covered in part


@dataclass(frozen=True)
class Polygons:
    """Outlines on the pixels of an upright photo; what lies inside any of them is the finding.

    rings : each (n, 2) x, y from the photo's upper left corner, as COCO has them: the first pixel spans 0 to 1
    size : width, height of the photo they were drawn on
    """

    rings: tuple[npt.NDArray[np.float64], ...]
    size: tuple[int, int]
    source: str  # of the message when they do not fit


Mask = Path | Polygons


def read_mask(mask: Mask, shape: tuple[int, int]) -> FloatArray:
    """Share of each pixel of an upright photo of `shape` (h, w) that is the finding: (h, w) float32 in [0, 1].

    Raises
    ------
    StudyError
        Unreadable, not grey with 8 bits, class numbers instead of coverage, or of another size than the photo.
    """
    if isinstance(mask, Polygons):
        _refuse_other_size(mask.source, mask.size, shape)
        return _drawn(mask, shape)
    try:
        with Image.open(mask) as image:
            kind, mode, size = image.format, image.mode, image.size
            grey = np.asarray(image) if mode == "L" else None
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        found = "no picture" if isinstance(error, UnidentifiedImageError) else str(error)
        raise StudyError(f"the mask {mask.name} cannot be read", found=found, needed="a grey PNG") from error
    if kind != "PNG":
        raise StudyError(
            f"the mask {mask.name} is no PNG inside",
            found=f"{kind}, whose pixels may not be as they were drawn",
            needed="a grey PNG",
            next_step="Export it again as PNG; another ending of the name does not change the file.",
        )
    if grey is None:
        raise StudyError(
            f"the mask {mask.name} is not grey with 8 bits",
            found=f"pixels of kind {mode}",
            needed="one grey channel, 0 = nothing, 255 = all of the pixel",
        )
    _refuse_other_size(f"the mask {mask.name}", size, shape)
    if _numbers_classes(grey):
        raise StudyError(
            f"the mask {mask.name} seems to number its classes",
            found=f"values up to {grey.max()}",
            needed="0 to 255 for the share of each pixel that is the finding, one file per finding",
        )
    if fault := _level_fault(grey):
        raise StudyError(
            f"the mask {mask.name} is not one of 0 and 255",
            found=fault,
            needed="0 = nothing, 255 = all of the pixel, and what lies between for parts of it",
        )
    return grey.astype(np.float32) / np.float32(255)


def _level_fault(grey: ByteArray) -> str:
    """What the grey levels say against a mask: two levels other than black and white, or both exchanged."""
    levels = np.unique(grey)
    if len(levels) == 2 and levels[0] == 0 and levels[1] < 255 and int((grey > 0).sum()) > _FEW_PX:
        return f"only 0 and {levels[1]}"
    if len(levels) == 1 and levels[0] > 0:
        return f"{levels[0]} everywhere"
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    # What fills most of a picture and of its rim has no skin around it, with which it could be compared.
    if float(np.mean(rim > 127)) > 0.5 and float(np.mean(grey > 127)) > 0.5:
        return "white over most of the picture and of its rim: black and white look exchanged"
    return ""


def _numbers_classes(grey: ByteArray) -> bool:
    """Whether a mask is dark all over and yet has hard edges; beside classes, Pascal VOC has 255 for their borders."""
    if not ((grey > _CLASS_NUMBERS) & (grey < 255)).any():
        grey = np.where(grey == 255, 0, grey).astype(np.uint8)
    if not 0 < int(grey.max()) <= _CLASS_NUMBERS:
        return False
    around = np.ones((3, 3), np.uint8)
    rim = (grey > 0) & (cv2.erode(grey, around) == 0)
    fading = rim & (grey < cv2.dilate(grey, around))
    return int((grey > 0).sum()) > _FEW_PX and int(fading.sum()) <= int(rim.sum()) / 2


def into_frame(coverage: FloatArray, frame: Frame) -> FloatArray:
    """A mask on the photo's pixels, seen in the photo's frame: (h, w) float32 in [0, 1].

    Area is kept: a frame's pixel is the mean of as many samples as it has photo pixels. The blur that is enough for
    the photo (frame.py) would make a line 1 px wide 46 % wider or narrower by where it happens to lie (at 30 px/mm).
    """
    step = float(np.hypot(*frame.to_photo[:, 0]))  # photo pixels per frame pixel
    finer = max(int(np.ceil(step - 1e-3)), 1)
    height, width = frame.skin.shape
    to_photo = frame.to_photo.astype(np.float64)
    to_photo[:, 2] += to_photo[:, :2].sum(axis=1) * (1 / finer - 1) / 2  # pixel edges meet
    to_photo[:, :2] /= finer
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    fine = cv2.warpAffine(coverage, to_photo, (width * finer, height * finer), flags=flags)
    return np.clip(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA), 0, 1)


def _refuse_other_size(what: str, size: tuple[int, int], shape: tuple[int, int]) -> None:
    height, width = shape
    if size == (width, height):
        return
    turned = size == (height, width)
    raise StudyError(
        f"{what} has another size than its photo",
        found=f"{size[0]} x {size[1]}",
        needed=f"{width} x {height}",
        next_step="The photo is turned by its EXIF orientation: draw on the upright photo." if turned else "",
    )


def _drawn(polygons: Polygons, shape: tuple[int, int]) -> FloatArray:
    """Every ring filled four times finer than the photo, in its own box, and averaged."""
    coverage = np.zeros(shape, np.float32)
    for ring in polygons.rings:
        x0, y0 = (max(int(v), 0) for v in np.floor(ring.min(axis=0)))
        x1, y1 = (min(int(v), side) for v, side in zip(np.ceil(ring.max(axis=0)), shape[::-1], strict=True))
        if x1 <= x0 or y1 <= y0:
            continue
        fine = ((y1 - y0) * _FINER, (x1 - x0) * _FINER)
        corners = (ring - (x0, y0)) * _FINER - 0.5  # pixel edges to pixel centres
        filled = polygon2mask(fine, corners[:, ::-1]).astype(np.float32)
        share = filled.reshape(y1 - y0, _FINER, x1 - x0, _FINER).mean(axis=(1, 3))
        coverage[y0:y1, x0:x1] = np.maximum(coverage[y0:y1, x0:x1], share)
    return coverage
