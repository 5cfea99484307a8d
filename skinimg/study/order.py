"""The order of sessions: by date, else by what their names say (`baseline`, `after 2 weeks`, `D-7`, `S2`, `S10`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from skinimg.base.errors import StudyError
from skinimg.study.dates import begins_with_date, month_of, names_a_month, readings, sure_date, without_date


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that name a place in a series by themselves: English, German, French, Spanish, Italian, Portuguese; no accents.
_FIRST = _words(
    "baseline base bl basal before pre preop initial initiale inicial iniziale first start screening vorher vor anfang "
    "nullmessung avant debut antes prima inizio inicio pretreatment preoperative praeop"
)
_LAST = _words(
    "after post postop final finale end last nachher nach ende apres fin dopo fine despues depois fim posttreatment "
    "postoperative follow followup fu"
)
# Words that say nothing about when.
_FILLERS = _words(
    "treatment tx op surgery procedure laser peel session sitting line of the therapy behandlung therapie traitement "
    "tratamiento tratamento trattamento later spaeter photo foto up de del della do da du des der die das il la le el"
)
# Words that count time, in days; a week-4 photo can then be told from a month-3 photo.
_DAYS = {
    word: days
    for days, words in (
        (1.0, "day d j jour tag dia giorno giorni tage tagen"),
        (7.0, "week wk w sem semaine woche wochen semana settimana settimane kw"),
        (30.44, "month mo m mois monat monate monaten mes meses mese mesi"),
        (365.25, "year y yr jahr jahre jahren an ano anno anni"),
    )
    for word in words.split()
}
# Words that count visits.
_COUNTED = _words(
    "s session v visit t tp time timepoint seance sitting treatment sitzung besuch visite visita sesion "
    "sessao seduta termin n nr no"
)
_ALL_WORDS = _FIRST | _LAST | _FILLERS | _COUNTED | _DAYS.keys() | {str(number) for number in range(100)}
_SUBJECTS_TOO = _words("s n no nr")  # `S01` is a subject as often as a session
_INFINITE = float("inf")
Place = tuple[str, float]  # what is counted, how many; infinite for first and last words


def looks_like_session(name: str) -> bool:
    """Whether a name says by itself when it was: a date, `baseline`, `week4`, `S2`, `after 3 months`.

    A date behind something else is a session's only where the rest is one (`V1 12-01-2026`): in `Smith 1960-05-12` it
    is a birthday.
    """
    if not name.strip():
        return False
    if begins_with_date(name) or month_of(name) is not None:
        return True
    rest = without_date(name)
    return _place(rest) is not None or (_tells(rest) and set(_known(rest)) <= _ALL_WORDS)


def is_placed(name: str) -> bool:
    """Whether the whole of a name says where it stands, without a date: `after 2 weeks`, `V1 (baseline)`."""
    return _place(name) is not None


def surely_session(name: str) -> bool:
    """Whether a name can be no person's: a date, `baseline`, `V1`, `week 4`; but subjects, too, are called `S1`."""
    return looks_like_session(name) and not any(word in _SUBJECTS_TOO for word in _known(name))


def baseline_doubt(names: Sequence[str]) -> str:
    """Why the first of ordered sessions cannot be the baseline by its name, empty if it can."""
    words = _known(names[0])
    if any(word in _LAST for word in words) and not any(word in _FIRST for word in words):
        return (
            f"{names[0]} is the first session that is there, and by its name it comes after another. Add the baseline."
        )
    return ""


def order_sessions(names: Sequence[str], dates: Mapping[str, str]) -> tuple[str, ...]:
    """Sessions from first to last.

    By date (given in `dates`, or at the start of the name) where every session has one; else by what the names say:
    `baseline` first, `after` last, days, weeks and months by their length, else numbers (S2 before S10).

    Raises
    ------
    StudyError
        Only some have dates and the rest does not follow; names without number or known word; two with the same place.
    """
    known = {name: dates.get(name) or sure_date(name) for name in names}
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
    rest = {name: without_date(name) for name in names}
    minus = _dash_is_minus(rest.values())
    places = {name: _place(text, minus) for name, text in rest.items()}
    _refuse_two_readings(list(rest.values()), {rest[name]: place for name, place in places.items()})
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
        counted = {name: [float(n) for n in re.findall(r"\d+", rest[name])] for name in others}
        if sum(len(set(column)) > 1 for column in zip(*counted.values(), strict=True)) > 1:
            raise _unordered(names, "names in which one number changes: two may tell people, or a day and a month")
        keys |= {name: (0.0, *numbers) for name, numbers in counted.items()}
    elif all(leading) and not any(map(names_a_month, names)):
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


