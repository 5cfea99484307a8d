"""The order of sessions: by date, else by what their names say (`baseline`, `after 2 weeks`, `D-7`, `S2`, `S10`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from skinimg.base.errors import StudyError
from skinimg.study import vocabulary
from skinimg.study.dates import begins_with_date, names_a_month, readings, sure_date, without_date
from skinimg.study.periods import PERIODS, period_of
from skinimg.study.text import plain_text
from skinimg.study.words import NUMBER, OF_A_YEAR, bare, singular, tells, without_shared, words_of

_INFINITE = float("inf")
_AT_ONCE = 1e-6  # days: after the treatment, before any time after it that is counted
Place = tuple[str, float]  # what is counted, how many; infinite for first and last words


def looks_like_session(name: str) -> bool:
    """Whether a name says by itself when it was: a date, `baseline`, `week4`, `S2`, `after 3 months`.

    A date behind something else is a session's only where the rest is one (`V1 12-01-2026`): in `Smith 1960-05-12` it
    is a birthday.
    """
    if not name.strip():
        return False
    if begins_with_date(name) or period_of(name):
        return True
    rest = without_date(name)
    return _place(rest) is not None or (tells(rest) and set(words_of(rest)) <= vocabulary.ALL)


def is_placed(name: str) -> bool:
    """Whether the whole of a name says where it stands, without a date: `after 2 weeks`, `V1 (baseline)`."""
    return _place(name) is not None


def visit_of(name: str) -> object:
    """What tells one visit from another whatever its spelling: `V1`, `v1` and `Visit 1` are one."""
    place = _place(name, dash_is_minus=True)
    return place if place is not None else plain_text(name)


def surely_session(name: str) -> bool:
    """Whether a name can be no person's: a date, `baseline`, `V1`, `week 4`; but subjects, too, are called `S1`."""
    return looks_like_session(name) and not any(word in vocabulary.SUBJECTS_TOO for word in words_of(name))


def baseline_doubt(names: Sequence[str]) -> str:
    """Why the first of ordered sessions cannot be the baseline by its name (`after`, `V2`, `week 4`), empty if it can.

    Day 1, week 1 and V1 are where some studies begin.
    """
    rest = [without_date(name) for name in names]
    minus = _dash_is_minus(rest)
    first, *others = (_place(text, minus) for text in rest)
    words = words_of(rest[0])
    after = any(word in vocabulary.LAST for word in words) and not any(word in vocabulary.FIRST for word in words)
    counted = first is not None and 0 < first[1] < _INFINITE and first[0] not in PERIODS
    later = counted and max((float(word) for word in words if NUMBER.fullmatch(word)), default=0) > 1
    if after or (later and not any(first and place and place[1] < first[1] for place in others)):
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
    told = without_shared(rest.values())
    places = {name: _place(told[text], minus) for name, text in rest.items()}
    _refuse_two_readings(list(rest.values()), {rest[name]: place for name, place in places.items()})
    stated = {name for name, place in places.items() if place is not None and abs(place[1]) == _INFINITE}
    others = [name for name in names if name not in stated]
    kinds = {_kind(places[name]) for name in others} - {""}
    skeletons = {tuple(re.split(r"\d+", rest[name].casefold())) for name in others}
    leading = [re.match(r"\s*(\d+)", rest[name]) for name in names]
    keys: dict[str, tuple[float, ...]] = {name: (place[1],) for name, place in places.items() if place is not None}
    if all(name in keys for name in others) and len(kinds) <= 1:
        pass
    elif len(others) == 1 and (vocabulary.OLD | vocabulary.NEW).isdisjoint(w for name in names for w in words_of(name)):
        keys[others[0]] = (0.0,)  # between `before` and `after`; but between `old` and `new` may stand `older`
    elif len(skeletons) == 1 and len(next(iter(skeletons))) > 1:
        counted = {name: [float(n) for n in re.findall(r"\d+", rest[name])] for name in others}
        if sum(len(set(column)) > 1 for column in zip(*counted.values(), strict=True)) > 1:
            raise _unordered(names, "names in which one number changes: two may tell people, or a day and a month")
        keys |= {name: (0.0, *numbers) for name, numbers in counted.items()}
    elif all(leading):
        if _may_be_days(rest.values()):
            raise _unordered(names, "to know whether the numbers in front count sessions, days or people")
        keys = {name: (float(match[1]),) for name, match in zip(names, leading, strict=True) if match}
    else:
        raise _unordered(names, "a number, date or known word (baseline, week4, S2, after) in every name")
    ordered = sorted(names, key=lambda name: keys[name])
    for one, other in pairwise(ordered):
        if keys[one] == keys[other]:
            first = "to know which of them comes first and is the baseline"
            raise _unordered([one, other], first if keys[one] == (-_INFINITE,) else "names with different places")
    return ordered


