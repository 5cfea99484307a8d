"""What names mean: the order of sessions, view and light in a file name, folder names that every system accepts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import StudyError

# Words that name a place in a series by themselves.
FIRST_WORDS = ("baseline", "base", "bl", "before", "pre", "initial", "start", "screening", "vorher", "avant")
LAST_WORDS = ("after", "post", "final", "end", "last", "nachher", "apres", "après")
# Words that count time, in days; a week-4 photo can then be told from a month-3 photo.
DAYS_OF = {
    word: days
    for days, words in (
        (1.0, "day d j jour tag"),
        (7.0, "week wk w sem semaine woche"),
        (30.44, "month mo m mois monat"),
        (365.25, "year y"),
    )
    for word in words.split()
}
# Words that count visits.
COUNTED = ("s", "session", "v", "visit", "t", "tp", "time", "timepoint", "seance", "séance", "sitting", "treatment")

VIEW_WORDS = {
    "front": "front frontal f face center centre anterior",
    "left45": "left45 l45 45l 45left left_45 l_45 45_l 45_left left_oblique oblique_left leftoblique",
    "right45": "right45 r45 45r 45right right_45 r_45 45_r 45_right right_oblique oblique_right rightoblique",
    "left": "left l left90 l90 leftprofile profileleft left_profile profile_left left_90",
    "right": "right r right90 r90 rightprofile profileright right_profile profile_right right_90",
    "closeup": "closeup close_up macro detail zoom dermoscopy",
}
LIGHT_WORDS = {
    "standard": "standard std visible nonpolarized unpolarized",
    "cross_polarized": "cross_polarized cross_polarised cross_pol crosspolarized crosspol cross xpol xp cpol cpl cp",
    "parallel_polarized": "parallel_polarized parallel_polarised parallel_pol parallelpolarized parallel ppol pp",
    "uv": "uv ultraviolet uvf",
}
_VIEWS = {word: view for view, words in VIEW_WORDS.items() for word in words.split()}
_LIGHTS = {word: light for light, words in LIGHT_WORDS.items() for word in words.split()}
_ISO = re.compile(r"(\d{4})([-_.]?)(\d{2})\2(\d{2})(?!\d)")
_STAMP = re.compile(r"(?:[a-z]{2,4}[-_])?(\d{8})[-_](?:\d{6,9}|wa\d+)(?!\d)", re.IGNORECASE)  # PXL_20240105_101112345
_TOKEN = re.compile(r"[^_\s-]+")


@dataclass(frozen=True)
class PhotoName:
    """What the stem of a photo's file name says; empty or None where it says nothing."""

    session: str
    view: str = ""
    light: str = ""
    replicate: int | None = None


def parse_stem(stem: str) -> PhotoName:
    """Read `<session>_<view>[_<light>][_<replicate>]` from the right; the session may hold separators itself.

    A bare number counts as a replicate only behind a view or a light (`S1_front_2`), else it belongs to the session
    (`week_4`); `r2` and `rep2` are always replicates.
    """
    tokens = list(_TOKEN.finditer(stem))
    words = [match.group().casefold().rstrip("°") for match in tokens]
    replicate = _replicate(words)
    end, view, light = len(words) - (replicate is not None), "", ""
    while (used := _known_word(words, end)) > 0:
        word = "_".join(words[end - used : end])
        if word in _LIGHTS and not light:
            light = _LIGHTS[word]
        elif word in _VIEWS and not view:
            view = _VIEWS[word]
        else:
            break
        end -= used
    session = stem[: tokens[end - 1].end()] if end else ""
    return PhotoName(session.strip(" _-"), view, light, replicate)


def _replicate(words: Sequence[str]) -> int | None:
    """Number of the shot if the last word states one."""
    if not words or words[-1] in _VIEWS:
        return None
    if match := re.fullmatch(r"(?:rep|replicate|r)0*([1-9]\d?)", words[-1]):
        return int(match[1])
    # Behind a view or light, but not as its second word: `left_45` is no 45th shot of the left profile.
    bare = re.fullmatch(r"0*[1-9]\d?", words[-1]) and not _known_word(words, len(words))
    return int(words[-1]) if bare and _known_word(words, len(words) - 1) else None


def _known_word(words: Sequence[str], end: int) -> int:
    """How many words before `end` name a view or a light: 2, 1 or 0."""
    for count in (2, 1):
        if end >= count and "_".join(words[end - count : end]) in _VIEWS | _LIGHTS:
            return count
    return 0


def leading_date(name: str) -> str:
    """ISO date at the start of a session's name (2024-01-05, 20240105, 2024_01_05), empty if there is none."""
    match = _ISO.match(name)
    if match is None or not "1950" <= match[1] <= "2100":
        return ""
    try:
        return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    except ValueError:
        return ""


def stamped_date(stem: str) -> str:
    """ISO date in a file name that a phone made of date and time, empty in other names."""
    match = _STAMP.match(stem)
    return leading_date(match[1]) if match else ""


def looks_like_session(name: str) -> bool:
    """Whether a name says by itself when it was: a date, `baseline`, `week4`, `S2`, `after`."""
    return bool(leading_date(name)) or _place(name) is not None


