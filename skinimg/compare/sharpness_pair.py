"""What of the skin's detail a photo kept: its finest, on skin and on brows, lashes and lips, and that of a millimetre."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.parallel import together
from skinimg.base.records import Alignment, BoolArray, FloatArray, Frame
from skinimg.compare.tone_pair import in_red_and_green
from skinimg.skin.masked_blur import masked_blurs
from skinimg.skin.optics import density

_FINEST_PX = 0.8  # SD of the finest blur, in pixels of the baseline's photo
_LEAST_PX = 500  # of a frame: fewer say nothing
_RIM_MM = 1.0
_COARSER = 4  # times the finest scale: out of focus by 0.9 instead of 0.3 px (SD), seven faces keep 0.97 of it
_COARSEST_MM = 2.5  # beyond, a band is one of spots


def finest_px(baseline: Frame) -> float:
    """SD in frame pixels of the finest detail that a pair is compared by: 0.8 pixels of the baseline's own photo."""
    return max(_FINEST_PX / (baseline.native_px_per_mm * baseline.mm_per_px), _FINEST_PX)


def octave(green: FloatArray, scale_px: float) -> FloatArray:
    """(h, w) absolute contrast of one octave from `scale_px` up, of a density (h, w)."""
    finer, coarser = (cv2.GaussianBlur(green, (0, 0), scale) for scale in (scale_px, 2 * scale_px))
    return np.abs(finer - coarser)


def fine_details(baseline: Frame, photo: Frame) -> tuple[FloatArray, FloatArray]:
    """Finest detail of both photos, each (h, w) in its own frame, by the same scale."""
    scale_px = finest_px(baseline)
    ours, theirs = (octave(density(frame.linear[..., 1]), scale_px) for frame in (baseline, photo))
    return ours, theirs


def skin_detail_ratio(details: tuple[FloatArray, FloatArray], alignment: Alignment) -> float:
    """Finest detail of the skin that both show, photo over baseline; falls with a beauty filter and a soft lens.

    details : of `fine_details`
    """
    theirs, ours = (
        median_detail(details[1], alignment.valid_session),
        median_detail(details[0], alignment.valid_baseline),
    )
    return _over(theirs, ours)


def skin_contrast_ratio(
    baseline: Frame, photo: Frame, alignment: Alignment, marked: tuple[BoolArray, BoolArray]
) -> float:
    """Contrast of plain skin that both show, a few pixels to 2 mm wide, photo over baseline.

    NaN where too little is seen or the scale is not known. Of bands of one octave, the one furthest from 1. Focus and
    noise do not reach it, nor do exposure and white balance; it falls where detail between fine and coarse was taken out
    (frequency separation) and where skin was whitened. The lower quartile of the contrast is that of skin without lesions.

    In red and green (`in_red_and_green`): vessels show in green, and blood of all skin times 1.8 raised the contrast there by
    up to 17 %, in red by 10 % (twelve drawn people on a rig, `scripts/bench flush`).

    marked : (h, w) of both, what a treatment may change, with the skin right beside it. Large pores all over, 28 % of
        their load gone, left 0.74 to 0.85 of the contrast where they were not left out, else 0.90 to 1.11 (four drawn people)
    """
    if "assumed" in (baseline.scale_source, photo.scale_source):
        return math.nan  # a millimetre may be three, and a band one of spots
    scale_px = _COARSER * finest_px(baseline)
    bands = max(int(math.log2(_COARSEST_MM / (scale_px * baseline.mm_per_px))), 1)
    found, known = together(
        lambda: _contrasts(photo, alignment.valid_session, marked[1], scale_px, bands),
        lambda: _contrasts(baseline, alignment.valid_baseline, marked[0], scale_px, bands),
    )
    logs = np.log(np.maximum(found / np.maximum(known, 1e-6), 1e-3))  # (bands, 2)
    return math.exp(max(in_red_and_green(logs).tolist(), key=abs))


def _contrasts(
    frame: Frame, where: BoolArray, marked: BoolArray, scale_px: float, bands: int
) -> npt.NDArray[np.float64]:
    """(bands, 2) lower quartile of the contrast in red and green, octave by octave; NaN where too little is seen."""
    plain = frame.skin & ~marked
    channels = [density(cv2.extractChannel(frame.linear, k)) for k in (0, 1)]
    finer = masked_blurs(channels, plain, scale_px)
    rows = []
    for band in range(1, bands + 1):
        coarser = masked_blurs(channels, plain, scale_px * 2**band)
        rows.append([_percentile(np.abs(f - c), where & plain, 25) for f, c in zip(finer, coarser, strict=True)])
        finer = coarser
    return np.asarray(rows)


def feature_detail_ratio(details: tuple[FloatArray, FloatArray], baseline: Frame, photo: Frame) -> float:
    """The same on brows, lashes and lips; a filter that smooths skin hardly moves it. NaN: too little is seen."""
    theirs, ours = strongest_detail(details[1], features(photo)), strongest_detail(details[0], features(baseline))
    return _over(theirs, ours)


def median_detail(detail: FloatArray, where: BoolArray) -> float:
    """Of skin (h, w), all of which is alike; NaN where too little is seen."""
    return _percentile(detail, where, 50)


def strongest_detail(detail: FloatArray, where: BoolArray) -> float:
    """Of features (h, w): the tenth that lashes and rims make; NaN where too little is seen."""
    return _percentile(detail, where, 90)


def features(frame: Frame) -> BoolArray:
    """(h, w) brows, eyes and lips: the face without its skin; empty on a close-up."""
    if frame.landmarks is None:
        return np.zeros_like(frame.skin)
    face = (frame.region_bits & 1) > 0
    radius = max(round(_RIM_MM / frame.mm_per_px), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(face & ~cv2.dilate(frame.skin.astype(np.uint8), disc).astype(bool))


def _percentile(values: FloatArray, where: BoolArray, percentile: float) -> float:
    return float(np.percentile(values[where], percentile)) if where.sum() >= _LEAST_PX else math.nan


def _over(found: float, known: float) -> float:
    return found / max(known, 1e-6)  # NaN where either is