def _may_be_days(names: Iterable[str]) -> bool:
    """Whether leading numbers may be days of months, `10 lutego` and `12 stycznia`: beside a month or a year, or where
    they do not count from one and no word says before or after.
    """
    names, text = list(names), " ".join(names)
    numbers = sorted(int(match[1]) for name in names if (match := re.match(r"\s*(\d+)", name)))
    counted = numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
    dated = names_a_month(text) or re.search(r"(?<!\d)(19|20)\d\d(?!\d)", text)
    return bool(dated) or not (counted or any(map(tells, names)))


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
    if any(OF_A_YEAR.fullmatch(bare(name)) for name in names):
        raise _unordered(names, "calendar weeks, quarters and months with their year, or dates")
    first = [name for name, place in known.items() if place[1] == -_INFINITE]
    earlier = [name for name, place in known.items() if -_INFINITE < place[1] < 0]
    _refuse_unplaced_after(places)
    if first and earlier:
        raise _unordered([*first, *earlier], f"to know whether {first[0]} is before or after {earlier[0]}")
    forms = {name: _signed(name) for name in names}
    dashed = [
        name for name, (unit, sign) in forms.items() if unit in vocabulary.DAYS and len(unit) == 1 and sign == "-"
    ]
    if dashed and not _dash_is_minus(names) and not any(int(re.findall(r"\d+", name)[0]) == 0 for name in dashed):
        raise _unordered(names, f"to know whether the dash of {dashed[0]} is a minus (before treatment) or joins")
    signs = {sign for unit, sign in forms.values() if unit in vocabulary.COUNTED}
    if "-" in signs and "" in signs:
        raise _unordered(names, "one way of writing: a dash may be a minus or join a word and its number")


def _refuse_unplaced_after(places: Mapping[str, Place | None]) -> None:
    """`after` beside `after 3 months` is the same day or the end; `final` is the end."""
    after = [name for name, place in places.items() if place is not None and place[1] == _INFINITE]
    open_ended = [name for name in after if vocabulary.FINAL.isdisjoint(words_of(name))]
    timed = [
        name
        for name, place in places.items()
        if place is not None and 0 < place[1] < _INFINITE and not vocabulary.LAST.isdisjoint(words_of(name))
    ]
    if open_ended and timed:
        raise _unordered([*open_ended, *timed], f"to know whether {open_ended[0]} is before or after {timed[0]}")


def _signed(name: str) -> tuple[str, str]:
    """Unit and sign of names like `D-7`, `day -7`, `D+7`, `D7`, `-7d`; empty for others."""
    unit, sign, _ = _counted_from_treatment(name)
    return unit, sign


def _counted_from_treatment(name: str) -> tuple[str, str, int]:
    """Unit, sign and number of a name that is these and nothing else; the unit is empty where it is not."""
    if form := re.fullmatch(r"([^\W\d_]+)[ _]?([-+]?)[ _]?(\d+)", bare(name)):
        return singular(form[1]), form[2], int(form[3])
    if form := re.fullmatch(r"([-+]?)[ _]?(\d+)[ _]?([^\W\d_]+)", plain_text(name).strip(" _.()[]")):
        return singular(form[3]), form[1], int(form[2])
    return "", "", 0


def _dash_is_minus(names: Iterable[str]) -> bool:
    """Whether `D-7` means seven days before: where the same unit is also written without a dash, or with a plus."""
    signs: dict[float, set[str]] = {}
    for unit, sign in map(_signed, names):
        if unit in vocabulary.DAYS:
            signs.setdefault(vocabulary.DAYS[unit], set()).add(sign)
    return any("-" in kinds and len(kinds) > 1 for kinds in signs.values())


