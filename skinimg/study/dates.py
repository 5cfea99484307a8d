"""Dates in every way that clinics write them, or the reason why a way of writing is ambiguous.

A single 03-04-2026 may be the 3rd of April or the 4th of March. All dates of a study are therefore read together: an
order of day, month and year counts only where every one of them is a date in it. Where several orders are left, the
days on which the cameras took the photos decide; where these are silent, too, the study is refused with both readings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from skinimg.base.errors import StudyError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The first three letters of a month in English, German, French, Spanish, Italian and Portuguese, without accents.
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan ene gen janv",
            "feb fev febr fevr",
            "mar mrz maerz mars marz",
            "apr avr abr",
            "may mai mag",
            "jun giu juin",
            "jul lug juil",
            "aug aou ago aout",
            "sep set sept",
            "oct okt ott out",
            "nov",
            "dec dez dic",
        ),
        start=1,
    )
    for word in words.split()
}
_LONG_MONTHS = _words(
    "january february march april june july august september october november december januar februar maerz "
    "juni juli oktober dezember janvier fevrier avril juillet aout septembre octobre novembre decembre enero "
    "febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio "
    "aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro marco maio junho julho "
    "setembro outubro novembro dezembro"
)
_ISO = re.compile(r"(\d{4})([-_.]?)(\d{2})\2(\d{2})(?!\d)")
_STAMP = re.compile(r"(?:[a-z]{2,4}[-_])?(\d{8})[-_](?:\d{6,9}|wa\d+)(?!\d)", re.IGNORECASE)  # PXL_20240105_101112345
_NUMBERS = re.compile(r"(\d{1,2})([-_./ ])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{4})(?!\d)")
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|\.)?[-_. ]*(?:de )?([^\W\d_]{3,10})\.?[-_. ]*(?:de )?(\d{4}|\d{2})(?!\d)"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,10})\.?[-_. ]*(\d{1,2})(?:st|nd|rd|th)?,?[-_. ]+(\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[-_. ]*([^\W\d_]{3,10})\.?[-_. ]*(\d{1,2})(?!\d)")

ORDERS = ("day-month-year", "month-day-year", "year-month-day")
_EARLIEST, _LATEST = 1950, 2100
Readings = dict[str, str]  # order -> ISO date


def leading_date(name: str) -> str:
    """ISO date at the start of a session's name (2024-01-05, 20240105, 2024_01_05), empty if there is none."""
    match = _ISO.match(name)
    return _iso(match[1], match[3], match[4]) if match else ""


def stamped_date(stem: str) -> str:
    """ISO date in a file name that a phone made of date and time, empty in other names."""
    match = _STAMP.match(stem)
    return leading_date(match[1]) if match else ""


def after_date(name: str) -> str:
    """What a name says behind the date at its start; the whole name where there is none."""
    plain = _plain(name)
    for pattern in (_ISO, _NUMBERS, _COMPACT, _DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST):
        if (match := pattern.match(plain)) and readings(name):
            return plain[match.end() :]
    return name


def readings(text: str) -> Readings:
    """What a date at the start of a text may mean: {order of day, month and year: ISO date}; empty without any.

    A date with one meaning only has it in every order.
    """
    plain = _plain(text)
    if sure := leading_date(plain) or _with_month_name(plain):
        return dict.fromkeys(ORDERS, sure)
    if match := _NUMBERS.match(plain):
        one, separator, two, three = match.groups()
        return _orders(one, two, three, day_first=separator == ".")
    if match := _COMPACT.match(plain):
        one, two, three = match.groups()
        return _orders(one, two, three)
    return {}


def dates_of(texts: Iterable[str], captured: Callable[[str], str], where: str) -> dict[str, str]:
    """ISO date of every text that begins with one, all read in the same order of day, month and year.

    captured : ISO date on which the photo of a text was taken, '' if unknown; where : what the texts are, for the error

    Raises
    ------
    StudyError
        More than one order fits all dates, and their photos do not tell which; or none does.
    """
    found = {text: read for text in texts if (read := readings(text))}
    fitting = [order for order in ORDERS if all(order in read for read in found.values())]
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


def _orders(one: str, two: str, three: str, day_first: bool = False) -> Readings:
    """The dates that three numbers make in each order. With dots the day comes first (DIN 5008)."""
    long = three if len(three) == 4 else f"20{three}"
    made = {"day-month-year": _iso(long, two, one)}
    if not day_first:
        made["month-day-year"] = _iso(long, one, two)
        made["year-month-day"] = _iso(f"20{one}", two, three) if len(three) == 2 else ""
    return {order: iso for order, iso in made.items() if iso}


def _with_month_name(plain: str) -> str:
    for pattern, (day, month, year) in ((_DAY_FIRST, (1, 2, 3)), (_MONTH_FIRST, (2, 1, 3)), (_YEAR_FIRST, (3, 2, 1))):
        match = pattern.match(plain)
        number = _month(match[month]) if match else 0
        if match and number:
            long = match[year] if len(match[year]) == 4 else f"20{match[year]}"
            return _iso(long, str(number), match[day])
    return ""


def _month(word: str) -> int:
    known = word in _MONTHS or word in _LONG_MONTHS
    return _MONTHS.get(word, 0) or (_MONTHS.get(word[:4], 0) or _MONTHS.get(word[:3], 0) if known else 0)


def _iso(year: str, month: str, day: str) -> str:
    """ISO date, empty where the numbers are none between 1950 and 2100."""
    try:
        return date(int(year), int(month), int(day)).isoformat() if _EARLIEST <= int(year) <= _LATEST else ""
    except ValueError:
        return ""


def _plain(text: str) -> str:
    """Lower case without accents; umlauts as two letters would be in a file name (März, maerz)."""
    folded = text.strip().casefold().replace("ä", "ae")
    return "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
