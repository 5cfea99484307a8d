"""Where a name says that it stands in a series: `baseline`, `after 2 weeks`, `D-7`, `V1 (baseline)`, `session 2 pre`."""

from __future__ import annotations

import re

from skinimg.study import vocabulary
from skinimg.study.dates import begins_with_date, without_date
from skinimg.study.periods import day_of_cycle, period_of
from skinimg.study.text import plain_text
from skinimg.study.words import NUMBER, OF_A_YEAR, bare, singular, tells, words_of

INFINITE = float("inf")
_AT_ONCE = 1e-6  # days: after the treatment, before any time after it that is counted
Place = tuple[str, float]  # what is counted, how many; infinite for first and last words


def looks_like_session(name: str) -> bool:
    """Whether a name says by itself when it was: a date, `baseline`, `week4`, `S2`, `after 3 months`.

    A date behind something else is a session's only where the rest is one (`V1 12-01-2026`): in `Smith 1960-05-12` it
    is a birthday.
    """
    if not name.strip():
        return False
    if begins_with_date(name) or period_of(name) or is_dated(name):
        return True
    rest = without_date(name)
    return place_of(rest) is not None or (tells(rest) and _says_when_alone(words_of(rest)))


def _says_when_alone(words: list[str]) -> bool:
    """Whether all words are known, and a short one of time has its number: `An Na` is a person."""
    short = {word for word in vocabulary.DAYS.keys() & set(words) if len(word) < 3 and word.isascii()}
    return set(words) <= vocabulary.ALL and not (short and not any(map(NUMBER.fullmatch, words)))


def is_dated(name: str) -> bool:
    """Whether a name is a date beside words that say nothing: `Montag, 12. Januar 2026`, `photos of 2026-01-12`."""
    rest = without_date(name)
    return rest != name and vocabulary.BESIDE_DATES.issuperset(words_of(rest))


def is_placed(name: str) -> bool:
    """Whether the whole of a name says where it stands, without a date: `after 2 weeks`, `V1 (baseline)`."""
    return place_of(name) is not None


def visit_of(name: str) -> object:
    """What tells one visit from another whatever its spelling: `V1`, `v1` and `Visit 1` are one."""
    place = place_of(name, dash_is_minus=True)
    return place if place is not None else plain_text(name)


def surely_session(name: str) -> bool:
    """Whether a name can be no person's: a date, `baseline`, `V1`, `week 4`; but subjects, too, are called `S1`, and
    `1985-03-12 Miller`.
    """
    beside = (
        {word for word in words_of(without_date(name)) if not NUMBER.fullmatch(word)}
        if begins_with_date(name)
        else set()
    )
    return (
        looks_like_session(name)
        and vocabulary.SUBJECTS_TOO.isdisjoint(words_of(name))
        and (beside <= vocabulary.ALL | vocabulary.BESIDE_DATES or is_placed(name))
    )


def place_of(name: str, dash_is_minus: bool = False) -> Place | None:
    """Where a name says it stands; None if nowhere."""
    plain = bare(name)
    if not plain:
        return ("", -INFINITE)  # a date without anything behind it comes before the same date with more
    if period := period_of(name):
        return period
    if (day := day_of_cycle(name)) is not None:
        return ("cycles", day)
    unit, sign, count = counted_from_treatment(name)
    if unit in vocabulary.DAYS and (sign == "+" or (sign == "-" and dash_is_minus)):
        return ("days", count * vocabulary.DAYS[unit] * (1 if sign == "+" else -1))
    if re.fullmatch(r"[\w\s.+-]*", plain) and not OF_A_YEAR.fullmatch(plain):
        place = _place_of_words(_telling_words(name))
        if place:
            return place
    return _place_behind_number(plain)


def _telling_words(name: str) -> list[str]:
    """The words of a name without those that say nothing; what has a number is a treatment: `after laser 2`."""
    words = words_of(name)
    if not tells(name):
        return [word for word in words if word not in vocabulary.FILLERS - vocabulary.COUNTED]
    numbered = {k for k, word in enumerate(words) if NUMBER.fullmatch(word)}
    if not numbered:
        return [word for word in words if word not in vocabulary.FILLERS]
    near = {k + step for k in numbered for step in (-1, 1)}
    told = ["treatment" if k in near and w in vocabulary.TREATMENTS else w for k, w in enumerate(words)]
    return [word for word in told if word not in vocabulary.FILLERS - vocabulary.COUNTED]


def _place_behind_number(plain: str) -> Place | None:
    """Place of `V1 (baseline)`, which counts its visits, and of `1_before` and `B after`, which say it in words."""
    counted = re.fullmatch(r"([^\W\d_]+)[ _-]?(\d+)[ _.(-]+(.+)", plain)
    if (
        counted
        and singular(counted[1]) in vocabulary.COUNTED - vocabulary.SUBJECTS_TOO
        and place_of(counted[3]) is not None
    ):
        return ("visits", int(counted[2]))
    listed = re.fullmatch(r"(?:\d{1,2}|[a-z])[] _.)-]+(.+)", plain)
    place = place_of(listed[1]) if listed else None
    return place if place and abs(place[1]) == INFINITE else None


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
        return ("", -INFINITE if first else INFINITE)
    if not numbers or not (units or last) or (not first + last and not vocabulary.DATES_TOO.isdisjoint(units)):
        return None
    if units and units[0] in vocabulary.COUNTED:
        return _of_visit(numbers[0], units[0], plain)
    if first and units and not NUMBER.fullmatch(words[0]):
        return None  # `D8 pre` is day 8, before the dose of that day; `8 days before` is not
    if not units:
        return ("visits", numbers[0]) if not first else None
    return (
        ("days", numbers[0] * vocabulary.DAYS[units[0]] * (-1 if first else 1)) if units[0] in vocabulary.DAYS else None
    )


def _of_visit(number: float, unit: str, words: list[str]) -> Place | None:
    """Place of a numbered visit; `session 2 pre` stands between `session 1` and `session 2`."""
    if vocabulary.FIRST.isdisjoint(words):
        return ("visits", number)
    sure = not vocabulary.BEFORE.isdisjoint(words) and len(unit) > 1  # `S1 pre`, `V1 pre` may be of a person called so
    return ("visits", number - 0.5) if sure else None


def _units(words: list[str]) -> list[str]:
    """What is counted: of `visit week 4` and `T 24 hours` the time; of `after treatment session` one."""
    units = [word for word in words if word not in vocabulary.FIRST and word not in vocabulary.LAST]
    timed = [word for word in units if word in vocabulary.DAYS]
    counted = vocabulary.COUNTED - vocabulary.SUBJECTS_TOO
    if len(timed) == 1 and counted.issuperset(set(units) - set(timed)):
        return timed
    return units[:1] if tells(" ".join(words)) and counted.issuperset(units) else units


def counted_from_treatment(name: str) -> tuple[str, str, int]:
    """Unit, sign and number of a name that is these and nothing else; the unit is empty where it is not."""
    if form := re.fullmatch(r"([^\W\d_]+)[ _]?([-+]?)[ _]?(\d+)", bare(name)):
        return singular(form[1]), form[2], int(form[3])
    if form := re.fullmatch(r"([-+]?)[ _]?(\d+)[ _]?([^\W\d_]+)", plain_text(name).strip(" _.()[]")):
        return singular(form[3]), form[1], int(form[2])
    return "", "", 0
