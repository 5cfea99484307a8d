"""Whether two sessions may be compared for what depends on the camera and on the days since a treatment."""

from __future__ import annotations

from datetime import date

from skinimg.base.entries import Subject
from skinimg.base.records import Shot


def camera_class(baseline: Shot, session: Shot) -> str:
    """`same_camera`, `other_camera` or, where a file does not name its camera, `unknown_camera`: its noise is its own.

    Lens, sharpening and colours differ between models, so less can be believed; null pairs say how much less
    (`repeatability` in the weights card).
    """
    if not baseline.camera or not session.camera:
        return "unknown_camera"
    return "same_camera" if baseline.camera == session.camera else "other_camera"


def camera_in_words(baseline: Shot, session: Shot) -> str:
    """Both cameras where the files say that they differ, that they do not say where they do not, else ''."""
    kind = camera_class(baseline, session)
    if kind == "same_camera":
        return ""
    if kind == "unknown_camera":
        return "a photo does not name its camera, so it may be another one than at the baseline: wider intervals"
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
