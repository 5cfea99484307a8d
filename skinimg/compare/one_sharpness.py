"""Texture of a comparison, all photos at the sharpness of the softest: what focus takes from one is taken from all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from scipy.optimize import brentq

from skinimg.base.records import FloatArray, Frame, Shot
from skinimg.compare.sharpness_pair import features, finest_px, median_detail, octave, strongest_detail
from skinimg.measure.field_maps import texture_maps
from skinimg.skin.optics import density

_LEAST = 0.02  # ln of detail: a smaller difference is that of two photos of one focus
_GRAIN = 0.5  # of the skin's finest contrast, that focus does not touch: with less, its loss would make every blur too narrow
_MOST = 4.0  # times the finest scale: no photo that is compared is so soft


def at_one_sharpness(shots: Sequence[Shot]) -> list[Shot]:
    """The shots of a comparison, the baseline's first one first, with the texture that each would have shown as soft as
    the softest of them."""
    ratios = [(shot.difference.feature_detail_ratio, shot.difference.skin_detail_ratio) for shot in shots]
    gains = np.log(np.maximum(ratios, 1e-6))  # (shots, 2), NaN on a close-up
    if not np.isfinite(gains).all():
        return list(shots)
    surplus = gains - gains[np.argmin(gains[:, 0])]
    scale_px = finest_px(shots[0].seen.frame)
    return [_softened(shot, scale_px, *more) for shot, more in zip(shots, surplus.tolist(), strict=True)]


def _softened(shot: Shot, scale_px: float, features_surplus: float, skin_surplus: float) -> Shot:
    if features_surplus < _LEAST or skin_surplus <= 0:
        return shot
    frame = shot.seen.frame
    softening_mm = softening_px(frame, scale_px, features_surplus, skin_surplus) * frame.mm_per_px
    fields = shot.found.fields | {"texture": texture_maps(frame, softening_mm)}
    return replace(shot, found=replace(shot.found, fields=fields))


def softening_px(frame: Frame, scale_px: float, features_surplus: float, skin_surplus: float) -> float:
    """SD of the Gaussian after which a photo is no sharper than another.

    Brows, lashes and lips say how much: of pairs in which nothing was done, their detail and roughness of 0.2 to 0.5 mm go
    together with a correlation of 0.95 on a rig (18 pairs of nine drawn people) and of 0.91 with a phone (26 pairs of 13). The
    skin must agree: where it lost less than half of what such a blur takes, as beside mascara, the blur is narrower.

    scale_px : of `finest_px`
    features_surplus, skin_surplus : ln of the finest detail over the other photo's, both above 0
    """
    where = features(frame)
    reach = math.ceil(3 * (_MOST + 2) * scale_px)  # of all blurs below
    middle = tuple(  # of the face, from brows to lips: enough skin, too
        slice(max(seen[0] - reach, 0), seen[-1] + reach + 1)
        for seen in (np.flatnonzero(where.any(axis=axis)) for axis in (1, 0))
    )
    green, where, skin = np.ascontiguousarray(frame.linear[middle][..., 1]), where[middle], frame.skin[middle]

    def left(softening: float) -> float:
        return math.log(max(strongest_detail(_softer_octave(green, scale_px, softening), where), 1e-6))

    wanted, found = left(0.0) - features_surplus, _MOST * scale_px
    if left(found) < wanted:
        found = float(brentq(lambda softening: left(softening) - wanted, 0.0, found, xtol=0.02 * scale_px))
    sharp, soft = (median_detail(_softer_octave(green, scale_px, sd), skin) for sd in (0.0, found))
    expected = (1 - _GRAIN) * math.log(max(sharp, 1e-6) / max(soft, 1e-6))
    return found * min(skin_surplus / expected, 1.0) if expected > 0 else 0.0  # too little skin there: NaN


def _softer_octave(green: FloatArray, scale_px: float, softening_px: float) -> FloatArray:
    """A lens softens light, not density: of lashes, much darker than skin, it takes more than of as many faint lines."""
    return octave(density(cv2.GaussianBlur(green, (0, 0), softening_px) if softening_px > 0 else green), scale_px)
