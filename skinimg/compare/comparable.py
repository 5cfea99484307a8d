"""Whether two sessions may be compared for what depends on the camera and on the days since a treatment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from skinimg.base.entries import Subject
from skinimg.base.reasons import Reason, why
from skinimg.base.records import Shot


def camera_class(baseline: Shot, session: Shot) -> str:
    """`same_camera`, `other_camera` or, where a file does not name its camera, `unknown_camera`: its noise is its own.

    Lens, sharpening and colours differ between models, so less can be believed; null pairs say how much less
    (`repeatability` in the weights card). So do the colours of a photo that a card corrected and of one that none did.
    """
    if _card_in_one(baseline, session):
        return "other_camera"
    if not baseline.seen.camera or not session.seen.camera:
        return "unknown_camera"
    return "same_camera" if baseline.seen.camera == session.seen.camera else "other_camera"


def camera_said(baseline: Shot, session: Shot) -> Reason | None:
    """Both cameras where the files say that they differ, that they do not say where they do not, else None."""
    if _card_in_one(baseline, session):
        return why("card_in_one_photo")
    kind = camera_class(baseline, session)
    if kind == "same_camera":
        return None
    if kind == "unknown_camera":
        return why("unknown_camera")
    return why("other_camera", camera=session.seen.camera, baseline_camera=baseline.seen.camera)


def _card_in_one(baseline: Shot, session: Shot) -> bool:
    """Whether one photo has the colours of a card and the other those of its camera.

    A phantom that nobody changed had 0.27 OD more blood than at the baseline, whose photo alone a card had corrected.
    """
    return (baseline.seen.colour.source == "card") != (session.seen.colour.source == "card")


def scale_in_one(shots: Sequence[Shot]) -> Reason | None:
    """Why photos of which some have a scale and others an assumed one cannot be compared; None for all others.

    What is looked for has a size in millimetres, so it is not the same in photos of one skin whose scales are unlike.
    """
    assumed = {shot.seen.frame.scale_source == "assumed" for shot in shots}
    return why("scale_in_one_photo") if len(assumed) > 1 else None


def transient_redness(subject: Subject, limit_days: int) -> dict[str, Reason]:
    """Sessions photographed within days of an earlier session's treatment -> the reason not to judge their redness.

    `treatment` is what was applied after the photo of a session, so a session's own treatment does not count for it.
    Without both dates nothing can be told: see `undated_treatments`.
    """
    dates, treated = _dates(subject), _treated(subject)
    reasons: dict[str, Reason] = {}
    for place, session in enumerate(subject.sessions):
        before = [name for name in subject.sessions[:place] if name in treated and name in dates]
        if not before or session not in dates:
            continue
        days = (dates[session] - dates[before[-1]]).days
        if days < limit_days:
            reasons[session] = why("soon_after_treatment", days=days, session=before[-1], limit=limit_days)
    return reasons


def undated_treatments(subject: Subject) -> Reason | None:
    """A warning where a treatment is recorded but not the days that passed since; None where all is known."""
    dates, treated = _dates(subject), _treated(subject)
    first = next((place for place, name in enumerate(subject.sessions) if name in treated), len(subject.sessions))
    undated = [name for name in subject.sessions[first:] if name not in dates]
    if not undated or first == len(subject.sessions) - 1:
        return None
    return why("no_dates", subject=subject.name, sessions=", ".join(undated))


def lone_lights(subject: Subject) -> list[Reason]:
    """A warning per view and light of a single session, where the same view was photographed in another light, too.

    Crossed polarisers take away the shine, and with it much of what a standard photo shows: lights are never compared,
    and such a session would drop out without a word.
    """
    sessions: dict[tuple[str, str], set[str]] = {}
    for photo in subject.photos:
        sessions.setdefault((photo.view, photo.light), set()).add(photo.session)
    said = []
    for (view, light), mine in sessions.items():
        others = sorted(other for seen, other in sessions if seen == view and other != light)
        elsewhere = set().union(*(sessions[view, other] for other in others))
        if len(mine) == 1 and elsewhere - mine:
            names = {"session": next(iter(mine)), "light": light, "others": ", ".join(others)}
            said.append(why("lone_light", subject=subject.name, view=view, **names))
    return said


def _dates(subject: Subject) -> dict[str, date]:
    return {e.session: date.fromisoformat(e.date) for e in subject.photos if e.date}


def _treated(subject: Subject) -> set[str]:
    return {e.session for e in subject.photos if e.treatment}
