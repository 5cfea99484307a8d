"""The order of sessions: by date, else by what their names say (`baseline`, `after 2 weeks`, `D-7`, `S2`, `S10`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from skinimg.base.errors import StudyError
from skinimg.study.dates import after_date, leading_date, readings


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that name a place in a series by themselves: English, German, French, Spanish, Italian, Portuguese; no accents.
_FIRST = _words(
    "baseline base bl basal before pre preop initial start screening vorher vor avant antes prima inizio "
    "inicio pretreatment preoperative praeop"
)
_LAST = _words(
    "after post postop final end last nachher nach apres dopo fine despues depois fim posttreatment "
    "postoperative follow followup fu"
)
# Words that say nothing about when.
_FILLERS = _words(
    "treatment tx op surgery procedure laser peel session of the therapy behandlung therapie traitement "
    "tratamiento trattamento tratamento later spaeter photo photos fotos foto up"
)
# Words that count time, in days; a week-4 photo can then be told from a month-3 photo.
_DAYS = {
    word: days
    for days, words in (
        (1.0, "day d j jour tag dia giorno giorni tage"),
        (7.0, "week wk w sem semaine woche wochen semana settimana settimane kw"),
        (30.44, "month mo m mois monat monate mes meses mese mesi"),
        (365.25, "year y yr jahr jahre an ano anno anni"),
    )
    for word in words.split()
}
# Words that count visits.
_COUNTED = _words(
    "s session v visit t tp time timepoint seance sitting treatment sitzung besuch visite visita sesion "
    "sessao seduta termin n nr no"
)
_INFINITE = float("inf")
Place = tuple[str, float]  # what is counted, how many; infinite for first and last words


def looks_like_session(name: str) -> bool:
    """Whether a name says by itself when it was: a date, `baseline`, `week4`, `S2`, `after 3 months`."""
    return bool(readings(name)) or _place(name) is not None


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
    if any(readings(name) for name in names) or in_order != sorted(in_order):
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
    rest = {name: after_date(name) for name in names}
    minus = _dash_is_minus(rest.values())
    places = {name: _place(text, minus) for name, text in rest.items()}
    stated = {name for name, place in places.items() if place is not None and abs(place[1]) == _INFINITE}
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


def _dash_is_minus(names: Iterable[str]) -> bool:
    """Whether `D-7` means seven days before: where the same unit is also written without a dash, or with a plus."""
    forms = [re.fullmatch(r"([^\W\d_]+)([-+]?)\d+", _plain(name)) for name in names]
    signs: dict[str, set[str]] = {}
    for form in forms:
        if form and form[1].removesuffix("s") in _DAYS:
            signs.setdefault(form[1], set()).add(form[2])
    return any("-" in kinds and len(kinds) > 1 for kinds in signs.values())


def _place(name: str, dash_is_minus: bool = False) -> Place | None:
    """Where a name says it stands; None if nowhere."""
    plain = _plain(name)
    if not plain:
        return ("", -_INFINITE)  # a date without anything behind it comes before the same date with more
    signed = re.fullmatch(r"([^\W\d_]+)[ _]?([-+])(\d+)", plain)
    if signed and signed[1].removesuffix("s") in _DAYS and (dash_is_minus or signed[2] == "+"):
        days = int(signed[3]) * _DAYS[signed[1].removesuffix("s")]
        return ("days", days if signed[2] == "+" else -days)
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    if re.fullmatch(r"[\w\s.+-]*", plain) is None:
        return None
    tells = any(word in _FIRST or word in _LAST for word in words)  # `before treatment`, but `treatment 3`
    return _place_of_words([word for word in words if word not in _FILLERS or (word in _COUNTED and not tells)])


def _place_of_words(words: list[str]) -> Place | None:
    """Place that words and numbers say: `after`, `after 2 weeks`, `week 4`, `2 weeks before`, `after 2`, `S 2`."""
    numbers = [int(word) for word in words if word.isdecimal()]
    plain = [word for word in words if not word.isdecimal()]
    first, last = (sum(word in known for word in plain) for known in (_FIRST, _LAST))
    units = [word for word in plain if word not in _FIRST and word not in _LAST]
    if first > 1 or (first and last) or len(units) > 1 or len(numbers) > 1:
        return None
    if not units and not numbers and first + last:
        return ("", -_INFINITE if first else _INFINITE)
    if not numbers or not (units or last):
        return None
    if not units:
        return ("visits", numbers[0]) if not first else None
    for form in (units[0], units[0].removesuffix("s")):
        if form in _COUNTED and not first + last:
            return ("visits", numbers[0])
        if form in _DAYS:
            return ("days", numbers[0] * _DAYS[form] * (-1 if first else 1))
    return None


def _kind(place: Place | None) -> str:
    """What a place counts; the zeroth of anything is comparable with everything."""
    return "" if place is None or place[1] == 0 else place[0]


def _plain(name: str) -> str:
    """Lower case without accents and without signs at the ends."""
    folded = unicodedata.normalize("NFC", name).casefold().strip(" _-.").replace("ä", "ae")
    return "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
