"""Photos of real people, unlabelled, as backgrounds for painted lesions, and what is known of their own skin.

What a person has already is not labelled. A pixel is *unknown* for spots or redness where a round thing stands out of
the skin around it in that pigment (difference of two Gaussians of the pigment map, three sizes), on open skin only:
within 3 mm of lips, lids, nostrils, brows and the border of the skin, beside the nose, around the mouth and on the chin
(folds, stubble) everything is plain by anatomy. The rule knows no network, so it cannot hide a network's false marks. A
diffuse flush or tan without an edge is plain too: it is measured on the pigment maps, not by a mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import BitArray, BoolArray, ByteArray, FloatArray, Frame, SkinAnchor, SkinMaps
from skinimg.model.context import CELL_PX, N_ANATOMY
from skinimg.model.network import evenly_lit
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import density, skin_maps, tone_of
from skinimg.training.patches import REDNESS, SPOTS

# SD in mm of the inner Gaussian, density by which a thing of that size stands out. Set on the contact sheets of the
# training people: what a reader would call a freckle or a red mark is beyond it, texture is not.
_SPOT_SIZES = ((0.5, 0.12), (1.0, 0.09), (2.0, 0.09))
# Fainter and smaller ones are unknown where the melanin map and darkness in green both show them: 1 to 4 % of the skin of
# seven people more. The map alone would say so of a quarter of medium and dark skin, darkness alone of a tenth of fair skin.
_FAINT_SIZES = ((0.25, 0.12), (0.5, 0.09), (1.0, 0.065), (2.0, 0.065))
# Dark skin: both, and nothing wider. Beside shine its colour is gone, and shade on nose and cheeks is as wide as a blot: by the
# rules above 17 to 27 % of five dark faces would be unknown, by this one 1.3 to 1.6 %.
_DARK_SIZES = ((0.5, 0.12), (1.0, 0.09))
_RED_SIZES = ((0.7, 0.12), (1.5, 0.10), (3.0, 0.09))
_SURROUND = 2.5  # the outer Gaussian, times the inner one
_BORDER_MM = 3.0
_FOLDED = ("perioral", "chin")
_NOSE_FOLD_MM = 6.0  # beside the nose, where a smile folds the cheek


@dataclass(frozen=True)
class Background:
    """A person's frame, padded to whole cells."""

    name: str
    relative: FloatArray  # (3, h, w) float16, density of `evenly_lit`
    skin: BoolArray  # (h, w)
    unknown: ByteArray  # (h, w) bit k: of finding k nothing is known here, unless it is painted
    place: FloatArray  # (8, rows, columns) of context.py
    melanin: float  # fractions of the unaffected skin
    blood: float
    tone: str  # of optics.TONES
    native_px_per_mm: float


def background(name: str, frame: Frame, maps: SkinMaps) -> Background:
    """What training needs of a photo that `observe.see` has seen."""
    height, width = frame.skin.shape
    pad = ((0, -height % CELL_PX), (0, -width % CELL_PX))
    relative = evenly_lit(frame.linear, frame.skin, maps, frame.mm_per_px).transpose(2, 0, 1)
    return Background(
        name,
        np.pad(relative, ((0, 0), *pad), mode="edge").clip(-6, 6).astype(np.float16),
        np.pad(frame.skin, pad),
        np.pad(own_marks(frame, maps), pad),
        _place(frame),
        maps.anchor.melanin,
        maps.anchor.haemoglobin,
        tone_of(maps.anchor),
        frame.native_px_per_mm,
    )


def _place(frame: Frame) -> FloatArray:
    if frame.place is not None:
        return frame.place
    return np.zeros((N_ANATOMY, *(-(-side // CELL_PX) for side in frame.skin.shape)), np.float32)


def own_marks(frame: Frame, maps: SkinMaps) -> ByteArray:
    """Where the person may have spots or redness already, (h, w) bits."""
    open_skin = _open_skin(frame)
    found = np.zeros(frame.skin.shape, np.uint8)
    darkness = density(frame.linear[..., 1])

    def out(plane: FloatArray, sizes: tuple[tuple[float, float], ...]) -> BoolArray:
        return _standing_out(plane, frame.skin, frame.mm_per_px, sizes)

    if tone_of(maps.anchor) == "light":
        spots = out(maps.melanin, _SPOT_SIZES) | (out(maps.melanin, _FAINT_SIZES) & out(darkness, _FAINT_SIZES))
    else:
        spots = out(maps.melanin, _DARK_SIZES) & out(darkness, _DARK_SIZES)
    for k, marks in ((SPOTS, spots), (REDNESS, out(maps.haemoglobin, _RED_SIZES))):
        found |= (marks & open_skin).astype(np.uint8) << k
    return found


def _standing_out(
    plane: FloatArray, skin: BoolArray, mm_per_px: float, sizes: tuple[tuple[float, float], ...]
) -> BoolArray:
    marks = np.zeros(skin.shape, np.bool_)
    for sd_mm, limit in sizes:
        sd_px = sd_mm / mm_per_px
        out = masked_blur(plane, skin, sd_px) - masked_blur(plane, skin, _SURROUND * sd_px) > limit
        side = 2 * round(sd_px) + 1
        marks |= cv2.dilate(out.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
    return marks


def _open_skin(frame: Frame) -> BoolArray:
    """Skin away from everything that has a dark rim."""
    size = cv2.distanceTransform(np.pad(frame.skin, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    open_skin: BoolArray = size * frame.mm_per_px > _BORDER_MM
    bits: BitArray = frame.region_bits
    for name in _FOLDED:
        if name in frame.regions:
            open_skin &= bits & np.uint16(1 << frame.regions.index(name)) == 0
    if "nose" in frame.regions:
        nose = (bits & np.uint16(1 << frame.regions.index("nose"))) > 0
        away = cv2.distanceTransform((~nose).astype(np.uint8), cv2.DIST_L2, 5) * frame.mm_per_px
        open_skin &= nose | (away > _NOSE_FOLD_MM)
    return open_skin


def maps_of(frame: Frame, anchor: SkinAnchor) -> SkinMaps:
    """Pigment maps of a frame whose anchor is known."""
    return skin_maps(frame.linear, frame.skin, frame.mm_per_px, anchor)
