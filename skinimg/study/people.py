"""People in the names of photos that lie in one folder: `P01_V1_front.jpg`, `V1-P01.jpg`, `Anna Smith before.jpg`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skinimg.study.dates import stamped_date, without_date
from skinimg.study.names import clean_name, parse_stem
from skinimg.study.order import is_placed, looks_like_session, surely_session


def people_in_names(stems: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(person, session) of every stem where all of them hold both, else empty.

    A part that all names share may be a person or a word (`IMG`, `photo`). Several parts are people only where one of
    them, or one of the sessions, comes twice: `A_before` and `B_after` are one person's list.
    """
    told: dict[str, tuple[str, str]] = {}
    for stem in stems:
        parts = _split(parse_stem(stem).session)
        if parts is None:
            return {}
        told[stem] = parts
    pairs = {(clean_name(person), clean_name(session)) for person, session in told.values()}
    people, sessions = {person for person, _ in pairs}, {session for _, session in pairs}
    listed = len(people) == len(pairs) == len(sessions) and len(pairs) > 1
    return {} if listed else told


def _split(text: str) -> tuple[str, str] | None:
    """(person, session) of a name; None where it does not hold both, or may be read in two ways."""
    if not text or is_placed(text) or stamped_date(text) or not re.search(r"[^\W_]", without_date(text)):
        return None
    cuts = [(match.start(), match.end()) for match in re.finditer(r"[_\s-]+", text)]
    if not cuts:
        cuts = [(match.end(), match.end()) for match in re.finditer(r"\d(?=[^\W\d_])", text)]  # P01V1
    behind = [
        (text[:start], text[end:])
        for start, end in cuts
        if looks_like_session(text[end:]) and not surely_session(text[:start])
    ]
    before = [
        (text[end:], text[:start])
        for start, end in reversed(cuts)
        if looks_like_session(text[:start]) and not looks_like_session(text[end:])
    ]
    found = (behind or before)[:1] if not (behind and before) else []
    return found[0] if found else None
