"""Both sessions' pigment on the same skin: densities at points 1 mm apart in the baseline's frame.

A change without an edge is a small difference spread over square centimetres. It is therefore measured on the photos'
own light, averaged over most of a millimetre (which pores, noise and half a pixel of registration do not survive), with
the second session brought to the first one's light by skin that did not change (reference.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from skinimg.base.records import BitArray, BoolArray, FloatArray, Shot, SkinAnchor
from skinimg.skin.optics import density

STEP_MM = 1.0
_BLUR_MM = 0.6  # SD; both photos get the same, several times their own blur of 0.1 to 0.3 mm
_COVERED = 0.8  # share of usable skin around a point: less is half hair, shine or background
_SHRINK = 4  # frames of 0.1 mm/px hold nothing finer than a blur of 0.6 mm needs


@dataclass(frozen=True)
class PairedSkin:
    """The skin that both sessions show, at points (rows, columns) STEP_MM apart.

    before, after : (r, c, 3) density of linear sRGB, the mean of a session's shots; shown : (r, c) where both are known
    area_mm2 : (r, c) skin that a point stands for; region_bits : (r, c)
    anchor : of the baseline; witnesses : of either session, see observe/witnesses.py
    jpeg_quality : the lowest of all files; NaN where none is a JPEG
    """

    before: FloatArray
    after: FloatArray
    shown: BoolArray
    area_mm2: FloatArray
    region_bits: BitArray
    regions: tuple[str, ...]
    anchor: SkinAnchor
    witnesses: tuple[dict[str, FloatArray], dict[str, FloatArray]] = field(default_factory=lambda: ({}, {}))
    jpeg_quality: float = float("nan")


def paired_skin(baseline: Sequence[Shot], session: Sequence[Shot]) -> PairedSkin:
    """Sample every shot of both sessions at the same points of the baseline's frame."""
    first = baseline[0]
    step = round(STEP_MM / first.seen.frame.mm_per_px)
    every = np.s_[step // 2 :: step, step // 2 :: step]
    sides, shown = [], np.ones(first.seen.frame.skin[every].shape, np.bool_)
    for shots in (baseline, session):
        sampled = [_densities(shot, every) for shot in shots]
        for _, known in sampled:
            shown &= known
        sides.append([densities for densities, _ in sampled])
    area = first.alignment.jacobian[every] * np.float32(STEP_MM**2)
    before, after = (_mean_of(side, shown) for side in sides)
    bits = first.seen.frame.region_bits[every]
    witnesses = (first.seen.witnesses, session[0].seen.witnesses)
    quality = float(np.fmin.reduce([shot.seen.jpeg_quality for shot in (*baseline, *session)]))
    frame, anchor = first.seen.frame, first.seen.maps.anchor
    return PairedSkin(before, after, shown & (bits > 0), area, bits, frame.regions, anchor, witnesses, quality)


def _mean_of(shots: list[FloatArray], shown: BoolArray) -> FloatArray:
    """Mean density of replicates, each first brought to the brightness and white balance of the first."""
    if not shown.any():
        return shots[0]
    middle = np.median(shots[0][shown], axis=0)
    return np.mean([d + (middle - np.median(d[shown], axis=0)) for d in shots], axis=0).astype(np.float32)


def _densities(shot: Shot, every: tuple[slice, slice]) -> tuple[FloatArray, BoolArray]:
    """Density (r, c, 3) of a shot's usable skin at points of the baseline's frame, and where there is enough of it."""
    usable = (shot.seen.frame.skin & ~shot.seen.maps.glare).view(np.uint8)
    height, width = usable.shape
    size = (max(width // _SHRINK, 1), max(height // _SHRINK, 1))
    sigma = _BLUR_MM / shot.seen.frame.mm_per_px / _SHRINK
    light, share = (
        cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
        for image in (cv2.copyTo(shot.seen.frame.linear, usable), usable.astype(np.float32))
    )
    where = shot.alignment.to_session[every]
    x = (where[..., 0] + 0.5) * np.float32(size[0] / width) - 0.5
    y = (where[..., 1] + 0.5) * np.float32(size[1] / height) - 0.5
    light, share = (cv2.remap(i, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) for i in (light, share))
    known = (share > _COVERED) & shot.alignment.valid_baseline[every]
    return density(light / np.maximum(share, 1e-3)[..., None]), known
