"""Maps of what has no mask: tone, texture, and pigment above the person's plain skin."""

from __future__ import annotations

import math

import numpy as np

from skinimg.base.parallel import each, together
from skinimg.base.records import BoolArray, FloatArray, Frame, SkinMaps
from skinimg.measure.above_reference import above_reference
from skinimg.measure.metrics import ROUGHNESS_BANDS_MM
from skinimg.photo.colour import colours_of, linear_to_lab
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import density

Fields = dict[str, dict[str, FloatArray | BoolArray]]  # finding -> quantity -> (h, w)

_HIGHLIGHT_OD = 0.1  # brighter than its surroundings by 10 %
_HIGHLIGHT_MM = 8.0
_FINE_MM, _BROAD_MM = 0.5, 10.0  # unevenness of melanin: finer is grain, broader the person's tan
_ROUGHNESS_MM = sorted({side for band in ROUGHNESS_BANDS_MM.values() for side in band})


def field_maps(frame: Frame, maps: SkinMaps) -> Fields:
    """Per-pixel values whose sums make the metrics of findings without a mask: finding -> quantity -> (h, w)."""
    px_per_mm = 1.0 / frame.mm_per_px
    skin = frame.skin

    def mean(values: FloatArray, diameter_mm: float) -> FloatArray:
        return masked_blur(values, skin, diameter_mm / 2 * px_per_mm)

    lab, above, even, broad, shading = together(
        lambda: _lab_planes(frame.linear, skin),
        lambda: above_reference(maps.melanin, maps.haemoglobin, skin & ~maps.glare, frame.mm_per_px),
        lambda: mean(maps.melanin, _FINE_MM),
        lambda: mean(maps.melanin, _BROAD_MM),
        lambda: mean(maps.shading, _HIGHLIGHT_MM),
    )
    l_star, a_star, b_star = lab
    tone = {
        "l_star_mm2": l_star,
        "a_star_mm2": a_star,
        "b_star_mm2": b_star,
        "melanin_mm2": maps.melanin,
        "haemoglobin_mm2": maps.haemoglobin,
        "uneven_mm2": np.abs(even - broad),
        "highlight_mm2": maps.shading - shading < -_HIGHLIGHT_OD,
    }
    texture = texture_maps(frame)
    return {
        "tone": tone,
        "texture": texture,
        **above,
    }


def texture_maps(frame: Frame, softening_mm: float = 0.0) -> dict[str, FloatArray | BoolArray]:
    """Squared contrast of the skin's relief in every band of roughness: quantity -> (h, w).

    A band from a to b mm is the difference of two Gaussian means with SD a/2 and b/2.

    softening_mm : SD of a Gaussian by which the photo is softened first; two Gaussians are one, their variances add up
    """
    red = density(frame.linear[..., 0])  # relief: pigments weigh least there

    def mean(diameter_mm: float) -> FloatArray:
        return masked_blur(red, frame.skin, math.hypot(diameter_mm / 2, softening_mm) / frame.mm_per_px)

    means = dict(zip(_ROUGHNESS_MM, each(mean, _ROUGHNESS_MM), strict=True))
    return {f"{name}_mm2": (means[low] - means[high]) ** 2 for name, (low, high) in ROUGHNESS_BANDS_MM.items()}


def _lab_planes(linear: FloatArray, skin: BoolArray) -> list[FloatArray]:
    """L*, a* and b* of the skin, three (h, w) planes; 0 off it."""
    planes = []
    for values in linear_to_lab(colours_of(linear, skin)).T:
        plane = np.zeros(skin.shape, np.float32)
        plane[skin] = values
        planes.append(plane)
    return planes
