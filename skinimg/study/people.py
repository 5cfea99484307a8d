"""People in the names of photos that lie in one folder: `P01_V1_front.jpg`, `V1-P01.jpg`, `Anna Smith before.jpg`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from skinimg.base.errors import StudyError
from skinimg.study import vocabulary
from skinimg.study.dates import begins_with_date, stamped_date, sure_date, without_date
from skinimg.study.names import clean_name, parse_stem, without_separators
from skinimg.study.places import is_dated, is_placed, looks_like_session, surely_session

# Parts of the face, which photos are named after, too: `left_cheek_S1` is no person.
_PARTS_OF_FACE = (
    "left right links rechts gauche droite izquierda derecha sinistra destra esquerda direita side profile profil "
    "perfil profilo cheek cheeks chin forehead nose eye eyes mouth lip lips neck smile joue front menton nez cou wange "
    "kinn stirn nase hals mejilla frente nariz guancia fronte naso mento bochecha testa queixo"
)


@dataclass(frozen=True)
class _Parts:
    person: str
    session: str
    session_first: bool


def people_in_names(stems: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(person, session) of every stem where all of them hold both, else empty.

    A part that all names share may be a person or a word (`IMG`, `photo`). Several parts are people only where one of
    them, or one of the sessions, comes twice: `A_before` and `B_after` are one person's list.

    Raises
    ------
    StudyError
        Numbers behind the sessions, which may be people or repeat shots: `T0_1`, `T0_2`, `T1_1`.
    """
    told: dict[str, _Parts] = {}
    for stem in stems:
        parts = _split(parse_stem(stem).session)
        if parts is None:
            return {}
        told[stem] = parts
    told = _with_dates_of_birth(told)
    pairs = {(clean_name(parts.person), clean_name(parts.session)) for parts in told.values()}
    people, sessions = {person for person, _ in pairs}, {session for _, session in pairs}
    if len(people) == 1 and next(iter(people)).isdecimal():
        return {}  # `1-1015-2022`: whatever it counts
    if all(re.fullmatch(r"(19|20)\d\d", person) for person in people):
        return {}  # `2025-W52`, `2026-W03`: years
    if len(people) == len(pairs) == len(sessions) and len(pairs) > 1:
        return {}
    if len(people) > 1 and all(parts.session_first for parts in told.values()):
        if all(person.strip("()[]#").isdecimal() for person in people):
            raise StudyError(
                "the numbers behind the sessions may be people or repeat shots",
                found=", ".join(sorted(told)[:6]),
                needed="a folder for each person, or repeat shots named like T0_front_1, T0_front_2",
                next_step="Rename them, or write a manifest (`skinimg manifest FOLDER` drafts one).",
            )
        if not all(re.search(r"\d", person) for person in people):
            return {}  # `S1_chin`, `S2_smile`: what the photo shows, as often as who
    return {stem: (parts.person, parts.session) for stem, parts in told.items()}


def _with_dates_of_birth(told: dict[str, _Parts]) -> dict[str, _Parts]:
    """With the date that all visits of a person share as part of the person: `Miller_19850312_V1`, `Miller_19850312_V2`.

    It dates no visit, as the visits would then be of one day, and is most often of birth.
    """
    sessions: dict[str, set[str]] = defaultdict(set)
    for parts in told.values():
        sessions[parts.person].add(parts.session)
    for theirs in sessions.values():
        dates = {sure_date(session) if begins_with_date(session) else "" for session in theirs}
        visits = {without_date(session) for session in theirs}
        if len(dates) > 1 or dates == {""} or len(visits) < len(theirs) or not all(map(is_placed, visits)):
            return told
    if max(map(len, sessions.values()), default=0) < 2:
        return told
    return {stem: _dated_person(parts) for stem, parts in told.items()}


def _dated_person(parts: _Parts) -> _Parts:
    visit = without_separators(without_date(parts.session))
    visit = parts.session[len(parts.session) - len(visit) :]  # as it is spelt
    born = without_separators(parts.session.removesuffix(visit))
    return replace(parts, person=f"{parts.person}_{born}", session=visit)


def refuse_people_beside_dates(names: Sequence[str]) -> None:
    """StudyError where names are dates with other words each: `2026-01-12 Anna`, `2026-02-10 Ben`."""
    names = [name for name in names if not stamped_date(name)]  # by a phone or a messenger, not by a person
    beside = {name: " ".join(re.findall(r"[^\W_]+", without_date(name).casefold())) for name in names}
    told = {words for name, words in beside.items() if without_date(name) != name and _may_be_a_person(words)}
    if len(told) > 1 and told == set(beside.values()):
        raise StudyError(
            "what stands beside the dates may be people",
            found=", ".join(sorted(beside)[:6]),
            needed="a folder for each person, or names that say when and nothing else",
            next_step="Rename them, or write a manifest (`skinimg manifest FOLDER` drafts one).",
        )


def _may_be_a_person(words: str) -> bool:
    """Whether words hold one that is neither of time nor of treatment nor a part of the face."""
    letters = set(re.findall(r"[^\W\d_]+", words))
    return not is_placed(words) and not letters <= vocabulary.ALL | vocabulary.WEEKDAYS | set(_PARTS_OF_FACE.split())


def _split(text: str) -> _Parts | None:
    """Person and session of a name; None where it does not hold both, or may be read in two ways."""
    if (
        not text
        or is_placed(text)
        or is_dated(text)
        or stamped_date(text)
        or not re.search(r"[^\W_]", without_date(text))
    ):
        return None
    cuts = [(match.start(), match.end()) for match in re.finditer(r"[_\s-]+", text)]
    if not cuts:
        cuts = [(match.end(), match.end()) for match in re.finditer(r"\d(?=[^\W\d_])", text)]  # P01V1
    behind = [
        _Parts(text[:start], text[end:], session_first=False)
        for start, end in cuts
        if _says_when(text[end:]) and not surely_session(text[:start])
    ]
    before = [
        _Parts(text[end:], text[:start], session_first=True)
        for start, end in reversed(cuts)
        if looks_like_session(text[:start]) and not looks_like_session(text[end:])
    ]
    found = [] if behind and before else behind or before
    words = set(re.findall(r"[^\W\d_]+", found[0].person.casefold())) if found else set()
    return found[0] if found and words.isdisjoint({*_PARTS_OF_FACE.split(), *vocabulary.ARMS}) else None


def _says_when(text: str) -> bool:
    """Whether a text says when, and no number before it belongs to the person: `patient 1 baseline`."""
    numbered = re.match(r"(\d+|[a-z])[ _.)-]+", text, re.IGNORECASE)
    rest = text[numbered.end() :] if numbered and not begins_with_date(text) else ""
    return looks_like_session(text) and not (rest and is_placed(rest))
