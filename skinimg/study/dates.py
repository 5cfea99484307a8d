"""Dates in every way that clinics write them, or the reason why a way of writing is ambiguous.

A single 03-04-2026 may be the 3rd of April or the 4th of March. All dates of a study are therefore read together: an
order of day, month and year counts only where every one of them is a date in it, and none is years ahead. Where several
orders are left, the days on which the cameras took the photos decide; where these are silent, too, the study is refused
with both readings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from skinimg.base.errors import StudyError
from skinimg.study.text import plain_text
from skinimg.study.vocabulary import MONTHS

_ISO = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?:(?P<s>[-_./]?)(?P<month>\d{2})(?P=s)(?P<day>\d{2})"
    r"|(?P<t>[-_./ ])(?P<month1>\d{1,2})(?P=t)(?P<day1>\d{1,2}))(?!\d)"
)
_AT = r"at|um|a|a las|alle|as|às|à|om|kl\.?|o|в"
_CLOCK = r"\d{2}[-_.:h]\d{2}(?:[-_.:]\d{2})?|\d[.:]\d{2}[.:]\d{2}"
_TIME = rf"(?:[-_ t]+|[-_ ]+(?:{_AT})[-_ ]+)(?:\d{{6,9}}|{_CLOCK}|wa\d+)(?!\d)"
_STAMP = re.compile(
    _ISO.pattern + _TIME, re.IGNORECASE
)  # PXL_20240105_101112345, WhatsApp Image 2024-01-05 at 10.11.12
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([-_./ ]) ?(\d{1,2})\2 ?(\d{4}|\d{2})(?!\d)(?!\2\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{2})(\d{2})[-_]?(\d{4})(?!\d)")
_SIX = re.compile(r"^(\d{2})(\d{2})(\d{2})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.)?[-_. ]*(?:de )?([^\W\d_]{3,12})\.?[-_. ]*(?:de )?(\d{4}|\d{2})(?!\d)"
)
_MONTH_FIRST = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,12})\.?[-_. ]*(\d{1,2})(?:st|nd|rd|th)?,?[-_. ]+(\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-_. ]*([^\W\d_]{3,12})\.?[-_. ]*(\d{1,2})(?!\d)")
_SHAPE = re.compile(r"\d{1,2}([-_./])\d{1,2}\1(19|20)\d\d(?!\d)|(19|20)\d\d([-_./])\d{1,2}\4\d{1,2}(?!\d)")

ORDERS = ("day-month-year", "month-day-year", "year-month-day")
EARLIEST, LATEST = 1950, 2100
_BUDDHIST = 543  # years that Thai calendars are ahead
_LATEST_SHORT = 49  # two digits of a year: 00 to 49 is 2000 to 2049
Readings = dict[str, str]  # order -> ISO date


@dataclass(frozen=True)
class _Written:
    """A date as it stands in a text: what it may mean, and where it begins and ends in the plain text."""

    readings: Readings
    start: int
    end: int


def stamped_date(stem: str) -> str:
    """ISO date in a file name that a phone or a messenger made of date and time, empty in other names."""
    match = _STAMP.search(stem)
    return _of_iso(match) if match else ""


def begins_with_date(name: str) -> bool:
    """Whether a name begins with a date in any way of writing."""
    written = _find(plain_text(name))
    return written is not None and written.start == 0


def without_date(name: str) -> str:
    """What a name says beside its date; the whole name where it has none."""
    plain = plain_text(name)
    written = _find(plain)
    return plain[: written.start] + plain[written.end :] if written else name


def readings(text: str) -> Readings:
    """What the date in a text may mean: {order of day, month and year: ISO date}; empty without any.

    A date with one meaning only has it in every order, unless it is written in numbers alone.
    """
    written = _find(plain_text(text))
    return written.readings if written else {}


def sure_date(text: str) -> str:
    """ISO date in a text where it can mean one day only, else empty."""
    days = set(readings(text).values())
    return days.pop() if len(days) == 1 else ""


def names_a_month(text: str) -> bool:
    """Whether a text holds the name of a month."""
    return any(month_number(word) for word in re.findall(r"[^\W\d_]{3,}", plain_text(text)))


def _find(plain: str) -> _Written | None:
    """The first date in a plain text."""
    found = []
    for pattern, read in _WAYS:
        for match in pattern.finditer(plain):
            if meant := read(match):
                found.append(_Written(meant, match.start(), match.end()))
                break
    return min(found, key=lambda written: (written.start, -written.end), default=None)


def refuse_impossible_dates(texts: Iterable[str], where: str) -> None:
    """StudyError where a text is written like a date and is none: the 31st of February, a 13th month after dots."""
    for text in texts:
        if _SHAPE.match(text) and not readings(text):
            raise StudyError(
                f"one of the dates of {where} does not exist",
                found=text,
                needed="a day of the calendar",
                next_step="Correct the name, or write it as year-month-day, such as 2026-01-31.",
            )


def refuse_two_dates(texts: Iterable[str], where: str) -> None:
    """StudyError where a text holds two days with their years: one may be of birth, and which is the visit's is not told."""
    for text in texts:
        plain = plain_text(text)
        if (first := _find(plain)) is None or stamped_date(text):
            continue
        rest = plain[first.end :]
        second = _find(rest)
        if second and re.search(r"(19|20)\d\d", rest[second.start : second.end]) and second.readings != first.readings:
            raise StudyError(
                f"one of the names of {where} holds two dates",
                found=text,
                needed="the day of the visit alone",
                next_step="Take the other out of the name, such as a date of birth.",
            )


