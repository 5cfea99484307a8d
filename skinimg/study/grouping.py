"""From loose photo entries to subjects with ordered sessions, or the reason why that is impossible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from skinimg.base.entries import PhotoEntry, Study, Subject
from skinimg.base.errors import StudyError
from skinimg.base.findings import LIGHTS, VIEWS
from skinimg.study.names import order_sessions, session_key, view_key


def build_study(root: Path, entries: Iterable[PhotoEntry], warnings: list[str], *, strict: bool = True) -> Study:
    """Group entries by subject and order the sessions of each.

    With `strict=False` sessions that cannot be ordered stay in the order of their names and a warning says so.

    Raises
    ------
    StudyError
        The same photo twice, two photos for one place, contradictory dates of a session, names that differ by case
        only, sessions that cannot be ordered.
    """
    by_subject: dict[str, list[PhotoEntry]] = defaultdict(list)
    for entry in entries:
        by_subject[entry.subject].append(entry)
    _refuse_case_twins(by_subject, "subjects")
    subjects = []
    for name in sorted(by_subject):
        photos = by_subject[name]
        _refuse_duplicates(name, photos)
        dates = _session_dates(name, photos)
        _refuse_case_twins(dates, f"sessions of {name}")
        try:
            order = order_sessions(list(dates), dates)
        except StudyError as error:
            if strict:
                raise StudyError(
                    f"{name}: {error.what}", found=error.found, needed=error.needed, next_step=error.next_step
                ) from error
            order = tuple(sorted(dates))
            warnings.append(f"{name}: {error}. They stand in the order of their names.")
        if by_name := _told_otherwise(order):
            warnings.append(
                f"{name}: dates and names of the sessions disagree; the dates are followed ({', '.join(order)}), so "
                f"{order[0]} is the baseline, not {by_name[0]}. Correct the dates if that is wrong"
            )
        subjects.append(Subject(name, order, tuple(sorted(photos, key=lambda e: _place(e, order)))))
    return Study(root, tuple(subjects), tuple(warnings))


def _place(entry: PhotoEntry, order: tuple[str, ...]) -> tuple[int, int, int, int]:
    return order.index(entry.session), VIEWS.index(entry.view), LIGHTS.index(entry.light), entry.replicate


def _session_dates(subject: str, photos: list[PhotoEntry]) -> dict[str, str]:
    """Date of every session, empty where none is known."""
    dates: dict[str, str] = {}
    for entry in photos:
        known = dates.get(entry.session)
        if known and entry.date and known != entry.date:
            raise StudyError(
                f"{subject}: the photos of session {entry.session} have different dates",
                found=f"{known} and {entry.date}",
                needed="one date per session",
                next_step=f"Correct the row of {entry.photo}, or give it a session of its own.",
            )
        dates[entry.session] = known or entry.date
    return dates


def _told_otherwise(order: tuple[str, ...]) -> tuple[str, ...]:
    """The order that the names alone tell, where they tell one that begins with another session; else empty."""
    try:
        by_name = order_sessions(order, {})
    except StudyError:
        return ()
    return by_name if by_name[0] != order[0] else ()


def _refuse_duplicates(subject: str, photos: list[PhotoEntry]) -> None:
    places: dict[tuple[str, str], PhotoEntry] = {}
    files: dict[Path, PhotoEntry] = {}
    for entry in photos:
        # The key of the path also finds session `S1_r2` beside the second replicate of `S1`.
        place = (session_key(entry), view_key(entry))
        twin = places.setdefault(place, entry)
        if twin is not entry:
            raise StudyError(
                f"{subject}: two photos for session {session_key(entry)}, view {view_key(entry)}",
                found=f"{twin.photo} and {entry.photo}",
                needed="one photo each",
                next_step="Give repeat shots the replicates 1, 2, ... or other views and lights their own name.",
            )
        twin = files.setdefault(entry.path, entry)
        if twin is not entry:
            raise StudyError(
                f"{subject}: one photo is listed twice",
                found=f"{entry.photo} for sessions {twin.session} and {entry.session}",
                needed="each photo once",
            )


def _refuse_case_twins(names: Iterable[str], what: str) -> None:
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            raise StudyError(
                f"two {what} differ by upper and lower case only",
                found=f"{twin} and {name}",
                needed="one spelling, or names that differ otherwise",
            )
