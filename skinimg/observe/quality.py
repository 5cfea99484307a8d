"""Is a photo good enough to be measured? Sharpness, exposure, shine, colour, closed eyes; with its reasons.

Sharpness is the share of fine texture: the contrast of skin between 0.7 and 1.4 pixels (SD of Gaussian blurs) over its
contrast between 2.8 and 5.6 pixels, both as median absolute deviations of the logarithm of light. A logarithm does not
know exposure, and the ratio cancels how strongly textured a skin is; pixels are the photo's own, or the working frame's
where those are finer, as detail beyond the frame is not used.
"""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.reasons import Reason, why
from skinimg.base.records import BoolArray, Face, FloatArray, Frame, Quality

# Measured on 22 real photos (6 + 2 close-ups, 9 portraits, 5 synthetic people of shared data), as they are and after a
# Gaussian blur of 1, 2 and 3 of their pixels: 0.41 to 1.15, then 0.25 to 0.61, 0.13 to 0.33, 0.09 to 0.21.
SHARP_ENOUGH = 0.25
USABLE = 0.15

# One 8-bit code of sRGB is a step of 10 % of the light at code 18 (0.007): as much as a faint spot has contrast.
_DARK = 0.007
_CEILING = 0.99  # sRGB code 254
_CLIPPED_WARNING, _CLIPPED_REJECTED = 0.005, 0.20
_DARK_WARNING, _DARK_REJECTED = 0.05, 0.50
_SHINE_WARNING = 0.05
_MIN_SKIN_MM2 = 100.0  # less than a fingertip
_GREY = 0.004  # channels closer than this share are one channel: one 8-bit code at mid grey
# Twenty faces of shared data and two phantoms: 0.080 to 0.27; two of them in sepia, as JPEG 93: 0.014 and 0.018.
_ONE_TINT = 0.035
_CLEAR = (0.01, 0.9)  # linear: between, a colour is neither clipped nor rounded away
_FEW_SQUARES = 4000  # mm2: half of a face
# Lid gap over eye width of the wider eye; 0.1 % of the 3,169 portraits in shared data/faces lie below 0.148.
_EYES_CLOSED = 0.12
Judged = tuple[Reason | None, bool]  # what is wrong, and whether so much that nothing can be believed
_EYES = ((159, 145, 33, 133), (386, 374, 362, 263))  # upper lid, lower lid, corners; right eye, left eye


def assess(frame: Frame, face: Face | None) -> Quality:
    """Judge a photo by its working frame; `rejected` if nothing that is measured on it could be believed.

    face : None on a close-up
    """
    area_mm2 = float(frame.skin.sum()) * frame.mm_per_px**2
    if area_mm2 < _MIN_SKIN_MM2:
        too_little = why("little_skin", found=area_mm2, needed=_MIN_SKIN_MM2)
        return Quality(*(float("nan"),) * 4, (too_little,), rejected=True)
    sharp = sharpness(frame)
    smallest, largest = _extremes(frame.linear)
    saturation = _saturation(smallest, largest)
    clipped = float(np.mean(largest[frame.skin] >= _CEILING))
    dark = float(np.mean(smallest[frame.skin] < _DARK))
    shine = _shine_fraction(frame, largest, saturation)
    findings = (
        _blur(sharp),
        _share(clipped, _CLIPPED_WARNING, _CLIPPED_REJECTED, "overexposed"),
        _share(dark, _DARK_WARNING, _DARK_REJECTED, "underexposed"),
        _share(shine, _SHINE_WARNING, 2.0, "shiny"),
        _grey(saturation[frame.skin]),
        _toned(frame, face),
        _closed_eyes(frame.landmarks if face is not None else None),
    )
    reasons = tuple(reason for reason, _ in findings if reason)
    return Quality(sharp, clipped, dark, shine, reasons, any(bad for _, bad in findings))


