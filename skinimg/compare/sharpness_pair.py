"""Which of two photos is the softer one, and how much blur brings the sharper one to it."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import Alignment, BoolArray, FloatArray, Frame
from skinimg.skin.optics import density

_FINEST_PX = 0.8  # SD of the finest blur, in pixels of the baseline's photo
_LEAST_PX = 500  # of a frame: fewer say nothing
_RIM_MM = 1.0
_WIDEST_MM = 1.0  # SD of the widest blur that is looked for
_HALVINGS = 6  # to 2 % of the widest blur


def finest_px(baseline: Frame) -> float:
    """SD in frame pixels of the finest detail that a pair is compared by: 0.8 pixels of the baseline's own photo."""
    return max(_FINEST_PX / (baseline.native_px_per_mm * baseline.mm_per_px), _FINEST_PX)


def fine_detail(frame: Frame, scale_px: float) -> FloatArray:
    """(h, w) absolute contrast of one octave from `scale_px` up, in green density."""
    return _octave(density(frame.linear[..., 1]), scale_px)


def fine_details(baseline: Frame, photo: Frame) -> tuple[FloatArray, FloatArray]:
    """Finest detail of both photos, each (h, w) in its own frame, by the same scale."""
    scale_px = finest_px(baseline)
    return fine_detail(baseline, scale_px), fine_detail(photo, scale_px)


def skin_detail_ratio(details: tuple[FloatArray, FloatArray], alignment: Alignment) -> float:
    """Finest detail of the skin that both show, photo over baseline; falls with a beauty filter and a soft lens.

    details : of `fine_details`
    """
    return _ratio(details[1], alignment.valid_session, details[0], alignment.valid_baseline, 50)


def feature_detail_ratio(details: tuple[FloatArray, FloatArray], baseline: Frame, photo: Frame) -> float:
    """The same on brows, lashes and lips; a filter that smooths skin hardly moves it. NaN: too little is seen."""
    return _ratio(details[1], features(photo), details[0], features(baseline), 90)


def matching_blur_px(baseline: Frame, photo: Frame) -> tuple[float, float, float]:
    """SD of the Gaussian blur, in frame pixels, that brings each photo to the softer one: (baseline, photo, its SE).

    Told by brows, lashes and lips (a close-up: by its skin). One of the two is 0. The standard error is half of the
    difference between what the upper half (brows, eyes) and the lower half (lips, nostrils) ask for.
    """
    scale_px = finest_px(baseline)
    frames = (baseline, photo)
    places = [features(f) if f.landmarks is not None else f.skin for f in frames]
    wanted = [_contrast(fine_detail(f, scale_px), where) for f, where in zip(frames, places, strict=True)]
    if not all(np.isfinite(wanted)):
        return 0.0, 0.0, float("nan")
    sharper = int(wanted[1] > wanted[0])
    blur_px = _blur_to(frames[sharper], places[sharper], scale_px, wanted[1 - sharper])
    halves = []
    for upper in (True, False):
        part = [_half(where, upper) for where in places]
        target = _contrast(fine_detail(frames[1 - sharper], scale_px), part[1 - sharper])
        if np.isfinite(target) and part[sharper].sum() >= _LEAST_PX:
            halves.append(_blur_to(frames[sharper], part[sharper], scale_px, target))
    error_px = abs(halves[0] - halves[1]) / 2 if len(halves) == 2 else float("nan")
    return (0.0, blur_px, error_px) if sharper else (blur_px, 0.0, error_px)


def features(frame: Frame) -> BoolArray:
    """(h, w) brows, eyes and lips: the face without its skin; empty on a close-up."""
    if frame.landmarks is None:
        return np.zeros_like(frame.skin)
    face = (frame.region_bits & 1) > 0
    radius = max(round(_RIM_MM / frame.mm_per_px), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(face & ~cv2.dilate(frame.skin.astype(np.uint8), disc).astype(bool))


def _half(where: BoolArray, upper: bool) -> BoolArray:
    rows = np.flatnonzero(where.any(axis=1))
    middle = int(rows.mean()) if len(rows) else 0
    part = where.copy()
    part[slice(middle, None) if upper else slice(middle)] = False
    return part


def _blur_to(frame: Frame, where: BoolArray, scale_px: float, wanted: float) -> float:
    """SD in frame pixels after which the detail is `wanted`, by halving; 0 where it is less already."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    green, inside = density(frame.linear[..., 1])[box], where[box]
    low, high = 0.0, _WIDEST_MM / frame.mm_per_px
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        found = _contrast(_octave(cv2.GaussianBlur(green, (0, 0), middle), scale_px), inside)
        low, high = (middle, high) if found > wanted else (low, middle)
    return low if low == 0 else (low + high) / 2


def _octave(values: FloatArray, scale_px: float) -> FloatArray:
    return np.abs(cv2.GaussianBlur(values, (0, 0), scale_px) - cv2.GaussianBlur(values, (0, 0), 2 * scale_px))


def _contrast(detail: FloatArray, where: BoolArray) -> float:
    return float(np.percentile(detail[where], 90)) if where.sum() >= _LEAST_PX else float("nan")


def _ratio(theirs: FloatArray, where: BoolArray, ours: FloatArray, here: BoolArray, percentile: float) -> float:
    """Ratio of a percentile; NaN where either photo shows nothing of it."""
    if where.sum() < _LEAST_PX or here.sum() < _LEAST_PX:
        return float("nan")
    found, known = float(np.percentile(theirs[where], percentile)), float(np.percentile(ours[here], percentile))
    return found / max(known, 1e-6)
