"""Maps of what has no mask: tone, texture, and pigment above the person's plain skin."""

from __future__ import annotations

import numpy as np

from skinimg.base.records import BoolArray, FloatArray, Frame, SkinMaps
from skinimg.measure.above_reference import above_reference
from skinimg.measure.metrics import ROUGHNESS_BANDS_MM
from skinimg.photo.colour import linear_to_lab
from skinimg.skin.masked_blur import masked_blur, masked_blurs
from skinimg.skin.optics import density

Fields = dict[str, dict[str, FloatArray]]  # finding -> quantity -> (h, w)

_HIGHLIGHT_OD = 0.1  # brighter than its surroundings by 10 %
_FINE_MM = 0.5  # finer than that, unevenness of melanin is grain
_ROUGHNESS_MM = sorted({_FINE_MM, *(side for band in ROUGHNESS_BANDS_MM.values() for side in band)})


def field_maps(frame: Frame, maps: SkinMaps) -> Fields:
    """Per-pixel values whose sums make the metrics of findings without a mask: finding -> quantity -> (h, w).

    A band from a to b mm is the difference of two Gaussian means with SD a/2 and b/2.
    """
    px_per_mm = 1.0 / frame.mm_per_px
    skin = frame.skin
    red = density(frame.linear[..., 0])  # relief: pigments weigh least there
    means = {  # diameter in mm -> means of relief
        diameter: masked_blur(red, skin, diameter / 2 * px_per_mm) for diameter in _ROUGHNESS_MM if diameter != _FINE_MM
    }
    means[_FINE_MM], even = masked_blurs((red, maps.melanin), skin, _FINE_MM / 2 * px_per_mm)
    uneven = even - masked_blur(maps.melanin, skin, 10 / 2 * px_per_mm)
    highlight = maps.shading - masked_blur(maps.shading, skin, 8 / 2 * px_per_mm) < -_HIGHLIGHT_OD
    l_star, a_star, b_star = _lab_planes(frame.linear, skin)
    tone = {
        "l_star_mm2": l_star,
        "a_star_mm2": a_star,
        "b_star_mm2": b_star,
        "melanin_mm2": maps.melanin,
        "haemoglobin_mm2": maps.haemoglobin,
        "uneven_mm2": np.abs(uneven),
        "highlight_mm2": highlight.astype(np.float32),
    }
    texture = {f"{name}_mm2": (means[low] - means[high]) ** 2 for name, (low, high) in ROUGHNESS_BANDS_MM.items()}
    return {
        "tone": tone,
        "texture": texture,
        **above_reference(maps.melanin, maps.haemoglobin, skin & ~maps.glare, frame.mm_per_px),
    }


def _lab_planes(linear: FloatArray, skin: BoolArray) -> list[FloatArray]:
    """L*, a* and b* of the skin, three (h, w) planes; 0 off it."""
    planes = []
    for values in linear_to_lab(linear[skin]).T:
        plane = np.zeros(skin.shape, np.float32)
        plane[skin] = values
        planes.append(plane)
    return planes