def sharpness(frame: Frame) -> float:
    """Fine over coarse texture of the skin: 0.4 to 1.2 in focus, below 0.15 beyond use."""
    zoom = min(frame.native_px_per_mm * frame.mm_per_px, 1.0)  # back to the photo's own pixels
    linear, skin = frame.linear, frame.skin
    if zoom < 1:
        size = (max(1, round(skin.shape[1] * zoom)), max(1, round(skin.shape[0] * zoom)))
        linear = np.asarray(cv2.resize(linear, size, interpolation=cv2.INTER_AREA), np.float32)
        skin = cv2.resize(skin.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    log_light = np.log(np.maximum(linear @ np.array([0.3, 0.6, 0.1], np.float32), 1e-3))
    inner = cv2.erode(skin.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0  # where the coarse blur sees skin only
    where = inner if inner.sum() >= 100 else skin
    fine, coarse = (_contrast(log_light, where, scale) for scale in (0.7, 2.8))
    return fine / coarse if coarse > 0 else 0.0


def _contrast(log_light: FloatArray, where: BoolArray, scale: float) -> float:
    """Median absolute deviation of a band of one octave above `scale` pixels."""
    band = cv2.GaussianBlur(log_light, (0, 0), scale) - cv2.GaussianBlur(log_light, (0, 0), 2 * scale)
    return float(np.median(np.abs(band[where])))


def _shine_fraction(frame: Frame, largest: FloatArray, saturation: FloatArray) -> float:
    """Share of the region, shine included, that is much brighter than the skin and has lost its colour to the lamp."""
    region = (frame.region_bits & 1) > 0
    if not region.any() or not frame.skin.any():
        return 0.0
    low, high = _extremes(frame.skin_colour[None, None])
    bright = largest[region] > 1.6 * high.max()
    pale = saturation[region] < 0.6 * _saturation(low, high).max()
    return float(np.mean(bright & pale))


def _extremes(linear: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(h, w, 3) -> two (h, w): the smallest and the largest channel; a reduction over an axis of 3 takes ten times as long."""
    red, green, blue = cv2.split(linear)
    return cv2.min(cv2.min(red, green), blue), cv2.max(cv2.max(red, green), blue)


def _saturation(smallest: FloatArray, largest: FloatArray) -> FloatArray:
    """Spread of the channels as a share of the largest."""
    return np.asarray((largest - smallest) / np.maximum(largest, 1e-3), np.float32)


def _blur(sharp: float) -> Judged:
    if sharp >= SHARP_ENOUGH:
        return None, False
    return why("blurred", sharpness=sharp, needed=SHARP_ENOUGH), sharp < USABLE


def _share(share: float, warning: float, rejected: float, code: str) -> Judged:
    if share <= warning:
        return None, False
    return why(code, percent=100 * share, limit=100 * warning), share > rejected


def _grey(saturation: FloatArray) -> Judged:
    if float(np.median(saturation)) > _GREY:
        return None, False
    return why("grey"), True


def _toned(frame: Frame, face: Face | None) -> Judged:
    """A face in shades of one tint: its colour follows from its light alone, lips and brows included."""
    if face is not None and hue_spread(frame) < _ONE_TINT:
        return why("toned"), True
    return None, False  # NaN: not told


def hue_spread(frame: Frame) -> float:
    """How far colours stray from a curve of the light: 90th percentile of the logarithm of red or blue over green.

    By squares of a millimetre, so that noise weighs little. NaN where too few are seen.
    """
    size = (max(round(frame.skin.shape[1] * frame.mm_per_px), 1), max(round(frame.skin.shape[0] * frame.mm_per_px), 1))
    squares = cv2.resize(frame.linear, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize((frame.region_bits & 1).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    colours = squares[inside & (squares.max(axis=-1) < _CLEAR[1]) & (squares.min(axis=-1) > _CLEAR[0])]
    if len(colours) < _FEW_SQUARES:
        return float("nan")
    red, green, blue = np.log(colours.astype(np.float64)).T
    strays = [
        np.abs(ratio - np.polynomial.Polynomial.fit(green, ratio, 3)(green)) for ratio in (red - green, blue - green)
    ]
    return float(max(np.percentile(stray, 90) for stray in strays))


def _closed_eyes(landmarks: FloatArray | None) -> Judged:
    if landmarks is None:
        return None, False
    opening = max(eye_opening(landmarks, eye) for eye in (0, 1))
    if opening >= _EYES_CLOSED:
        return None, False
    return why("eyes_closed", opening=opening, needed=_EYES_CLOSED), False


def eye_opening(landmarks: FloatArray, eye: int) -> float:
    """Lid gap over eye width of the person's right (0) or left (1) eye."""
    upper, lower, one, other = (landmarks[k, :2] for k in _EYES[eye])
    return float(np.linalg.norm(upper - lower) / max(float(np.linalg.norm(one - other)), 1e-6))
