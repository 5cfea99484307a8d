"""How a follow-up's photo differs from the baseline's, as a photo: sharpness, smoothing, resolution, tone, cover.

Each photo may be good alone and the pair still be of no use: a smoothed copy of the baseline has no pores. What is
measured here is written to photos.csv, and beyond its limit it keeps a finding from being compared. Limits and their
evidence: docs/benchmarks/gate.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import BoolArray, ByteArray, FloatArray, Frame, Shot
from skinimg.skin.optics import density

_FINEST_PX = 0.8  # SD of the finest blur, in pixels of the baseline's photo
_COVER_OPENING_MM, COVER_RIM_MM = 2.5, 5.0


@dataclass(frozen=True)
class PhotoDifference:
    """Differences of a photo from the baseline's; ratios are photo over baseline, 1 or 0 for the baseline itself."""

    skin_detail_ratio: float  # contrast of the finest detail on skin that both show
    feature_detail_ratio: float  # the same on brows, lashes, lips and hair line: what no treatment changes
    resolution_ratio: float  # px/mm
    contrast_ratio: float  # darkest features against the skin, in density: the tone curve
    covered_fraction: float  # of the baseline's skin, under cloth, hand, hair or glasses


SAME = PhotoDifference(1.0, 1.0, 1.0, 1.0, 0.0)


def photo_difference(baseline: Shot, shot: Shot) -> PhotoDifference:
    """Measure one photo against the baseline; both are aligned."""
    if shot.alignment.error_mm == 0 and shot.sha256 == baseline.sha256:
        return SAME
    scale_px = max(_FINEST_PX / (baseline.frame.native_px_per_mm * baseline.frame.mm_per_px), _FINEST_PX)
    ours, theirs = _detail(baseline.frame, scale_px), _detail(shot.frame, scale_px)
    features = _features(baseline.frame), _features(shot.frame)
    return PhotoDifference(
        _ratio(theirs, shot.alignment.valid_session, ours, shot.alignment.valid_baseline, 50),
        _ratio(theirs, features[1], ours, features[0], 90),
        shot.frame.native_px_per_mm / baseline.frame.native_px_per_mm,
        _blackness(shot.frame, features[1]) / max(_blackness(baseline.frame, features[0]), 1e-3),
        float(covered(baseline, shot).sum()) / max(float(baseline.frame.skin.sum()), 1.0),
    )


def covered(baseline: Shot, shot: Shot) -> BoolArray:
    """(h_b, w_b) skin of the baseline that something lies over in a later photo, in pieces of 5 mm and more."""
    there = cv2.remap(
        shot.frame.skin.astype(np.uint8), shot.alignment.to_session, None, cv2.INTER_NEAREST, borderValue=1
    )
    lost = baseline.frame.skin & (there == 0)
    kernel = _disc(_COVER_OPENING_MM / baseline.frame.mm_per_px)
    return cv2.morphologyEx(lost.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0


def beside_cover(baseline: Shot, shot: Shot) -> BoolArray:
    """(h_b, w_b) what lies under a cover or within 5 mm of it: a cloth shades and colours the skin beside it."""
    cover = covered(baseline, shot).astype(np.uint8)
    return cv2.dilate(cover, _disc(COVER_RIM_MM / baseline.frame.mm_per_px)) > 0


def _disc(radius_px: float) -> ByteArray:
    radius = max(round(radius_px), 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _detail(frame: Frame, scale_px: float) -> FloatArray:
    """(h, w) absolute contrast of one octave from `scale_px` up, in green density."""
    green = density(frame.linear[..., 1])
    return np.abs(cv2.GaussianBlur(green, (0, 0), scale_px) - cv2.GaussianBlur(green, (0, 0), 2 * scale_px))


def _features(frame: Frame) -> BoolArray:
    """(h, w) brows, eyes and lips: the face without its skin; empty on a close-up."""
    if frame.landmarks is None:
        return np.zeros_like(frame.skin)
    face = (frame.region_bits & 1) > 0
    return face & ~cv2.dilate(frame.skin.astype(np.uint8), _disc(1.0 / frame.mm_per_px)).astype(bool)


def _ratio(theirs: FloatArray, where: BoolArray, ours: FloatArray, here: BoolArray, percentile: float) -> float:
    """Ratio of a percentile; NaN where either photo shows nothing of it."""
    if where.sum() < 500 or here.sum() < 500:
        return float("nan")
    found, known = float(np.percentile(theirs[where], percentile)), float(np.percentile(ours[here], percentile))
    return found / max(known, 1e-6)


def _blackness(frame: Frame, features: BoolArray) -> float:
    """How much darker the darkest tenth of brows and eyes is than the skin, in green density; NaN on a close-up."""
    if features.sum() < 500:
        return float("nan")
    green = density(frame.linear[..., 1])
    return float(np.percentile(green[features], 90) - np.median(green[frame.skin]))
