"""By how much light and tone curve of two sessions differ, told by skin that did not change."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray
from skinimg.compare.paired_maps import STEP_MM, PairedSkin
from skinimg.skin.masked_blur import masked_blur

LEAST_REFERENCE_MM2 = 1500.0  # a tenth of the skin that a face shows: less cannot tell a lamp from a flush
RIM_OF_SKIN_MM = 2.0
_SKIRT_MM = 5.0
_TONE_MM = 1.5  # SD of the mean by which the tone curve is told: finer, noise would flatten the line
# Spread of brightness that tells half of the slope: faces have 0.1 to 0.2 OD, evenly lit skin tells none and needs none.
_EVEN_OD = 0.05
_MOST_SLOPE = 0.3  # two photos whose tone differs by more are refused before (compare/photo_limits.py)


def light_of(skin: PairedSkin, reference: BoolArray) -> FloatArray:
    """(3,) density by which the second session's light differs, if reference skin did not change."""
    return np.asarray(np.median((skin.after - skin.before)[reference], axis=0), np.float32)


def toned(skin: PairedSkin, reference: BoolArray) -> FloatArray:
    """(r, c, 3) density by which light and tone curve of the second session differ, told by reference skin.

    Another exposure meets another part of a camera's curve: what is darker differs by more. Per channel a line through
    the difference against the mean of both sessions, which favours none of them.
    """
    far = reference & inside(reference | ~skin.shown, _SKIRT_MM)  # the skirt of a patch is darker, and changed with it
    reference = far if float(skin.area_mm2[far].sum()) >= LEAST_REFERENCE_MM2 else reference
    apart = skin.after - skin.before
    light = np.empty_like(apart)
    for channel in range(3):
        middle = masked_blur((skin.before + apart / np.float32(2))[..., channel], skin.shown, _TONE_MM / STEP_MM)
        here, change = middle[reference], apart[..., channel][reference]
        for _ in range(2):  # again without the tenth that lies farthest from the line
            slope, offset = np.polyfit(here, change, 1)
            away = np.abs(change - offset - slope * here)
            here, change = (v[away <= np.quantile(away, 0.9)] for v in (here, change))
        slope *= here.var() / (here.var() + _EVEN_OD**2)
        slope = float(np.clip(slope, -_MOST_SLOPE, _MOST_SLOPE))
        light[..., channel] = np.median(change - slope * here) + slope * middle
    return light


def inside(shown: BoolArray, margin_mm: float = RIM_OF_SKIN_MM) -> BoolArray:
    """Skin farther from where it ends: at hair, lids and lips half a pixel of registration is a difference."""
    framed = cv2.copyMakeBorder(shown.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return (cv2.distanceTransform(framed, cv2.DIST_L2, 5) > margin_mm / STEP_MM)[1:-1, 1:-1]
