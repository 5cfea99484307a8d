"""Erythema and hyperpigmentation of one photo: pigment above the person's plainest skin, without borders or masks."""

from __future__ import annotations

import numpy as np

from skinimg.base.records import BoolArray, FloatArray
from skinimg.skin.masked_blur import masked_blurs

# What the extent counts, OD above reference skin: blood 1.25 times that of plain skin, melanin 1.3 times (the palest
# melasma), both at phototype III (docs/METHODS.md 7). Our choice.
LEVEL_OD = {"erythema": 0.05, "hyperpigmentation": 0.12}
# Blood 1.5 times that of plain skin is what counts as redness. Below lies what is natural on cheeks and nose: of nine
# untouched faces (none of docs/benchmarks/people.md) the excess over cheeks, nose and chin is 0.06 OD at the median, and
# what exceeds this level 0.02.
RED_OD = 0.09
SMOOTH_MM = 1.5  # SD: pores, hairs and noise are no patches


def plainest(haemoglobin: FloatArray, melanin: FloatArray, skin: BoolArray) -> BoolArray:
    """The less red half and the less dark two thirds of the skin (h, w): what serves as reference before more is known.

    By rank, so that it is there on every face; a flush or a melasma of half the face stays out of it.
    """
    if not skin.any():
        return skin
    return skin & (haemoglobin < np.percentile(haemoglobin[skin], 50)) & (melanin < np.percentile(melanin[skin], 67))


def reference_level(smooth: FloatArray, plain: BoolArray) -> float:
    """Density that nine tenths of plain skin stay below: what exceeds it is red, or dark, for this person."""
    return float(np.percentile(smooth[plain], 90)) if plain.any() else 0.0


def above_reference(
    melanin: FloatArray, haemoglobin: FloatArray, skin: BoolArray, mm_per_px: float
) -> dict[str, dict[str, FloatArray | BoolArray]]:
    """Per-pixel values whose sums make load, mean and extent: finding -> quantity -> (h, w).

    Of erythema also what exceeds the level of redness, for the estimate of a clinical score.

    melanin, haemoglobin : (h, w) OD of SkinMaps
    """
    red, dark = masked_blurs((haemoglobin, melanin), skin, SMOOTH_MM / mm_per_px)
    plain = plainest(red, dark, skin)
    found = {}
    for name, smooth in (("erythema", red), ("hyperpigmentation", dark)):
        excess = smooth - np.float32(reference_level(smooth, plain))
        above = np.maximum(excess, 0)
        found[name] = {"above_od_mm2": above, "extent_mm2": excess > LEVEL_OD[name]}
        if name == "erythema":
            found[name]["red_od_mm2"] = np.maximum(excess - np.float32(RED_OD), 0)
    return found
