"""Whether two photos have one saturation, told by what no treatment changes: the whites of the eyes and the lips."""

from __future__ import annotations

import math

from skinimg.base.records import Frame
from skinimg.compare.tone_pair import lip_density
from skinimg.observe.witnesses import eye_whites
from skinimg.skin.optics import density

_LEAST_OD = 0.05  # a smaller distance of two colours is noise, and so is its ratio


def colour_gain(baseline: Frame, photo: Frame) -> float:
    """How far colours lie apart in a photo over the baseline's: 1 for the same saturation, whatever the white balance.

    An editor moves the skin away from the whites, and the lips too. A flush does only the first, lipstick only the
    second: so the smaller of both changes counts, and 1 where they go opposite ways. NaN on a close-up, and where whites
    or lips are not seen.
    """
    ours, theirs = _distances(baseline), _distances(photo)
    if ours is None or theirs is None or _unlike(ours, theirs):
        return float("nan")
    logs = [math.log(b / a) for a, b in zip(ours, theirs, strict=True)]
    skin, lips = (logs[0] + logs[1]) / 2, logs[2]
    return math.exp(min(skin, lips, key=abs)) if skin * lips > 0 else 1.0


def _distances(frame: Frame) -> tuple[float, float, float] | None:
    """From the whites to the skin, red over green and blue over green, and to the lips, red over green, in OD."""
    if frame.landmarks is None or not frame.skin.any():
        return None
    whites, lips = eye_whites(frame.linear, frame.landmarks, frame.mm_per_px), lip_density(frame)
    if not whites or lips is None:
        return None
    (white,) = whites.values()
    to_skin = density(frame.skin_colour[None])[0] - white
    to_lips = lips - white
    return float(to_skin[0] - to_skin[1]), float(to_skin[2] - to_skin[1]), float(to_lips[0] - to_lips[1])


def _unlike(ours: tuple[float, ...], theirs: tuple[float, ...]) -> bool:
    """Whether a distance is too small for a ratio, or changed its direction."""
    return any(a * b <= 0 or min(abs(a), abs(b)) < _LEAST_OD for a, b in zip(ours, theirs, strict=True))
