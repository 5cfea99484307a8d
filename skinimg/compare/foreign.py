"""Skin that turned into something else: a plaster, a patch, cream, a finger, glasses. It is left out of the comparison.

Such things pass for skin where they have its colour, and what lies under them seems to have healed. What they share is
that the skin's own pattern (pores, fine lines) is gone from a piece larger or longer than a lesion, and that colour or
light differ there. A treatment changes the one or the other: a flush or a melasma that fades keeps the pattern, and a spot
that takes its pattern along is small.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.records import Alignment, BoolArray, ByteArray, FloatArray, Frame
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.skin.masked_blur import masked_blurs
from skinimg.skin.optics import density

_FINER = 2  # pixels of the pattern's image in one of the frame: 0.2 mm, as the registration looks at
_COARSER = 4  # and of its pixels in one of the map of what is foreign
_PATTERN_MM = (0.25, 0.6)  # pores and fine lines; the border of a spot weighs little
_WINDOW_MM = 2.0  # SD, over which patterns are compared
_CLIP = 1.5  # times the median contrast: one dark pore is not a pattern
# The evidence for what follows is in docs/benchmarks/gate.md, Foreign things.
_LOST = 0.5  # of the pair's own median correlation
_LEAST_MEDIAN = 0.5  # below, patterns agree too little to miss one
_COLOUR_MM, _AROUND_MM = 1.5, 12.0  # SD of the means whose difference is the colour of a place against its surroundings
_LEAST_OD = 0.05  # in the light, or in red or blue against green
# Of 52 pairs with painted and faded lesions two lost their pattern over 37 and 41 mm2 beside a melasma: from 35 mm2 on they
# would have been left out, and half of one fall with them.
_LEAST_WIDTH_MM, _LEAST_MM2 = 3.5, 70.0
# Glasses and cables are thinner. Three unchanged faces, and the same with treated spots, melasma and flush: no such piece.
_LEAST_LENGTH_MM, _LEAST_LONG_MM2 = 15.0, 45.0
_WEAKER = 1.5  # of both limits: so far a long piece goes on
_RIM_MM = 5.0  # at the border of the skin the ear comes out from behind the cheek, and hair falls otherwise
_REACH_MM = 1.5  # beyond what is seen to be foreign


def foreign_skin(baseline: Frame, photo: Frame, alignment: Alignment) -> BoolArray | None:
    """(h_b, w_b) what both photos show as skin and is not the same skin; None where that cannot be told."""
    shape = baseline.skin.shape
    ours, theirs, shared = _beside_each_other(baseline, photo, alignment)
    inside = _smaller(shared.astype(np.float32)) > 0.5
    if not inside.any():
        return None
    alike = _correlation(ours[..., 1], theirs[..., 1], shared)
    usual = float(np.median(alike[inside]))
    if usual < _LEAST_MEDIAN:
        return None
    cell_mm = WORKING_MM_PER_PX * _FINER * _COARSER
    changed = _colour_change(ours, theirs, shared, cell_mm)
    other = inside & (alike < _LOST * usual) & (changed > _LEAST_OD)
    weaker = inside & (alike < _WEAKER * _LOST * usual) & (changed > _LEAST_OD / _WEAKER)
    pieces = _large_pieces(other, inside, cell_mm) | _long_pieces(other, weaker, inside, cell_mm)
    found = cv2.dilate(pieces.astype(np.uint8), _disc(2 * _REACH_MM / cell_mm))
    return cv2.resize(found, shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def without(alignment: Alignment, foreign: BoolArray) -> Alignment:
    """The same map, with less skin that both photos show."""
    there = cv2.remap(foreign.astype(np.uint8), alignment.to_baseline, None, cv2.INTER_NEAREST) > 0
    kept = alignment.valid_baseline & ~foreign
    left = float(kept.sum()) / max(float(alignment.valid_baseline.sum()), 1.0)
    return replace(
        alignment,
        valid_baseline=kept,
        valid_session=alignment.valid_session & ~there,
        matched_baseline=alignment.matched_baseline & ~foreign,
        matched_session=alignment.matched_session & ~there,
        overlap_fraction=alignment.overlap_fraction * left,
    )


def _beside_each_other(baseline: Frame, photo: Frame, alignment: Alignment) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Density (h, w, 3) of both photos on the baseline's skin, 0.2 mm a pixel, and where both show skin."""
    size = (max(baseline.skin.shape[1] // _FINER, 1), max(baseline.skin.shape[0] // _FINER, 1))
    there = (max(photo.skin.shape[1] // _FINER, 1), max(photo.skin.shape[0] // _FINER, 1))
    zoom = np.array([there[0] / photo.skin.shape[1], there[1] / photo.skin.shape[0]], np.float32)
    at = (cv2.resize(alignment.to_session, size, interpolation=cv2.INTER_AREA) + np.float32(0.5)) * zoom - np.float32(
        0.5
    )
    ours = cv2.resize(baseline.linear, size, interpolation=cv2.INTER_AREA)
    theirs = cv2.remap(cv2.resize(photo.linear, there, interpolation=cv2.INTER_AREA), at, None, cv2.INTER_LINEAR)
    shared = cv2.resize(alignment.valid_baseline.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.99
    return density(ours), density(theirs), shared


def _smaller(image: FloatArray) -> FloatArray:
    size = (max(image.shape[1] // _COARSER, 1), max(image.shape[0] // _COARSER, 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def _correlation(ours: FloatArray, theirs: FloatArray, shared: BoolArray) -> FloatArray:
    """How alike the fine patterns are, (h, w) of the smaller map: 1 the same, 0 nothing in common."""
    mm_per_px = WORKING_MM_PER_PX * _FINER
    fine, coarse = (masked_blurs((ours, theirs), shared, scale / mm_per_px) for scale in _PATTERN_MM)
    a, b = (_clipped(small - large, shared) for small, large in zip(fine, coarse, strict=True))
    sigma = _WINDOW_MM / mm_per_px / _COARSER
    ab, aa, bb = (cv2.GaussianBlur(_smaller(product), (0, 0), sigma) for product in (a * b, a * a, b * b))
    return np.asarray(ab / np.sqrt(np.maximum(aa * bb, 1e-10)), np.float32)


def _clipped(pattern: FloatArray, shared: BoolArray) -> FloatArray:
    limit = max(_CLIP * float(np.median(np.abs(pattern[shared]))), 1e-6) if shared.any() else 1.0
    return np.asarray(np.clip(pattern / limit, -1, 1) * shared, np.float32)


def _colour_change(ours: FloatArray, theirs: FloatArray, shared: BoolArray, cell_mm: float) -> FloatArray:
    """(h, w) OD by which a place changed its light, or its red or blue against green, more than its surroundings did."""
    weight = _smaller(shared.astype(np.float32))
    inside = weight > 0.5
    apart = _smaller(np.where(shared[..., None], theirs - ours, np.float32(0))) / np.maximum(weight, 0.1)[..., None]
    changes: list[FloatArray] = [np.ascontiguousarray(channel, np.float32) for channel in np.moveaxis(apart, -1, 0)]
    near, around = (masked_blurs(changes, inside, scale / cell_mm) for scale in (_COLOUR_MM, _AROUND_MM))
    red, green, blue = (here - there for here, there in zip(near, around, strict=True))
    return np.maximum.reduce([np.abs(red - green), np.abs(blue - green), np.abs(red + green + blue) / 3])


def _large_pieces(other: BoolArray, inside: BoolArray, cell_mm: float) -> BoolArray:
    """Pieces that are wide and large enough, not at the rim of the skin alone."""
    wide = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, _disc(_LEAST_WIDTH_MM / cell_mm))
    count, pieces = cv2.connectedComponents(wide)
    area_mm2 = _area_inside(pieces, count, inside, cell_mm)
    return (area_mm2 >= _LEAST_MM2)[pieces]


def _long_pieces(other: BoolArray, weaker: BoolArray, inside: BoolArray, cell_mm: float) -> BoolArray:
    """Pieces that are long, however thin, with all that goes on from them more weakly."""
    count, pieces, box, _ = cv2.connectedComponentsWithStats(other.astype(np.uint8))
    length_mm = np.hypot(box[:, cv2.CC_STAT_WIDTH], box[:, cv2.CC_STAT_HEIGHT]) * cell_mm
    area_mm2 = _area_inside(pieces, count, inside, cell_mm)
    long = ((area_mm2 >= _LEAST_LONG_MM2) & (length_mm >= _LEAST_LENGTH_MM))[pieces]
    count, pieces = cv2.connectedComponents(weaker.astype(np.uint8))
    goes_on = np.bincount(pieces[long], minlength=count) > 0
    return (goes_on & (np.arange(count) > 0))[pieces]


def _area_inside(
    pieces: npt.NDArray[np.int32], count: int, inside: BoolArray, cell_mm: float
) -> npt.NDArray[np.float64]:
    """mm2 (count,) of each piece that lie away from the rim of the skin; 0 of what is no piece."""
    inner = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * cell_mm > _RIM_MM
    area_mm2 = np.asarray(np.bincount(pieces[inner], minlength=count) * cell_mm**2, np.float64)
    area_mm2[0] = 0.0
    return area_mm2


def _disc(diameter_px: float) -> ByteArray:
    side = max(round(diameter_px), 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
