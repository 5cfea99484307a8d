"""From loose photo entries to subjects with ordered sessions, or the reason why that is impossible."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from skinimg.base.entries import LeftOut, PhotoEntry, Study, Subject
from skinimg.base.errors import StudyError
from skinimg.base.findings import LIGHTS, VIEWS
from skinimg.study.captured import dated_by_camera
from skinimg.study.dates import sure_date, without_date
from skinimg.study.names import session_key, view_key, without_separators
from skinimg.study.order import baseline_doubt, order_sessions
from skinimg.study.places import is_placed, visit_of
from skinimg.study.unclear import some

# Cyrillic and Greek letters in the shape of Latin ones (Unicode confusables, the common ones in lower case).
_SHAPES = str.maketrans("аеорсухіјѕһԁԛԝкмтвνοαρυκιτχε", "aeopcyxijshdqwkmtbvoapukitxe")


def build_study(
    root: Path,
    entries: Iterable[PhotoEntry],
    warnings: list[str],
    *,
    left_out: tuple[LeftOut, ...] = (),
    strict: bool = True,
) -> Study:
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
    _refuse(_case_twin(by_subject, "subjects", _as_seen), warnings, strict=strict)
    subjects = []
    for name in sorted(by_subject):
        photos = by_subject[name]
        _refuse(_duplicate(name, photos), warnings, strict=strict)
        dates = _session_dates(name, photos)
        _refuse(_case_twin(dates, f"sessions of {name}", _shapes), warnings, strict=strict)
        try:
            order = order_sessions(list(dates), dates)
        except StudyError as error:
            if strict:
                raise StudyError(
                    f"{name}: {error.what}", found=error.found, needed=error.needed, next_step=error.next_step
                ) from error
            order = tuple(sorted(dates))
            warnings.append(f"{name}: {error} They stand in the order of their names.")
        warnings += [
            f"{name}: session {session} is dated {dates[session]}; its name says {told}. Correct the one that is wrong."
            for session in order
            if dates[session] and (told := sure_date(session)) and told != dates[session]
        ]
        if by_name := _told_otherwise(order):
            warnings.append(
                f"{name}: dates and names of the sessions disagree; the dates are followed ({', '.join(order)}), so "
                f"{order[0]} is the baseline, not {by_name[0]}. Correct the dates if that is wrong"
            )
        subject = Subject(name, order, tuple(sorted(photos, key=lambda e: _place(e, order))))
        subjects.append(dated_by_camera(subject, warnings))
        warnings += _in_the_future(subjects[-1])
    warnings += _spelt_otherwise(subjects)
    return Study(root, tuple(subjects), tuple(warnings), left_out)


def uncompared(study: Study) -> tuple[str, ...]:
    """Subjects with one session, and follow-ups without a photo of a view that the baseline has: nothing to compare."""
    said = [*study.lost]
    for subject in study.subjects:
        baseline, *later = subject.sessions
        views = {view_key(entry) for entry in subject.photos if entry.session == baseline}
        if not later:
            said.append(f"{subject.name}: one session only ({baseline}), nothing to compare with. Add a later session.")
            continue
        if doubt := baseline_doubt(subject.sessions):
            said.append(f"{subject.name}: {doubt}")
        said += [
            f"{subject.name}: {session} shows no view that {baseline} shows. Add the missing photo."
            for session in later
            if not views & {view_key(entry) for entry in subject.photos if entry.session == session}
        ]
        followed = {view_key(entry) for entry in subject.photos if entry.session != baseline}
        said += [
            f"{subject.name}: no later session shows {view}, as {baseline} does." for view in sorted(views - followed)
        ]
        said += [
            f"{subject.name}: {baseline} does not show {view}, as later sessions do."
            for view in sorted(followed - views)
        ]
    said += _visits_of_others(study)
    if len(study.subjects) > 1 and all(len(subject.sessions) == 1 for subject in study.subjects):
        said.append(
            "No subject has two sessions. If the folders are sessions of one person, name them S1, S2, ..., or say so in "
            "the table that `skinimg manifest FOLDER` drafts."
        )
    return tuple(said)


def _visits_of_others(study: Study) -> list[str]:
    """Sessions that most subjects have and some lack: `V3 of Ben`; dates are each subject's own."""
    said = []
    visits = {subject.name: {visit_of(session) for session in subject.sessions} for subject in study.subjects}
    have = Counter(visit for theirs in visits.values() for visit in theirs)
    for visit, session in _first_spelling(study.subjects).items():
        without = [s.name for s in study.subjects if visit not in visits[s.name] and len(s.sessions) > 1]
        if without and 2 * have[visit] >= len(study.subjects):
            said.append(
                f"{session}: no photo of {some(without)}, though {have[visit]} of {len(study.subjects)} subjects have it."
            )
    return said


