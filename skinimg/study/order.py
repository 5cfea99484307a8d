"""The order of sessions: by date, else by what their names say (`baseline`, `after 2 weeks`, `D-7`, `S2`, `S10`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from skinimg.base.errors import StudyError
from skinimg.study import vocabulary
from skinimg.study.dates import names_a_month, readings, sure_date, without_date
from skinimg.study.periods import PERIODS
from skinimg.study.places import INFINITE, Place, counted_from_treatment, place_of
from skinimg.study.words import NUMBER, OF_A_YEAR, bare, tells, without_list_numbers, without_shared, words_of


def baseline_doubt(names: Sequence[str]) -> str:
    """Why the first of ordered sessions cannot be the baseline by its name (`after`, `V2`, `week 4`), empty if it can.

    Day 1, week 1 and V1 are where some studies begin.
    """
    rest = [without_date(name) for name in names]
    minus = _dash_is_minus(rest)
    first, *others = (place_of(text, minus) for text in rest)
    words = words_of(rest[0])
    after = any(word in vocabulary.LAST for word in words) and not any(word in vocabulary.FIRST for word in words)
    counted = first is not None and 0 < first[1] < INFINITE and first[0] not in PERIODS
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
    told = _told(rest.values())
    places = {name: place_of(told[text], minus) for name, text in rest.items()}
    _refuse_two_readings(list(rest.values()), {rest[name]: place for name, place in places.items()})
    stated = {name for name, place in places.items() if place is not None and abs(place[1]) == INFINITE}
    others = [name for name in names if name not in stated]
    kinds = {_kind(places[name]) for name in others} - {""}
    skeletons = {tuple(re.split(r"\d+", rest[name].casefold())) for name in others}
    leading = [re.match(r"\s*(\d+)", rest[name]) for name in names]
    keys: dict[str, tuple[float, ...]] = {name: (place[1],) for name, place in places.items() if place is not None}
    if all(name in keys for name in others) and len(kinds) <= 1:
        pass
    elif (
        len(others) == 1
        and not tells(rest[others[0]])  # `before (1)`, `before - collage`
        and (vocabulary.OLD | vocabulary.NEW).isdisjoint(w for name in names for w in words_of(name))
    ):
        keys[others[0]] = (0.0,)  # between `before` and `after`; but between `old` and `new` may stand `older`
    elif len(skeletons) == 1 and len(next(iter(skeletons))) > 1 and not any(tells(rest[name]) for name in others):
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
            raise _unordered([one, other], first if keys[one] == (-INFINITE,) else "names with different places")
    return ordered


def _told(names: Iterable[str]) -> Mapping[str, str]:
    """What names say of when, without the numbers of a list and the words that all share."""
    listed = without_list_numbers(names)
    if any(place_of(text) is None for text in listed.values()):
        listed = {text: text for text in listed}
    shorter = without_shared(listed.values())
    return {name: shorter[text] for name, text in listed.items()}


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
    first = [name for name, place in known.items() if place[1] == -INFINITE]
    earlier = [name for name, place in known.items() if -INFINITE < place[1] < 0]
    _refuse_unplaced_after(places)
    _refuse_old_beside_counted(known)
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


def _refuse_old_beside_counted(known: Mapping[str, Place]) -> None:
    """`old` beside `V1` and `V2` may hold photos of before them, or what was replaced."""
    old = [name for name in known if not (vocabulary.OLD | vocabulary.NEW).isdisjoint(words_of(name))]
    counted = [name for name, place in known.items() if abs(place[1]) < INFINITE]
    if old and counted:
        raise _unordered([*old, *counted], f"to know whether {old[0]} is a session, and of when")


def _refuse_unplaced_after(places: Mapping[str, Place | None]) -> None:
    """`after` beside `after 3 months` is the same day or the end; `final` is the end, but `EOT` may have a follow-up."""
    after = [name for name, place in places.items() if place is not None and place[1] == INFINITE]
    open_ended = [name for name in after if vocabulary.FINAL.isdisjoint(words_of(name))]
    timed = [
        name
        for name, place in places.items()
        if place is not None and 0 < place[1] < INFINITE and not vocabulary.LAST.isdisjoint(words_of(name))
    ]
    if any(not vocabulary.FOLLOWED.isdisjoint(words_of(name)) for name in timed):
        open_ended += [name for name in after if not vocabulary.ENDED.isdisjoint(words_of(name))]
    if open_ended and timed:
        raise _unordered([*open_ended, *timed], f"to know whether {open_ended[0]} is before or after {timed[0]}")


def _signed(name: str) -> tuple[str, str]:
    """Unit and sign of names like `D-7`, `day -7`, `D+7`, `D7`, `-7d`; empty for others."""
    unit, sign, _ = counted_from_treatment(name)
    return unit, sign


def _dash_is_minus(names: Iterable[str]) -> bool:
    """Whether `D-7` means seven days before: where the same unit is also written without a dash, or with a plus."""
    signs: dict[float, set[str]] = {}
    for unit, sign in map(_signed, names):
        if unit in vocabulary.DAYS:
            signs.setdefault(vocabulary.DAYS[unit], set()).add(sign)
    return any("-" in kinds and len(kinds) > 1 for kinds in signs.values())


def _kind(place: Place | None) -> str:
    """What a place counts; the zeroth of anything is comparable with everything."""
    return "" if place is None or place[1] == 0 else place[0]