def _place(name: str, dash_is_minus: bool = False) -> Place | None:
    """Where a name says it stands; None if nowhere."""
    plain = bare(name)
    if not plain:
        return ("", -_INFINITE)  # a date without anything behind it comes before the same date with more
    if period := period_of(name):
        return period
    unit, sign, count = _counted_from_treatment(name)
    if unit in vocabulary.DAYS and (sign == "+" or (sign == "-" and dash_is_minus)):
        return ("days", count * vocabulary.DAYS[unit] * (1 if sign == "+" else -1))
    if re.fullmatch(r"[\w\s.+-]*", plain) and not OF_A_YEAR.fullmatch(plain):
        silent = vocabulary.FILLERS if tells(name) else vocabulary.FILLERS - vocabulary.COUNTED
        place = _place_of_words([word for word in words_of(name) if word not in silent])
        if place:
            return place
    return _place_behind_number(plain)


def _place_behind_number(plain: str) -> Place | None:
    """Place of `V1 (baseline)`, which counts its visits, and of `1_before` and `B after`, which say it in words."""
    counted = re.fullmatch(r"([^\W\d_]+)[ _-]?(\d+)[ _.(-]+(.+)", plain)
    if (
        counted
        and singular(counted[1]) in vocabulary.COUNTED - vocabulary.SUBJECTS_TOO
        and _place(counted[3]) is not None
    ):
        return ("visits", int(counted[2]))
    listed = re.fullmatch(r"(?:\d{1,2}|[a-z])[] _.)-]+(.+)", plain)
    place = _place(listed[1]) if listed else None
    return place if place and abs(place[1]) == _INFINITE else None


def _place_of_words(words: list[str]) -> Place | None:
    """Place that words and numbers say: `after`, `after 2 weeks`, `week 4`, `2 weeks before`, `after 2`, `S 2`."""
    numbers = [float(word) for word in words if NUMBER.fullmatch(word)]
    plain = [word for word in words if not NUMBER.fullmatch(word)]
    first, last = (sum(word in known for word in plain) for known in (vocabulary.FIRST, vocabulary.LAST))
    units = _units(plain)
    if len(words) > 1 and not (vocabulary.OLD | vocabulary.NEW).isdisjoint(plain):
        return None  # `Neu V1` is a patient's
    if last == 1 and not (numbers or first) and units and vocabulary.AT_ONCE.issuperset(units):
        return ("days", _AT_ONCE)
    if any(not number.is_integer() for number in numbers) and not vocabulary.SUBJECTS_TOO.isdisjoint(units):
        return None  # `S1.2` may be the second person of a first site
    if first > 1 or (first and last) or len(units) > 1 or len(numbers) > 1:
        return None
    if not numbers and first + last and vocabulary.COUNTED.issuperset(units):  # `before`, `first visit`, `final visit`
        return ("", -_INFINITE if first else _INFINITE)
    if not numbers or not (units or last) or (not first + last and not vocabulary.DATES_TOO.isdisjoint(units)):
        return None
    if first and units and not NUMBER.fullmatch(words[0]):
        return None  # `D8 pre` is day 8, before the dose of that day; `8 days before` is not
    if not units or (units[0] in vocabulary.COUNTED and not first):
        return ("visits", numbers[0]) if not first else None
    return (
        ("days", numbers[0] * vocabulary.DAYS[units[0]] * (-1 if first else 1)) if units[0] in vocabulary.DAYS else None
    )


def _units(words: list[str]) -> list[str]:
    """What is counted: of `visit week 4` and `T 24 hours` the time."""
    units = [word for word in words if word not in vocabulary.FIRST and word not in vocabulary.LAST]
    timed = [word for word in units if word in vocabulary.DAYS]
    counted = vocabulary.COUNTED - vocabulary.SUBJECTS_TOO
    return timed if len(timed) == 1 and counted.issuperset(set(units) - set(timed)) else units


def _kind(place: Place | None) -> str:
    """What a place counts; the zeroth of anything is comparable with everything."""
    return "" if place is None or place[1] == 0 else place[0]
