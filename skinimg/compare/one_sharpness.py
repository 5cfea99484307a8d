"""Texture of a comparison, all photos at the sharpness of the softest: what focus takes from one is taken from all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.records import Frame, Shot
from skinimg.compare.sharpness_pair import features, finest_px, octave, strongest
from skinimg.compare.tone_pair import part_of_both
from skinimg.measure.field_maps import texture_maps
from skinimg.skin.optics import density

_LEAST = 0.02  # ln of detail: a smaller difference is that of two photos of one focus
_MOST = 4.0  # times the finest scale: no photo that is compared is so soft


def at_one_sharpness(baseline: Frame, shots: Sequence[Shot]) -> list[Shot]:
    """The shots of a comparison with the texture that each would have shown as soft as the softest of them.

    baseline : of the first shot, to which the differences of all others refer
    """
    gains = [sharpness_gain(shot.difference) for shot in shots]
    surplus = [gain - min(gains) for gain in gains]
    return [_softened(shot, more, finest_px(baseline)) for shot, more in zip(shots, surplus, strict=True)]


def sharpness_gain(difference: PhotoDifference) -> float:
    """By how much a photo is sharper than the baseline, in ln of its finest detail; 0 where skin and features disagree.

    Of brows, lashes and lips, and of the skin, what both changed (`part_of_both`). Where nothing was done, detail of features
    alone tells the texture that focus makes: its ratio and that of roughness of 0.2 to 0.5 mm go together with a correlation
    of 0.95 on a rig (18 pairs of nine drawn people) and of 0.91 with a phone (26 pairs of 13).
    """
    ratios = np.array([[difference.skin_detail_ratio, difference.feature_detail_ratio]])
    return float(part_of_both(np.log(ratios))[0]) if np.isfinite(ratios).all() else 0.0


def _softened(shot: Shot, surplus: float, scale_px: float) -> Shot:
    if surplus < _LEAST:
        return shot
    softening_mm = softening_px(shot.seen.frame, scale_px, surplus) * shot.seen.frame.mm_per_px
    fields = shot.found.fields | {"texture": texture_maps(shot.seen.frame, softening_mm)}
    return replace(shot, found=replace(shot.found, fields=fields))


def softening_px(frame: Frame, scale_px: float, surplus: float) -> float:
    """SD of the Gaussian that takes so much, in ln, from the finest detail of brows, lashes and lips.

    scale_px : of `finest_px`
    """
    where = features(frame)
    rows, columns = (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    green, here = density(frame.linear[part][..., 1]), where[part]

    def detail(softening: float) -> float:
        return math.log(max(strongest(octave(green, scale_px, softening), here), 1e-6))

    wanted, softest = detail(0.0) - surplus, _MOST * scale_px
    if detail(softest) > wanted:
        return softest
    return float(brentq(lambda softening: detail(softening) - wanted, 0.0, softest, xtol=0.02 * scale_px))