def refuse_days_without_year(texts: Sequence[str]) -> None:
    """StudyError where all texts are days, months or calendar weeks without their year: which came first is not told."""
    if len(texts) > 1 and all(_without_year(plain_text(text)) for text in texts):
        raise StudyError(
            "the folders are dates without a year",
            found=", ".join(texts[:6]),
            needed="dates with their year",
            next_step="Write them as year-month-day, such as 2026-01-31; or, if they are people, write a manifest.",
        )


def _without_year(plain: str) -> bool:
    """Whether a plain text is `12.01.`, `kw 3`, `jan`, `12 jan` or `jan 26`, which is a day or a year."""
    if re.fullmatch(r"\d{1,2}\.\d{1,2}\.|\d{2}\.\d{2}|(kw|cw)[ _-]?\d{1,2}", plain):
        return True
    words = re.findall(r"[^\W\d_]+|\d+", plain)
    named = [word for word in words if not word.isdecimal()]
    return len(words) <= 2 and len(named) == 1 and month_number(named[0]) > 0


def dates_of(texts: Iterable[str], captured: Callable[[str], str], where: str) -> dict[str, str]:
    """ISO date of every text that holds one, all read in the same order of day, month and year.

    captured : ISO date on which the photo of a text was taken, '' if unknown; where : what the texts are, for the error

    Raises
    ------
    StudyError
        More than one order fits all dates, none of them years ahead, and their photos do not tell which; or none does.
    """
    found = {text: read for text in texts if (read := readings(text))}
    fitting = [order for order in ORDERS if all(order in read for read in found.values())]
    latest = f"{date.today().year + 1}-12-31"  # photos of later years, not of tomorrow: clocks may be wrong
    fitting = [order for order in fitting if all(read[order] <= latest for read in found.values())] or fitting
    apart = [order for order in fitting if any(read[order] != read[fitting[0]] for read in found.values())]
    if found and not fitting:
        listed = ", ".join(sorted(found)[:6])
        raise StudyError(
            f"the dates of {where} are written in different ways",
            found=listed,
            needed="the same order of day, month and year everywhere",
            next_step="Write them as year-month-day, such as 2026-01-31.",
        )
    if apart:
        told = [order for order in fitting if _agrees(found, order, captured)]
        distinct = {tuple(read[order] for read in found.values()) for order in told}
        if len(distinct) != 1:
            raise _ambiguous(found, fitting, where)
        fitting = told
    return {text: read[fitting[0]] for text, read in found.items()}


def _agrees(found: Mapping[str, Readings], order: str, captured: Callable[[str], str]) -> bool:
    """Whether cameras took the photos on the days that an order makes of their names; False where they are silent."""
    days = [(read[order], day) for text, read in found.items() if (day := captured(text))]
    return bool(days) and all(one == other for one, other in days)


def _ambiguous(found: Mapping[str, Readings], fitting: list[str], where: str) -> StudyError:
    text, read = next((t, r) for t, r in found.items() if len({r[order] for order in fitting}) > 1)
    meanings = " or ".join(dict.fromkeys(f"{read[order]} ({order})" for order in fitting))
    return StudyError(
        f"the dates of {where} can be read in more than one way",
        found=f"{text}: {meanings}",
        needed="dates with one meaning",
        next_step="Write them as year-month-day, such as 2026-01-31, in the names or in the column `date` of a "
        "manifest (`skinimg manifest FOLDER` writes one to correct).",
    )


def _of_iso(match: re.Match[str]) -> str:
    return _iso(match["year"], match["month"] or match["month1"], match["day"] or match["day1"])


def _in_numbers(match: re.Match[str]) -> Readings:
    """The dates that numbers make in each order. With dots the day comes first (DIN 5008)."""
    one, separator, two, three = match.groups()
    return _orders(one, two, three, day_first=separator == ".")


def _orders(one: str, two: str, three: str, day_first: bool = False) -> Readings:
    made = {"day-month-year": _iso(_long(three), two, one)}
    if not day_first:
        made["month-day-year"] = _iso(_long(three), one, two)
        made["year-month-day"] = _iso(_long(one), two, three) if len(three) == 2 else ""
    return {order: iso for order, iso in made.items() if iso}


def _long(year: str) -> str:
    """A year with four digits; 0, which no date has, where two digits are too large for a photo of this century."""
    return year if len(year) == 4 else f"20{year:0>2}" if int(year) <= _LATEST_SHORT else "0"


def _sure(iso: str) -> Readings:
    return dict.fromkeys(ORDERS, iso) if iso else {}


def _with_month(day: int, month: int, year: int) -> Callable[[re.Match[str]], Readings]:
    """Reader of a match whose groups of these numbers are day, name of the month, and year."""

    def read(match: re.Match[str]) -> Readings:
        number = month_number(match[month])
        return _sure(_iso(_long(match[year]), str(number), match[day])) if number else {}

    return read


# Every way of writing a date, and what it may mean.
_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Readings]], ...] = (
    (_ISO, lambda match: _sure(_of_iso(match))),
    (_DAY_FIRST, _with_month(1, 2, 3)),
    (_MONTH_FIRST, _with_month(2, 1, 3)),
    (_YEAR_FIRST, _with_month(3, 2, 1)),
    (_NUMBERS, _in_numbers),
    (_COMPACT, lambda match: _orders(match[1], match[2], match[3])),
    (_SIX, lambda match: _orders(match[1], match[2], match[3])),
)


def month_number(word: str) -> int:
    """1 to 12 for the name of a month, 0 for other words."""
    return MONTHS.get(word, 0)


def _iso(year: str, month: str, day: str) -> str:
    """ISO date, empty where the numbers are none between 1950 and 2100, also as Thai calendars count."""
    number = int(year) - _BUDDHIST * (int(year) > LATEST)
    try:
        return date(number, int(month), int(day)).isoformat() if EARLIEST <= number <= LATEST else ""
    except ValueError:
        return ""