def order_sessions(names: Sequence[str], dates: Mapping[str, str]) -> tuple[str, ...]:
    """Sessions from first to last.

    By date (given in `dates`, or at the start of the name) where every session has one; else by what the names say:
    `baseline` first, `after` last, days, weeks and months by their length, else numbers (S2 before S10).

    Raises
    ------
    StudyError
        Only some have dates and the rest does not follow; names without number or known word; two with the same place.
    """
    known = {name: dates.get(name) or leading_date(name) for name in names}
    if len(names) < 2:
        return tuple(names)
    if all(known.values()):
        ordered: list[str] = []
        for day in sorted(set(known.values())):
            ordered += _order_by_name([name for name in names if known[name] == day])
        return tuple(ordered)
    ordered = _order_by_name(list(names))
    in_order = [known[name] for name in ordered if known[name]]
    if any(leading_date(name) for name in names) or in_order != sorted(in_order):
        undated = [name for name in names if not known[name]]
        raise StudyError(
            "sessions cannot be ordered",
            found=f"dates for {', '.join(n for n in names if known[n])}, none for {', '.join(undated)}",
            needed="a date for every session, or names that agree with the dates that are there",
            next_step="Fill the column `date` of a manifest (`skinimg manifest FOLDER` writes one).",
        )
    return tuple(ordered)


def _order_by_name(names: list[str]) -> list[str]:
    """Order names by the places that they state, else by their numbers where they are otherwise alike."""
    if len(names) < 2:
        return names
    rest = {name: name[len(match.group()) :] if (match := _ISO.match(name)) else name for name in names}
    places = {name: _place(text) for name, text in rest.items()}
    stated = {name: place for name, place in places.items() if place is not None and abs(place[1]) == float("inf")}
    others = [name for name in names if name not in stated]
    kinds = {_kind(places[name]) for name in others} - {""}
    skeletons = {re.sub(r"\d+", "#", rest[name].casefold()) for name in others}
    leading = [re.match(r"\s*(\d+)", rest[name]) for name in names]
    keys: dict[str, tuple[float, ...]] = {name: (place[1],) for name, place in places.items() if place is not None}
    if all(name in keys for name in others) and len(kinds) <= 1:
        pass
    elif len(others) == 1:
        keys[others[0]] = (0.0,)
    elif len(skeletons) == 1 and "#" in next(iter(skeletons)):
        keys |= {name: (0.0, *(float(n) for n in re.findall(r"\d+", rest[name]))) for name in others}
    elif all(leading):
        keys = {name: (float(match[1]),) for name, match in zip(names, leading, strict=True) if match}
    else:
        raise _unordered(names, "a number, date or known word (baseline, week4, S2, after) in every name")
    ordered = sorted(names, key=lambda name: keys[name])
    for one, other in pairwise(ordered):
        if keys[one] == keys[other]:
            raise _unordered([one, other], "names with different places")
    return ordered


def _unordered(names: Sequence[str], needed: str) -> StudyError:
    listed = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    return StudyError(
        "sessions cannot be ordered",
        found=listed,
        needed=needed,
        next_step="Rename them, or give dates in a manifest (`skinimg manifest FOLDER` writes one to correct).",
    )


def _place(name: str) -> tuple[str, float] | None:
    """Where a name says it stands: (what is counted, how many); infinite for first and last words; None if nowhere."""
    word = unicodedata.normalize("NFC", name).casefold().strip(" _-.")
    if not word:
        return ("", -float("inf"))  # a date without anything behind it comes before the same date with more
    letters = re.fullmatch(r"([^\W\d_]+)", word)
    if letters:
        if word in FIRST_WORDS:
            return ("", -float("inf"))
        return ("", float("inf")) if word in LAST_WORDS else None
    match = re.fullmatch(r"([^\W\d_]+)[ _-]?(\d+)", word)
    unit, number = (match[1], int(match[2])) if match else ("", 0)
    if match is None and (match := re.fullmatch(r"(\d+)[ _-]?([^\W\d_]+)", word)):
        unit, number = match[2], int(match[1])
    for form in (unit, unit.removesuffix("s")) if unit else ():
        if form in COUNTED:
            return ("visits", number)
        if form in DAYS_OF:
            return ("days", number * DAYS_OF[form])
    return None


def _kind(place: tuple[str, float] | None) -> str:
    """What a place counts; the zeroth of anything is comparable with everything."""
    return "" if place is None or place[1] == 0 else place[0]


def view_key(entry: PhotoEntry) -> str:
    """Name of a view in paths: `front`, or `front_cross_polarized` for another light than standard."""
    return entry.view if entry.light == "standard" else f"{entry.view}_{entry.light}"


def session_key(entry: PhotoEntry) -> str:
    """Name of a shot in paths: the session, or `SESSION_r2` for its second replicate."""
    return entry.session if entry.replicate == 1 else f"{entry.session}_r{entry.replicate}"


_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_MAX_BYTES = 100  # file systems allow 255; room is left for suffixes


def safe_name(name: str) -> str:
    """A readable folder name for any text, valid on Linux, macOS and Windows; different texts give different names.

    Letters and digits of every script stay; a name that had to be changed carries eight digits of its hash.
    """
    text = unicodedata.normalize("NFC", name)
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in "-_." else "_" for c in text).strip("._")
    short = kept.encode()[:_MAX_BYTES].decode(errors="ignore")
    # A name that looks as if it carried a hash gets its own, or it could meet the changed form of another.
    if name and short == name and not _RESERVED.fullmatch(short) and not re.search(r"-[0-9a-f]{8}$", short):
        return short
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{'_' if _RESERVED.fullmatch(short) else ''}{short}-{mark}" if short else f"unnamed-{mark}"
