"""What of the skin's detail a photo kept: its finest, on skin and on brows, lashes and lips, and that of a millimetre."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np

from skinimg.base.parallel import together
from skinimg.base.records import Alignment, BoolArray, FloatArray, Frame
from skinimg.skin.optics import density

_RED, _GREEN = 0, 1
_FINEST_PX = 0.8  # SD of the finest blur, in pixels of the baseline's photo
_LEAST_PX = 500  # of a frame: fewer say nothing
_RIM_MM = 1.0
_COARSER = 4  # times the finest scale: out of focus by 0.9 instead of 0.3 px (SD), seven faces keep 0.97 of it
_COARSEST_MM = 2.5  # beyond, a band is one of spots


def finest_px(baseline: Frame) -> float:
    """SD in frame pixels of the finest detail that a pair is compared by: 0.8 pixels of the baseline's own photo."""
    return max(_FINEST_PX / (baseline.native_px_per_mm * baseline.mm_per_px), _FINEST_PX)


def fine_detail(frame: Frame, scale_px: float) -> FloatArray:
    """(h, w) absolute contrast of one octave from `scale_px` up, in green density."""
    return next(_octaves(frame, _GREEN, scale_px))


def _octaves(frame: Frame, channel: int, scale_px: float) -> Iterator[FloatArray]:
    """`fine_detail` from `scale_px` up, from twice that, and so on: two neighbours share a blur."""
    values = density(frame.linear[..., channel])
    finer = cv2.GaussianBlur(values, (0, 0), scale_px)
    while True:
        scale_px *= 2
        coarser = cv2.GaussianBlur(values, (0, 0), scale_px)
        yield np.abs(finer - coarser)
        finer = coarser


def fine_details(baseline: Frame, photo: Frame) -> tuple[FloatArray, FloatArray]:
    """Finest detail of both photos, each (h, w) in its own frame, by the same scale."""
    scale_px = finest_px(baseline)
    return fine_detail(baseline, scale_px), fine_detail(photo, scale_px)


def skin_detail_ratio(details: tuple[FloatArray, FloatArray], alignment: Alignment) -> float:
    """Finest detail of the skin that both show, photo over baseline; falls with a beauty filter and a soft lens.

    details : of `fine_details`
    """
    return _ratio(details[1], alignment.valid_session, details[0], alignment.valid_baseline, 50)


def skin_contrast_ratio(baseline: Frame, photo: Frame, alignment: Alignment) -> float:
    """Contrast of plain skin that both show, a few pixels to 2 mm wide, photo over baseline.

    NaN where too little is seen or the scale is not known. Of bands of one octave, the one furthest from 1. Focus and
    noise do not reach it, nor do exposure and white balance; it falls where detail between fine and coarse was taken out
    (frequency separation) and where skin was whitened. The lower quartile of the contrast is that of skin without lesions.

    Of red and green, what changed less, and 1 where one rose and the other fell: an editor changes both. More blood gives
    skin more contrast in green, where vessels show, and less in red: blood of all skin times 1.8 raised it by up to 17 % in
    green and 10 % in red (twelve drawn people on a rig, `scripts/bench flush`).
    """
    if baseline.scale_source == "assumed":
        return math.nan  # a millimetre may be three, and a band one of spots
    scale_px = _COARSER * finest_px(baseline)
    bands = max(int(math.log2(_COARSEST_MM / (scale_px * baseline.mm_per_px))), 1)

    def logs(channel: int) -> list[float]:
        def quartiles(frame: Frame, where: BoolArray) -> list[float]:
            return [_percentile(band, where, 25) for band in islice(_octaves(frame, channel, scale_px), bands)]

        found, known = quartiles(photo, alignment.valid_session), quartiles(baseline, alignment.valid_baseline)
        return [math.log(max(_over(*pair), 1e-3)) for pair in zip(found, known, strict=True)]

    red, green = together(lambda: logs(_RED), lambda: logs(_GREEN))
    return math.exp(max((_both(a, b) for a, b in zip(red, green, strict=True)), key=abs))


def _both(a: float, b: float) -> float:
    """What two logarithms have in common."""
    return 0.0 if a * b < 0 else min(a, b, key=abs)


def feature_detail_ratio(details: tuple[FloatArray, FloatArray], baseline: Frame, photo: Frame) -> float:
    """The same on brows, lashes and lips; a filter that smooths skin hardly moves it. NaN: too little is seen."""
    return _ratio(details[1], features(photo), details[0], features(baseline), 90)


def features(frame: Frame) -> BoolArray:
    """(h, w) brows, eyes and lips: the face without its skin; empty on a close-up."""
    if frame.landmarks is None:
        return np.zeros_like(frame.skin)
    face = (frame.region_bits & 1) > 0
    radius = max(round(_RIM_MM / frame.mm_per_px), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(face & ~cv2.dilate(frame.skin.astype(np.uint8), disc).astype(bool))


def _ratio(theirs: FloatArray, where: BoolArray, ours: FloatArray, here: BoolArray, percentile: float) -> float:
    """Ratio of a percentile; NaN where either photo shows nothing of it."""
    return _over(_percentile(theirs, where, percentile), _percentile(ours, here, percentile))


def _percentile(values: FloatArray, where: BoolArray, percentile: float) -> float:
    return float(np.percentile(values[where], percentile)) if where.sum() >= _LEAST_PX else math.nan


def _over(found: float, known: float) -> float:
    return found / max(known, 1e-6)  # NaN where either is
