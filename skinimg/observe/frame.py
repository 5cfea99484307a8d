"""One resampling per photo: from its own pixels to an upright frame at the working scale."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage import morphology

from skinimg.base.errors import PhotoError
from skinimg.base.findings import CLOSEUP_REGIONS, FACE_REGIONS
from skinimg.base.parallel import together
from skinimg.base.reasons import why
from skinimg.base.records import BitArray, BoolArray, Face, FloatArray, Frame, Photo
from skinimg.base.settings import LARGEST_MARK_MM2, WORKING_MM_PER_PX

_MARGIN_MM = 12.0  # around the landmarks: the forehead runs on above the highest one
_LARGEST_SIDE_PX = 6000  # 60 cm of skin at the working scale; more means that the scale is wrong


def face_frame(photo: Photo, face: Face, px_per_mm: float, scale_source: str) -> Frame:
    """The face of a photo, upright, at 0.1 mm/px, with its usable skin and regions.

    px_per_mm : scale of the original photo

    Raises
    ------
    PhotoError
        The scale would make the frame larger than any head.
    """
    from skinimg.face import region_masks, skin_mask  # imports torch, which a close-up does not need
    from skinimg.face.place import place_planes

    roll = np.radians(face.roll_deg)
    upright = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])  # photo direction -> frame
    step = WORKING_MM_PER_PX * px_per_mm  # photo pixels per frame pixel
    points = face.landmarks[:, :2] @ upright.T / step
    margin = _MARGIN_MM / WORKING_MM_PER_PX
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    to_photo = np.column_stack([upright.T * step, upright.T @ low * step])  # (2, 3)
    linear, inside = _resample(photo.linear, to_photo, _size(high - low), step)
    landmarks = np.column_stack([points - low, face.landmarks[:, 2] / step]).astype(np.float32)
    shape = inside.shape[0], inside.shape[1]
    skin, bits, place = together(
        lambda: skin_mask(linear, landmarks) & inside,
        lambda: region_bits(region_masks(landmarks, shape), FACE_REGIONS),
        lambda: place_planes(landmarks, shape),
    )
    return Frame(
        linear,
        skin,
        bits,
        FACE_REGIONS,
        landmarks,
        to_photo.astype(np.float32),
        (photo.linear.shape[0], photo.linear.shape[1]),
        WORKING_MM_PER_PX,
        px_per_mm,
        scale_source,
        place,
    )


def closeup_frame(photo: Photo, px_per_mm: float, scale_source: str) -> Frame:
    """A whole close-up at 0.1 mm/px; everything that has the colour of most of it is its skin."""
    step = WORKING_MM_PER_PX * px_per_mm
    height, width = photo.linear.shape[:2]
    to_photo = np.array(
        [[step, 0, (step - 1) / 2], [0, step, (step - 1) / 2]]
    )  # pixel edges meet, centres are integers
    linear, inside = _resample(photo.linear, to_photo, _size(np.array([width, height]) / step), step)
    skin = _patch_skin(linear) & inside
    bits = region_bits({CLOSEUP_REGIONS[0]: np.ones(skin.shape, np.bool_)}, CLOSEUP_REGIONS)
    return Frame(
        linear,
        skin,
        bits,
        CLOSEUP_REGIONS,
        None,
        to_photo.astype(np.float32),
        (height, width),
        WORKING_MM_PER_PX,
        px_per_mm,
        scale_source,
    )


def region_bits(masks: dict[str, BoolArray], regions: tuple[str, ...]) -> BitArray:
    """(h, w) uint16 with bit k set where the mask of region k is."""
    bits = np.zeros(next(iter(masks.values())).shape, np.uint16)
    for k, name in enumerate(regions):
        bits |= masks[name].astype(np.uint16) << np.uint16(k)
    return bits


def _size(extent_px: npt.NDArray[np.float64]) -> tuple[int, int]:
    """(width, height) of a frame."""
    width, height = (max(int(np.ceil(side)), 1) for side in extent_px)
    if max(width, height) > _LARGEST_SIDE_PX:
        found, limit = (side * WORKING_MM_PER_PX / 10 for side in (max(width, height), _LARGEST_SIDE_PX))  # cm
        raise PhotoError(why("scale_impossible", found=found, limit=limit))
    return width, height


def _resample(
    linear: FloatArray, to_photo: FloatArray, size: tuple[int, int], step: float
) -> tuple[FloatArray, BoolArray]:
    """Pixels of the frame, and where the photo covers it.

    Going coarser, the photo is first blurred to the frame's pixel (a box of `step` pixels has SD step / sqrt 12), on
    the part that is needed only. Going finer, bicubic: it does not ring on pores as Lanczos does.
    """
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [size[0], size[1], 1]]) @ to_photo.T
    pad = int(np.ceil(3 * step)) + 2
    x0, y0 = (max(int(v) - pad, 0) for v in corners.min(axis=0))
    x1, y1 = (int(v) + pad for v in corners.max(axis=0))
    part = linear[y0:y1, x0:x1]
    if part.size == 0:
        raise PhotoError(why("face_outside"))
    if step > 1:
        part = cv2.GaussianBlur(part, (0, 0), np.sqrt((step**2 - 1) / 12), borderType=cv2.BORDER_REPLICATE)
    shifted = to_photo - np.array([[0, 0, x0], [0, 0, y0]])
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if step <= 1 else cv2.INTER_LINEAR)
    warped = cv2.warpAffine(part, shifted, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    last = np.array([linear.shape[1] - 1, linear.shape[0] - 1])
    if ((corners >= 0) & (corners <= last)).all():  # the photo is convex: what lies between its points lies in it
        return warped, np.ones(size[::-1], np.bool_)
    xs, ys = np.arange(size[0]), np.arange(size[1])[:, None]
    px = to_photo[0, 0] * xs + to_photo[0, 1] * ys + to_photo[0, 2]
    py = to_photo[1, 0] * xs + to_photo[1, 1] * ys + to_photo[1, 2]
    inside = (px >= 0) & (py >= 0) & (px <= last[0]) & (py <= last[1])
    return warped, inside


def _patch_skin(linear: FloatArray) -> BoolArray:
    """Skin of a close-up: within 4 robust SD of the median chromaticity, neither clipped nor black, without specks; and
    what is redder and lies within it, since a fresh papule can be 1.0 off in ln R/G (SD 0.1) and is to be measured."""
    grey = linear.mean(axis=2)
    lit = (grey > 0.01) & (linear.max(axis=2) < 0.99)
    if not lit.any():
        return lit
    safe = np.maximum(linear, 1e-3)
    smooth = cv2.GaussianBlur(np.log(safe[..., [0, 2]] / safe[..., [1]]), (0, 0), 5)  # (h, w, 2), half a millimetre
    centre = np.median(smooth[lit], axis=0)
    spread = 1.4826 * np.median(np.abs(smooth[lit] - centre), axis=0)
    # A floor of 0.06 keeps spots and red marks (up to 0.2 off) in when the rest is very even.
    near = (np.abs(smooth - centre) < 4 * np.maximum(spread, 0.06)).all(axis=2)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    opened = cv2.morphologyEx((near & lit).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    skin = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel).astype(bool)
    holes = ndimage.binary_fill_holes(skin) & ~skin
    marks = holes & ~morphology.remove_small_objects(holes, max_size=round(LARGEST_MARK_MM2 / WORKING_MM_PER_PX**2))
    labels, count = ndimage.label(marks)
    redder = ndimage.median(smooth[..., 0], labels, np.arange(count + 1)) > centre[0]
    redder[0] = False  # what is no mark
    return (skin | redder[labels]) & lit