def _refuse_two_readings(names: Sequence[str], places: Mapping[str, Place | None]) -> None:
    """Refuse places that people understand in two ways."""
    known = {name: place for name, place in places.items() if place is not None}
    first = [name for name, place in known.items() if place[1] == -_INFINITE]
    earlier = [name for name, place in known.items() if -_INFINITE < place[1] < 0]
    if first and earlier:
        raise _unordered([*first, *earlier], f"to know whether {first[0]} is before or after {earlier[0]}")
    forms = {name: _signed(name) for name in names}
    dashed = [name for name, (unit, sign) in forms.items() if unit in _DAYS and len(unit) == 1 and sign == "-"]
    if dashed and not _dash_is_minus(names) and not any(int(re.findall(r"\d+", name)[0]) == 0 for name in dashed):
        raise _unordered(names, f"to know whether the dash of {dashed[0]} is a minus (before treatment) or joins")
    signs = {sign for unit, sign in forms.values() if unit in _COUNTED}
    if "-" in signs and "" in signs:
        raise _unordered(names, "one way of writing: a dash may be a minus or join a word and its number")


def _signed(name: str) -> tuple[str, str]:
    """Unit and sign of names like `D-7`, `day -7`, `D+7`, `D7`; empty for others."""
    form = re.fullmatch(r"([^\W\d_]+)[ _]?([-+]?)[ _]?\d+", _plain(name))
    return (_singular(form[1]), form[2]) if form else ("", "")


def _dash_is_minus(names: Iterable[str]) -> bool:
    """Whether `D-7` means seven days before: where the same unit is also written without a dash, or with a plus."""
    signs: dict[float, set[str]] = {}
    for unit, sign in map(_signed, names):
        if unit in _DAYS:
            signs.setdefault(_DAYS[unit], set()).add(sign)
    return any("-" in kinds and len(kinds) > 1 for kinds in signs.values())


def _place(name: str, dash_is_minus: bool = False) -> Place | None:
    """Where a name says it stands; None if nowhere."""
    plain = _plain(name)
    if not plain:
        return ("", -_INFINITE)  # a date without anything behind it comes before the same date with more
    if (month := month_of(name)) is not None:
        return ("months", month)
    signed = re.fullmatch(r"([^\W\d_]+)[ _]?([-+])[ _]?(\d+)", plain)
    if signed and _singular(signed[1]) in _DAYS and (dash_is_minus or signed[2] == "+"):
        days = int(signed[3]) * _DAYS[_singular(signed[1])]
        return ("days", days if signed[2] == "+" else -days)
    if re.fullmatch(r"[\w\s.+-]*", plain):
        words = _known(name)
        place = _place_of_words([w for w in words if w not in _FILLERS or (w in _COUNTED and not _tells(name))])
        if place:
            return place
    return _place_behind_number(plain)


def _place_behind_number(plain: str) -> Place | None:
    """Place of `V1 (baseline)`, which counts its visits, and of `1_before` and `B after`, which say it in words."""
    counted = re.fullmatch(r"([^\W\d_]+)[ _-]?(\d+)[ _.(-]+(.+)", plain)
    if counted and _singular(counted[1]) in _COUNTED - _SUBJECTS_TOO and _place(counted[3].strip("()")) is not None:
        return ("visits", int(counted[2]))
    listed = re.fullmatch(r"(?:\d{1,2}|[a-z])[ _.)-]+(.+)", plain)
    place = _place(listed[1]) if listed else None
    return place if place and abs(place[1]) == _INFINITE else None


def _known(name: str) -> list[str]:
    """The words and numbers of a name, words in the singular where that is known."""
    return [_singular(word) for word in re.findall(r"[^\W\d_]+|\d+", _plain(name))]


def _singular(word: str) -> str:
    return word if word in _ALL_WORDS or word.removesuffix("s") not in _ALL_WORDS else word.removesuffix("s")


def _tells(name: str) -> bool:
    """Whether a word says before or after: `before treatment`, but `treatment 3`."""
    return any(word in _FIRST or word in _LAST for word in _known(name))


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
    if not units or (units[0] in _COUNTED and not first):
        return ("visits", numbers[0]) if not first else None
    return ("days", numbers[0] * _DAYS[units[0]] * (-1 if first else 1)) if units[0] in _DAYS else None


def _kind(place: Place | None) -> str:
    """What a place counts; the zeroth of anything is comparable with everything."""
    return "" if place is None or place[1] == 0 else place[0]


def _plain(name: str) -> str:
    """Lower case without accents and without signs at the ends."""
    folded = unicodedata.normalize("NFC", name).casefold().strip(" _-.").replace("ä", "ae")
    return "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
