"""What a file name says of session, view and light, and folder names that every system accepts."""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from skinimg.base.entries import PhotoEntry
from skinimg.photo.header import NOT_READ, READ
from skinimg.study.places import looks_like_session

_SIDES = {
    "left": "left l links linke gauche izquierda izquierdo izq izqda sinistra sinistro sx esquerda esquerdo esq слева 左 左侧 "
    "左側 좌측",
    "right": "right r rechts rechte droite droit derecha derecho der dcha destra destro dx direita direito dir справа 右 右侧 "
    "右側 우측",
}
_TURNS = {  # between the frontal view and the profile, and the profile
    "45": "45 oblique oblicuo oblicua obliqua obliquo halbprofil three_quarter three_quarters threequarter 3_4 "
    "dreiviertel trois_quart trois_quarts tres_cuartos tre_quarti tres_quartos",
    "": "90 profile profil perfil profilo lateral lat side view seite ansicht lado vista cote côté vue lato",
}


def _turned(side: str, turn: str) -> str:
    """A side and a turn in either order, apart or in one word: `left_45`, `45l`, `profil_links`."""
    pairs = [(one, two) for one in _SIDES[side].split() for two in _TURNS[turn].split()]
    return " ".join(form for a, b in pairs for form in (f"{a}_{b}", f"{b}_{a}", f"{a}{b}", f"{b}{a}"))


VIEW_WORDS = {
    "front": "front frontal f face center centre anterior vorne vorn frontale frente de_face front_view frontal_view "
    "vista_frontal vista_frontale vue_de_face frontansicht przód przodem 正面 정면 анфас",
    "left45": _turned("left", "45"),
    "right45": _turned("right", "45"),
    "left": f"{_SIDES['left']} {_turned('left', '')} profil_g perfil_i",
    "right": f"{_SIDES['right']} {_turned('right', '')} profil_d perfil_d",
    "closeup": "closeup close_up macro detail zoom dermoscopy nahaufnahme makro",
}
LIGHT_WORDS = {
    "standard": "standard std visible nonpolarized unpolarized",
    "cross_polarized": "cross_polarized cross_polarised cross_pol crosspolarized crosspol cross xpol xp cpol cpl cp",
    "parallel_polarized": "parallel_polarized parallel_polarised parallel_pol parallelpolarized parallel ppol pp",
    "uv": "uv ultraviolet uvf",
}
_VIEWS = {word: view for view, words in VIEW_WORDS.items() for word in words.split()}
_LIGHTS = {word: light for light, words in LIGHT_WORDS.items() for word in words.split()}
_CLEAR = (
    "front frontal left45 l45 45l left_45 right45 r45 45r right_45 closeup close_up xpol ppol cross_polarized "
    "parallel_polarized crosspol cross_pol"
)
# Names of a clinic or of a family as often as views or lights; and short ones are initials or names, but for these.
_NO_FOLDERS = frozenset({"center", "centre", "cross", "parallel"})
_SHORT_FOLDERS = frozenset({"uv", "l45", "r45", "45l", "45r"})
_TOKEN = re.compile(r"[^_\s-]+")


@dataclass(frozen=True)
class PhotoName:
    """What the stem of a photo's file name says; empty or None where it says nothing."""

    session: str
    view: str = ""
    light: str = ""
    replicate: int | None = None


def clean_name(text: str) -> str:
    """A subject's or session's name as people see it: composed letters, no invisible characters, single spaces.

    A zero-width space from a web page would make a second subject of the same person.
    """
    seen = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
    return sys.intern(" ".join("".join(seen).split()))  # a session's name comes back in every row


def photo_stem(path: Path) -> str:
    """Name of a photo without its extension, nor a second one, which hidden extensions make: `front.jpg.jpg`."""
    stem = path.stem
    while (inner := Path(stem)).suffix.casefold() in READ | NOT_READ:
        stem = inner.stem
    return stem


def without_separators(text: str) -> str:
    """Without blanks, dots, dashes and underscores at the ends, but with a dash before a number, which may be a minus."""
    return re.sub(r"^[ _.-]*?(?=-\d|[^ _.-]|$)", "", text, count=1).rstrip(" _.-")


def view_named(text: str) -> str:
    """The view that a text names (`L45`, `left oblique`, `links`), empty for other texts."""
    return _VIEWS.get(_words_of(text), "")


def light_named(text: str) -> str:
    """The light that a text names (`xpol`, `cross polarized`), empty for other texts."""
    return _LIGHTS.get(_words_of(text), "")


def _words_of(text: str) -> str:
    return "_".join(match.group().casefold().rstrip("°") for match in _TOKEN.finditer(text))


def names_a_view(folder: str) -> bool:
    """Whether a folder's name is a view or a light and nothing else: it holds photos of what lies around it."""
    known, name = view_named(folder) or light_named(folder), folder.casefold()
    return bool(known) and name not in _NO_FOLDERS and (len(name) > 3 or name in _SHORT_FOLDERS)


def photo_name(path: Path) -> PhotoName:
    """What the name of a photo says, and of view and light where it is silent, that of a folder `left` or `uv`."""
    said, folder = parse_stem(photo_stem(path)), path.parent.name
    if not names_a_view(folder):
        return said
    return replace(said, view=said.view or view_named(folder), light=said.light or light_named(folder))


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
    view, session = (view, session) if view else _taken_out(session, _VIEWS)
    light, session = (light, session) if light else _taken_out(session, _LIGHTS)
    return PhotoName(without_separators(session), view, light, replicate)


def _taken_out(text: str, known: dict[str, str]) -> tuple[str, str]:
    """What a word before the session says (`front_S1`, `P01_front_V1`), and the text without it."""
    tokens = list(_TOKEN.finditer(text))
    words = [match.group().casefold() for match in tokens]
    for start in range(len(words) - 1):
        for count in (3, 2, 1):
            word = "_".join(words[start : start + count])
            if word not in known or start + count >= len(words):
                continue
            behind = text[tokens[start + count].start() :]
            rest = text[: tokens[start].start()] + behind
            # `left_cheek` is no left profile, `f` may be a name, and `vor der 2. Behandlung` names no side.
            if word in _CLEAR.split() or (len(word) > (3 if start else 1) and looks_like_session(behind)):
                return known[word], rest
    return "", text


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
    """How many words before `end` name a view or a light: 3 to 0."""
    for count in (3, 2, 1):
        if end >= count and "_".join(words[end - count : end]) in _VIEWS | _LIGHTS:
            return count
    return 0


class _InView(Protocol):
    """A photo, or a row of a table about photos."""

    @property
    def view(self) -> str: ...
    @property
    def light(self) -> str: ...


def view_key(one: _InView) -> str:
    """Name of a view in paths: `front`, or `front_cross_polarized` for another light than standard."""
    return one.view if one.light == "standard" else f"{one.view}_{one.light}"


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
