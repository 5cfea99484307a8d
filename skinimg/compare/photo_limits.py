"""How far a photo may differ from the baseline's before a finding is not compared, and what to do at the next shot.

Every limit is one row: what is judged, from where on it is said, from where on findings are withheld, and which.
The evidence for the numbers is the table of docs/benchmarks/gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from skinimg.base.findings import FINDINGS
from skinimg.base.photo_difference import PhotoDifference

EVERYTHING = tuple(FINDINGS)
FINE = ("pores", "scars", "wrinkles", "texture")  # structures of a millimetre and less
COLOUR = ("spots", "redness", "tone", "erythema", "hyperpigmentation")
RELIEF = ("scars", "wrinkles", "texture")  # seen by their shading


_TURN_PERCENT_PER_DEG = 0.3


@dataclass(frozen=True)
class Limit:
    """One kind of difference: `size` is 0 for the same photo and grows; NaN is not judged."""

    size: Callable[[PhotoDifference], float]
    warning: float
    refusal: float
    findings: tuple[str, ...]  # that are not compared beyond `refusal`
    sentence: Callable[[PhotoDifference], str]
    hint: str


def _apart(ratio: float) -> float:
    """How far a ratio is from 1 either way, as a natural logarithm."""
    return abs(math.log(max(ratio, 1e-3)))


def _expression_beyond_turn(d: PhotoDifference) -> float:
    """Landmarks of a turned head are 0.3 % of the face off per degree: four pairs of the samples, 3 to 7 degrees."""
    turn_deg = math.hypot(d.yaw_difference_deg, d.pitch_difference_deg)
    beyond = d.expression_difference_percent**2 - (_TURN_PERCENT_PER_DEG * turn_deg) ** 2
    return math.sqrt(beyond) if beyond > 0 else 0.0 * beyond  # NaN stays NaN


def _softness(what: str, ratio: float) -> str:
    return f"{'sharper' if ratio > 1 else 'softer'} {what} than at the baseline: {ratio:.2f} of its fine detail"


def _skin(d: PhotoDifference) -> str:
    return _softness("skin", d.skin_detail_ratio)


def _features(d: PhotoDifference) -> str:
    return _softness("brows and lashes", d.feature_detail_ratio)


def _resolution(d: PhotoDifference) -> str:
    return f"another resolution than the baseline: {d.resolution_ratio:.2f} of its pixels per millimetre"


def _tone(d: PhotoDifference) -> str:
    return f"another tone curve than the baseline: {d.tone_gain:.2f} of its contrast in brows and eyes"


def _exposure(d: PhotoDifference) -> str:
    word = "darker" if d.exposure_difference_od > 0 else "brighter"
    return f"{word} than the baseline: the skin differs by {abs(d.exposure_difference_od):.2f} OD"


def _light(d: PhotoDifference) -> str:
    return f"the light comes from elsewhere: brightness differs by {d.light_difference_od:.2f} OD over the face"


def _background(d: PhotoDifference) -> str:
    return f"another background, or coloured light on it: its colour differs by {d.background_difference_od:.2f} OD"


def _lips(d: PhotoDifference) -> str:
    return f"the lips are redder than at the baseline, by {d.lip_colour_difference_od:.2f} OD: make-up?"


def _mouth(d: PhotoDifference) -> str:
    return f"the mouth is less red than at the baseline, by {-d.lip_colour_difference_od:.2f} OD: covered or painted"


def _expression(d: PhotoDifference) -> str:
    return f"another expression: landmarks moved by {d.expression_difference_percent:.1f} % of the face"


def _eyes(d: PhotoDifference) -> str:
    word = "wider open" if d.eye_opening_difference > 0 else "more closed"
    return f"the eyes are {word} than at the baseline, by {abs(d.eye_opening_difference):.2f} of their width"


def _yaw(d: PhotoDifference) -> str:
    return f"the head is turned differently, by {abs(d.yaw_difference_deg):.0f} degrees"


def _pitch(d: PhotoDifference) -> str:
    word = "higher" if d.pitch_difference_deg > 0 else "lower"
    return f"the chin is held {word} than at the baseline, by {abs(d.pitch_difference_deg):.0f} degrees"


def _cover(d: PhotoDifference) -> str:
    return f"{100 * d.covered_fraction:.0f} % of the baseline's skin is covered or hidden"


def _shine(d: PhotoDifference) -> str:
    word = "more" if d.shine_difference_fraction > 0 else "less"
    return f"{word} shine than at the baseline, by {100 * abs(d.shine_difference_fraction):.0f} % of the face"


def _shape(d: PhotoDifference) -> str:
    return f"the face has another shape: its bones differ by {d.shape_difference_percent:.1f} % of its size"


def _compression(d: PhotoDifference) -> str:
    return f"compressed otherwise than the baseline: JPEG quality differs by {abs(d.jpeg_quality_difference):.0f}"


_ORIGINAL = "use the camera's original file, without filter, messenger, editor or HDR"
_FOCUS = "hold the camera still and focus on the cheek, with the lens of the baseline"
_LAMP = "put lamp, chair and camera where they were at the baseline"
_FACE = "ask for a relaxed face, mouth closed and eyes open, as at the baseline"

LIMITS: tuple[Limit, ...] = (
    Limit(lambda d: _apart(d.skin_detail_ratio), 0.30, 0.50, FINE, _skin, _ORIGINAL),
    Limit(lambda d: _apart(d.skin_detail_ratio), 0.30, 0.75, COLOUR, _skin, _ORIGINAL),
    Limit(lambda d: _apart(d.feature_detail_ratio), 0.40, 0.70, FINE, _features, _FOCUS),
    Limit(lambda d: _apart(d.resolution_ratio), 0.15, 0.35, FINE, _resolution, "stand as far away; " + _ORIGINAL),
    Limit(lambda d: _apart(d.tone_gain), 0.06, 0.10, EVERYTHING, _tone, _ORIGINAL),
    Limit(lambda d: abs(d.exposure_difference_od), 0.35, 0.80, EVERYTHING, _exposure, "use the same exposure and lamp"),
    Limit(lambda d: d.light_difference_od, 0.10, 0.15, RELIEF, _light, _LAMP),
    Limit(lambda d: d.light_difference_od, 0.10, 0.25, EVERYTHING, _light, _LAMP),
    Limit(lambda d: d.background_difference_od, 0.12, math.inf, (), _background, "use the same plain backdrop"),
    Limit(lambda d: d.lip_colour_difference_od, 0.15, math.inf, (), _lips, "take off all make-up, wait 15 minutes"),
    Limit(lambda d: -d.lip_colour_difference_od, 0.15, 0.40, EVERYTHING, _mouth, "uncover the mouth"),
    Limit(_expression_beyond_turn, 1.8, 2.0, RELIEF, _expression, _FACE),
    Limit(_expression_beyond_turn, 1.8, 2.3, EVERYTHING, _expression, _FACE),
    Limit(lambda d: abs(d.eye_opening_difference), 0.10, 0.18, ("wrinkles",), _eyes, _FACE),
    Limit(lambda d: abs(d.yaw_difference_deg), 6.0, 10.0, RELIEF, _yaw, "turn the nose as at the baseline"),
    Limit(lambda d: abs(d.pitch_difference_deg), 6.0, 12.0, RELIEF, _pitch, "hold the chin as at the baseline"),
    Limit(lambda d: d.covered_fraction, 0.04, 0.10, EVERYTHING, _cover, "take off mask and glasses, put the hair back"),
    Limit(lambda d: abs(d.shine_difference_fraction), 0.03, 0.06, COLOUR, _shine, "blot the skin, use the same lamp"),
    Limit(
        lambda d: d.shape_difference_percent, 2.4, 3.5, EVERYTHING, _shape, "check the person, the distance, the lens"
    ),
    Limit(lambda d: abs(d.jpeg_quality_difference), 20.0, 45.0, FINE, _compression, _ORIGINAL),
)


def warnings_of(d: PhotoDifference) -> tuple[str, ...]:
    """What is said about a photo beside its baseline, each with what to do at the next shot; once per difference."""
    said = [f"{limit.sentence(d)}; {limit.hint}" for limit in LIMITS if limit.size(d) > limit.warning]
    return tuple(dict.fromkeys(said))


def withheld_findings(d: PhotoDifference) -> dict[str, str]:
    """Finding -> why these two photos cannot compare it."""
    reasons: dict[str, str] = {}
    for limit in LIMITS:
        if limit.size(d) > limit.refusal:
            for finding in limit.findings:
                reasons.setdefault(finding, limit.sentence(d))
    return reasons