def _first_spelling(subjects: Iterable[Subject]) -> dict[object, str]:
    """Visit -> how the first subject that has it writes it; sessions that are dates are left out."""
    names = [session for subject in subjects for session in subject.sessions if is_placed(session)]
    first: dict[object, str] = {}
    for session in names:
        first.setdefault(visit_of(session), session)
    return first


def _spelt_otherwise(subjects: Iterable[Subject]) -> list[str]:
    """Visits that subjects write in two ways: tables and trials, which go by the name, take them for two."""
    first = _first_spelling(subjects)
    pairs = {
        (first[visit_of(session)], session): subject.name
        for subject in subjects
        for session in subject.sessions
        if is_placed(session) and first[visit_of(session)] != session
    }
    return [
        f"{session} of {name} and {spelling} look like one visit, and a trial counts two: write them alike."
        for (spelling, session), name in pairs.items()
    ]


def _in_the_future(subject: Subject) -> list[str]:
    days = {entry.session: entry.date for entry in subject.photos if entry.date > date.today().isoformat()}
    return [
        f"{subject.name}: {session} is dated {day}, which is still to come: correct the date, or the camera's clock."
        for session, day in days.items()
    ]


def _refuse(error: StudyError | None, warnings: list[str], *, strict: bool) -> None:
    """A fault ends the reading; in a draft it becomes a warning."""
    if error is None:
        return
    if strict:
        raise error
    warnings.append(f"{error}. Correct the rows.")


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
    """The order that names without their dates tell, where they tell one that begins with another session; else empty."""
    named = {without_separators(without_date(session)): session for session in order}
    if len(named) < len(order) or not all(named):
        return ()
    try:
        by_name = [named[name] for name in order_sessions(list(named), {})]
    except StudyError:
        return ()
    return tuple(by_name) if by_name[0] != order[0] else ()


def _duplicate(subject: str, photos: list[PhotoEntry]) -> StudyError | None:
    """Two photos in one place, or one photo in two."""
    places: dict[tuple[str, str], PhotoEntry] = {}
    files: dict[Path, PhotoEntry] = {}
    for entry in photos:
        # The key of the path also finds session `S1_r2` beside the second replicate of `S1`.
        place = (session_key(entry), view_key(entry))
        twin = places.setdefault(place, entry)
        if twin is not entry:
            return StudyError(
                f"{subject}: two photos for session {session_key(entry)}, view {view_key(entry)}",
                found=f"{twin.photo} and {entry.photo}",
                needed="one photo each",
                next_step="Give repeat shots the replicates 1, 2, ... or other views and lights their own name.",
            )
        twin = files.setdefault(entry.path, entry)
        if twin is not entry:
            return StudyError(
                f"{subject}: one photo is listed twice",
                found=f"{entry.photo} for sessions {twin.session} and {entry.session}",
                needed="each photo once",
            )
    return None


def _case_twin(names: Iterable[str], what: str, seen_as: Callable[[str], str]) -> StudyError | None:
    """Two names that a person takes for one: other capitals or width, a letter of another script, `P1` and `P-01`."""
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(seen_as(name), name)
        if twin != name:
            by_case = unicodedata.normalize("NFKC", twin).casefold() == unicodedata.normalize("NFKC", name).casefold()
            return StudyError(
                f"two {what} {'differ by upper and lower case only' if by_case else 'look like one'}",
                found=f"{twin} and {name}{_foreign(twin, name)}",
                needed="one spelling, or names that differ otherwise",
            )
    return None


def _shapes(name: str) -> str:
    """A name in small letters of the Latin script where they look alike."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_SHAPES)


def _as_seen(name: str) -> str:
    """A person's name or number as a reader takes it: numbers by their value, and no signs between the parts."""
    parts = re.findall(r"\d+|[^\W\d_]+|[^\w\s.-]", _shapes(name))
    return " ".join(str(int(part)) if part.isdecimal() else part for part in parts) or _shapes(name)


def _foreign(one: str, other: str) -> str:
    """The letters of another script that make two names differ, as the eye does not see them."""
    letters = [c for name in (one, other) for c in name if ord(c.casefold()[0]) in _SHAPES]
    return f"; {letters[0]} is {unicodedata.name(letters[0])}" if letters else ""
