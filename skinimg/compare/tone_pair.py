"""Whether two photos have one tone curve and one make-up, told by parts of the face that no treatment changes."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.records import BoolArray, FloatArray, Frame
from skinimg.face import mesh
from skinimg.photo.colour import median_colour
from skinimg.skin.optics import density

# Brows and eyes: hair and pupils are black whatever happened to the skin. Lips and nostrils move with the expression.
_PARTS = (mesh.RIGHT_BROW, mesh.LEFT_BROW, mesh.RIGHT_EYE, mesh.LEFT_EYE)
_AROUND_MM, _SMOOTH_MM = 4.0, 0.4  # skin beside a part; blur under which a soft lens weighs little
_LEAST_OD = 0.1


def tone_gain(baseline: Frame, photo: Frame) -> tuple[float, float]:
    """Contrast of brows and eyes in a photo over the baseline's: (gain, its standard error).

    1 for the same tone curve, whatever the exposure; above 1 the contrast was raised. NaN on a close-up.
    In red and green (`in_red_and_green`): a tone curve changes both, and more blood darkens skin in green. Of twelve drawn
    people on a rig, blood of all skin times 1.8 left one 0.87 of the contrast in green and 0.93 in red, the others more
    (scripts/bench flush). The parts vote by their median; the standard error is that of a median of as many parts
    (1.25 SD / sqrt n).
    """
    if baseline.landmarks is None or photo.landmarks is None:
        return float("nan"), float("nan")
    ours, theirs = _contrasts(baseline, baseline.landmarks), _contrasts(photo, photo.landmarks)
    seen = ((ours > _LEAST_OD) & (theirs > _LEAST_OD)).all(axis=1)
    if seen.sum() < 2:
        return float("nan"), float("nan")
    logs = in_red_and_green(np.log(theirs[seen] / ours[seen]))
    gain = float(np.exp(np.median(logs)))
    return gain, gain * 1.25 * float(logs.std(ddof=1)) / float(np.sqrt(seen.sum()))


def in_red_and_green(logs: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """(n,) of (n, 2) logarithms of ratios, the one that changed less; 0 where one rose and the other fell.

    An editor changes both channels, blood shows in green.
    """
    red, green = logs.T
    return np.where(red * green < 0, 0.0, np.where(np.abs(red) < np.abs(green), red, green))


def _contrasts(frame: Frame, landmarks: FloatArray) -> FloatArray:
    """(4, 2) how much darker the darkest tenth of each part is than the middle of what surrounds it, in red and green."""
    found = np.zeros((len(_PARTS), 2), np.float32)
    reach = max(round(_AROUND_MM / frame.mm_per_px), 1)
    for k, part in enumerate(_PARTS):
        points = landmarks[part, :2]
        x0, y0 = np.maximum(np.floor(points.min(axis=0)).astype(int) - reach, 0)
        x1, y1 = np.ceil(points.max(axis=0)).astype(int) + reach
        shown = density(frame.linear[y0:y1, x0:x1, :2])
        if shown.size:
            smooth = cv2.GaussianBlur(shown, (0, 0), _SMOOTH_MM / frame.mm_per_px)
            found[k] = np.percentile(smooth, 95, axis=(0, 1)) - np.percentile(smooth, 30, axis=(0, 1))
    return found


def lip_colour_od(frame: Frame) -> float:
    """How much redder the lips are than the skin, density of green minus red; 0 on a close-up."""
    lip = lip_density(frame)
    if lip is None or not frame.skin.any():
        return 0.0
    skin = density(frame.skin_colour[None])[0]
    return float((lip[1] - lip[0]) - (skin[1] - skin[0]))


def lip_density(frame: Frame) -> FloatArray | None:
    """Median density (3,) of the lips, None where they are not seen."""
    if frame.landmarks is None:
        return None
    lips = _inside(frame, frame.landmarks)
    return density(median_colour(frame.linear[lips])[None])[0] if lips.any() else None


def _inside(frame: Frame, landmarks: FloatArray) -> BoolArray:
    mask = np.zeros(frame.skin.shape, np.uint8)
    cv2.fillPoly(mask, [np.round(landmarks[mesh.LIPS, :2]).astype(np.int32)], 1)
    return mask > 0
