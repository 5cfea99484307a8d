"""The days on which the cameras took the photos: they date sessions whose names are silent, and contradict others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from skinimg.base.entries import PhotoEntry, Subject
from skinimg.base.errors import PhotoError
from skinimg.photo.header import read_header


def captured_on(path: Path) -> str:
    """ISO date of capture, empty where the file does not say or cannot be read: it is rejected by name when decoded."""
    try:
        return read_header(path).date
    except PhotoError:
        return ""


def dated_by_camera(subject: Subject, warnings: list[str]) -> Subject:
    """The subject with the cameras' dates for sessions that have none, where all of their photos agree.

    The order of the sessions stays; a warning says where the cameras' clocks contradict it.
    """
    days = {session: {day} for session, day in _stated(subject.photos).items()}
    taken: dict[str, set[str]] = defaultdict(set)
    for entry in subject.photos:
        if day := captured_on(entry.path):
            taken[entry.session].add(day)
    _warn_of_contradictions(subject, days, taken, warnings)
    silent = {session: next(iter(found)) for session, found in taken.items() if session not in days and len(found) == 1}
    order = [silent.get(session, "") for session in subject.sessions]
    known = [day for day in order if day]
    if len(known) < len(subject.sessions) or known != sorted(known):
        return subject  # some dates without the others tell no days, and wrong ones would tell wrong days
    return replace(subject, photos=tuple(replace(entry, date=silent[entry.session]) for entry in subject.photos))


def _stated(photos: Iterable[PhotoEntry]) -> dict[str, str]:
    return {entry.session: entry.date for entry in photos if entry.date}


def _warn_of_contradictions(
    subject: Subject, days: dict[str, set[str]], taken: dict[str, set[str]], warnings: list[str]
) -> None:
    """Say where a session's own photos were taken after those of a later session."""
    dated = [(session, taken[session]) for session in subject.sessions if taken.get(session)]
    for (one, before), (other, after) in pairwise(dated):
        if max(before) > max(after) and min(before) > min(after):
            warnings.append(
                f"{subject.name}: {one} comes before {other}, but by their cameras' clocks {one} was taken on "
                f"{min(before)} and {other} on {min(after)}. If that is wrong, correct the dates in a manifest."
            )
    for session, stated in days.items():
        if taken.get(session) and not stated & taken[session]:
            warnings.append(
                f"{subject.name}: {session} is dated {min(stated)}, but its camera's clock says {min(taken[session])}."
            )
