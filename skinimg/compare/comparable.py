"""Whether two photos may be compared at all for what depends on the lamp, on the expression, on the days since."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np

from skinimg.base.entries import Subject
from skinimg.base.records import FloatArray, Shot
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import density

# Relief is seen by its shading, and its contrast doubles or triples with the direction of the light (SCIENCE.md 4).
# A lamp that moved by about 15 degrees changes the broad shading of a face by 0.15 OD (SD over the face).
_LIGHT_LIMIT_OD = 0.15
_LIGHT_SCALE_MM = 8.0

# Residual of the landmarks after the best rigid motion in three dimensions, as a share of the face's size. A smile
# moves the mouth corners by 8 to 15 mm on a face of 70 mm RMS radius.
_EXPRESSION_LIMIT = 0.045

_LIGHT_FINDINGS = ("scars", "wrinkles", "texture")
_EXPRESSION_FINDINGS = ("wrinkles",)


def differences(baseline: Shot, session: Shot) -> dict[str, str]:
    """Findings that these two photos cannot compare -> the reason."""
    reasons: dict[str, str] = {}
    light = light_difference_od(baseline, session)
    if light > _LIGHT_LIMIT_OD:
        text = f"the light comes from elsewhere: brightness differs by {light:.2f} OD, limit {_LIGHT_LIMIT_OD}"
        reasons |= dict.fromkeys(_LIGHT_FINDINGS, text)
    expression = expression_difference(baseline, session)
    if expression > _EXPRESSION_LIMIT:
        text = f"another expression: landmarks moved by {100 * expression:.1f} % of the face, limit 4.5 %"
        reasons |= dict.fromkeys(_EXPRESSION_FINDINGS, text)
    return reasons


def other_camera(baseline: Shot, session: Shot) -> str:
    """Both cameras in words where the files say that they differ, else ''.

    Lens, sharpening and colours differ between models, so less can be believed; phantoms say how much less
    (`repeatability` in the weights card).
    """
    if not baseline.camera or not session.camera or baseline.camera == session.camera:
        return ""
    return f"taken with {session.camera}, the baseline with {baseline.camera}"


def transient_redness(subject: Subject, limit_days: int) -> dict[str, str]:
    """Sessions photographed within days of an earlier session's treatment -> the reason not to judge their redness.

    `treatment` is what was applied after the photo of a session, so a session's own treatment does not count for it.
    Without both dates nothing can be told: see `undated_treatments`.
    """
    dates, treated = _dates(subject), _treated(subject)
    reasons: dict[str, str] = {}
    for place, session in enumerate(subject.sessions):
        before = [name for name in subject.sessions[:place] if name in treated and name in dates]
        if not before or session not in dates:
            continue
        days = (dates[session] - dates[before[-1]]).days
        if days < limit_days:
            since = f"{days} {'day' if days == 1 else 'days'} after the treatment of {before[-1]}"
            reasons[session] = f"{since}: redness may be passing, needs {limit_days} days"
    return reasons


def undated_treatments(subject: Subject) -> str:
    """A warning where a treatment is recorded but not the days that passed since; '' where all is known."""
    dates, treated = _dates(subject), _treated(subject)
    first = next((place for place, name in enumerate(subject.sessions) if name in treated), len(subject.sessions))
    undated = [name for name in subject.sessions[first:] if name not in dates]
    if not undated or first == len(subject.sessions) - 1:
        return ""
    return f"{subject.name}: no date for {', '.join(undated)}, so redness that passes after a treatment cannot be told"


def _dates(subject: Subject) -> dict[str, date]:
    return {e.session: date.fromisoformat(e.date) for e in subject.photos if e.date}


def _treated(subject: Subject) -> set[str]:
    return {e.session for e in subject.photos if e.treatment}


def light_difference_od(baseline: Shot, session: Shot) -> float:
    """SD over the shared skin of the difference in broad brightness; 0 for the same lamp, whatever its strength.

    In red, where pigments weigh least: the optical model's shading is too noisy in dark skin (two phantoms of types V
    and VI, lamps straying by 6 to 9 degrees (SD): 0.04 to 0.32 OD in shading, 0.04 to 0.12 in red).
    """
    mm = baseline.frame.mm_per_px
    shots = (baseline, session)
    broad = [masked_blur(density(s.frame.linear[..., 0]), s.frame.skin, _LIGHT_SCALE_MM / mm) for s in shots]
    where = session.alignment.to_session
    shared = baseline.frame.skin & session.alignment.valid_baseline
    if not shared.any():
        return 0.0
    return float((broad[0] - cv2.remap(broad[1], where, None, cv2.INTER_LINEAR))[shared].std())


def expression_difference(baseline: Shot, session: Shot) -> float:
    """What is left between two landmark sets after rotation, shift and scale, over the face's size; 0 on a close-up."""
    if baseline.frame.landmarks is None or session.frame.landmarks is None:
        return 0.0
    a, b = (_normalised(points) for points in (baseline.frame.landmarks, session.frame.landmarks))
    u, _, v = np.linalg.svd(b.T @ a)
    turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ v))]) @ v  # Kabsch: no reflection
    apart = np.linalg.norm((b @ turn - a)[:, :2], axis=1)
    return float(np.percentile(apart, 90))  # the part of the face that moves, not the part that cannot


def _normalised(landmarks: FloatArray) -> FloatArray:
    centred = landmarks - landmarks.mean(axis=0)
    return centred / np.sqrt((centred**2).sum(axis=1).mean())
