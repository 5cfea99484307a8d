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


@dataclass(frozen=True)
class Limit:
    """One kind of difference: `size` is 0 for the same photo and grows; NaN is not judged."""

    size: Callable[[PhotoDifference], float]
    warning: float
    refusal: float
    findings: tuple[str, ...]  # that are not compared beyond `refusal`
    sentence: Callable[[PhotoDifference], str]
    hint: str


def _octaves(ratio: float) -> float:
    """How far a ratio is from 1 either way, as a natural logarithm."""
    return abs(math.log(max(ratio, 1e-3)))


LIMITS: tuple[Limit, ...] = (
    Limit(
        lambda d: _octaves(d.skin_detail_ratio), 0.40, 0.65, FINE,
        lambda d: f"{_much(d.skin_detail_ratio, 'sharper', 'softer')} skin than the baseline: {_times(d.skin_detail_ratio)} its fine detail",
        "use the original file of the same camera, without beauty filter, messenger or editor, focused on the cheek",
    ),
    Limit(
        lambda d: _octaves(d.skin_detail_ratio), 0.40, 1.10, COLOUR,
        lambda d: f"{_much(d.skin_detail_ratio, 'sharper', 'softer')} skin than the baseline: {_times(d.skin_detail_ratio)} its fine detail",
        "use the original file of the same camera, without beauty filter, messenger or editor, focused on the cheek",
    ),
    Limit(
        lambda d: _octaves(d.feature_detail_ratio), 0.40, 0.70, FINE,
        lambda d: f"brows and lashes are {_much(d.feature_detail_ratio, 'sharper', 'softer')} than at the baseline: {_times(d.feature_detail_ratio)}",
        "hold the camera still and focus on the cheek, with the same lens",
    ),
    Limit(
        lambda d: _octaves(d.resolution_ratio), 0.22, 0.45, FINE,
        lambda d: f"another resolution than the baseline: {_times(d.resolution_ratio)} its pixels per millimetre",
        "stand as far away as at the baseline and send the original file",
    ),
    Limit(
        lambda d: _octaves(d.tone_gain), 0.08, 0.14, EVERYTHING,
        lambda d: f"another tone curve than the baseline: contrast {d.tone_gain:.2f} of it",
        "use the camera's own file without editing, HDR or filter, and the same light",
    ),
    Limit(
        lambda d: abs(d.exposure_difference_od), 0.35, 0.80, EVERYTHING,
        lambda d: f"{'darker' if d.exposure_difference_od > 0 else 'brighter'} than the baseline: the skin differs by {abs(d.exposure_difference_od):.2f} OD",
        "use the same exposure and the same light",
    ),
    Limit(
        lambda d: d.light_difference_od, 0.10, 0.15, RELIEF,
        lambda d: f"the light comes from elsewhere: brightness differs by {d.light_difference_od:.2f} OD over the face",
        "put lamp, chair and camera where they were at the baseline",
    ),
    Limit(
        lambda d: d.light_difference_od, 0.10, 0.25, EVERYTHING,
        lambda d: f"the light comes from elsewhere: brightness differs by {d.light_difference_od:.2f} OD over the face",
        "put lamp, chair and camera where they were at the baseline",
    ),
    Limit(
        lambda d: d.background_difference_od, 0.12, math.inf, (),
        lambda d: f"another background or coloured light on it: its colour differs by {d.background_difference_od:.2f} OD",
        "use the same plain backdrop and no window light",
    ),
    Limit(
        lambda d: abs(d.lip_colour_difference_od), 0.15, math.inf, (),
        lambda d: f"the lips have another colour than at the baseline by {abs(d.lip_colour_difference_od):.2f} OD: make-up?",
        "take off all make-up and wait 15 minutes",
    ),
    Limit(
        lambda d: d.expression_difference_percent, 4.5, 6.0, EVERYTHING,
        lambda d: f"another expression: landmarks moved by {d.expression_difference_percent:.1f} % of the face",
        "ask for a relaxed face, mouth closed, as at the baseline",
    ),
    Limit(
        lambda d: d.expression_difference_percent, 4.5, 4.5, FINE,
        lambda d: f"another expression: landmarks moved by {d.expression_difference_percent:.1f} % of the face",
        "ask for a relaxed face, mouth closed, as at the baseline",
    ),
    Limit(
        lambda d: abs(d.eye_opening_difference), 0.12, 0.18, ("wrinkles",),
        lambda d: f"the eyes are opened differently: by {abs(d.eye_opening_difference):.2f} of their width",
        "ask to look into the camera with open eyes",
    ),
    Limit(
        lambda d: abs(d.yaw_difference_deg), 5.0, 10.0, RELIEF,
        lambda d: f"the head is turned differently: by {abs(d.yaw_difference_deg):.0f} degrees",
        "turn the nose as at the baseline; a mark on the wall to look at helps",
    ),
    Limit(
        lambda d: abs(d.pitch_difference_deg), 6.0, 12.0, RELIEF,
        lambda d: f"the chin is held differently: by {abs(d.pitch_difference_deg):.0f} degrees",
        "raise or lower the chin as at the baseline",
    ),
    Limit(
        lambda d: d.covered_fraction, 0.04, 0.10, EVERYTHING,
        lambda d: f"{100 * d.covered_fraction:.0f} % of the baseline's skin is covered or hidden",
        "take off mask, glasses and jewellery, and put the hair back",
    ),
    Limit(
        lambda d: abs(d.shine_difference_fraction), 0.04, 0.10, COLOUR,
        lambda d: f"the skin {'shines more' if d.shine_difference_fraction > 0 else 'shines less'} than at the baseline: {100 * abs(d.shine_difference_fraction):.0f} % of the face",
        "blot the skin, and use the same lamp or cross-polarized light",
    ),
    Limit(
        lambda d: d.shape_difference_percent, 4.0, 6.5, EVERYTHING,
        lambda d: f"the face has another shape: bones differ by {d.shape_difference_percent:.1f} % of its size",
        "check that it is the same person, taken from the same distance and with the same lens",
    ),
    Limit(
        lambda d: abs(d.jpeg_quality_difference), 20.0, 45.0, FINE,
        lambda d: f"compressed otherwise than the baseline: JPEG quality differs by {abs(d.jpeg_quality_difference):.0f}",
        "send the original file",
    ),
)  # fmt: skip


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


def _much(ratio: float, more: str, less: str) -> str:
    return more if ratio > 1 else less


def _times(ratio: float) -> str:
    return f"{ratio:.2f} of" if ratio < 1 else f"{ratio:.2f} times"
