"""Months, quarters, halves and calendar weeks of a year, which name sessions as dates do, and days of treatment cycles."""

from __future__ import annotations

import re

from skinimg.study.dates import EARLIEST, LATEST, month_number
from skinimg.study.text import plain_text

_MONTH = re.compile(r"(?P<n>\d{1,2}|[^\W\d_]{3,12})\.?[-_./ ]*(?P<year>\d{4})")
_YEAR_MONTH = re.compile(r"(?P<year>\d{4})[-_./ ]*(?P<n>\d{2}|[^\W\d_]{3,12})")
_COUNTED = {
    "quarters": (r"q", 4),
    "halves": (r"h|hj", 2),
    "weeks of a year": (r"kw|cw|w", 53),
}


_LONGEST_CYCLE_DAYS = 1000.0
_CYCLE = re.compile(
    r"(?:c|cyc|cycles?|zyklus|ciclo|cyclus)[-_ .]?(?P<cycle>\d{1,2})[-_ .,]*"
    r"(?:d|j|t|g|day|jour|tag|dia|giorno|dag)[_ .]?(?P<day>\d{1,3})"
)
PERIODS = ("months", *_COUNTED)


def period_of(text: str) -> tuple[str, float] | None:
    """What a text counts and the how manieth it is since the year 0: `2026-01`, `Jan 2026`, `Q1 2026`, `2026-W03`."""
    plain = plain_text(text).strip(" _-.")
    for pattern in (_MONTH, _YEAR_MONTH):
        if match := pattern.fullmatch(plain):
            number = int(match["n"]) if match["n"].isdecimal() else month_number(match["n"])
            if found := _since(int(match["year"]), number, 12):
                return "months", found
    for what, (letters, of_a_year) in _COUNTED.items():
        behind = rf"(?:{letters})[-_ ]?(?P<n>\d{{1,2}})[-_./ ]*(?P<year>\d{{4}})"
        ahead = rf"(?P<year>\d{{4}})[-_./ ]*(?:{letters})[-_ ]?(?P<n>\d{{1,2}})"
        match = re.fullmatch(behind, plain) or re.fullmatch(ahead, plain)
        if match and (found := _since(int(match["year"]), int(match["n"]), of_a_year)):
            return what, found
    return None


def day_of_cycle(text: str) -> float | None:
    """Where a day of a cycle of treatment stands among others: `C1D15` before `C2D1`, `Zyklus 2 Tag 8`.

    None with a dash before the day, which may be a minus.
    """
    match = _CYCLE.fullmatch(plain_text(text).strip(" _-."))
    return int(match["cycle"]) * _LONGEST_CYCLE_DAYS + int(match["day"]) if match else None


def _since(year: int, number: int, of_a_year: int) -> float:
    """0 where there is no such period between 1950 and 2100."""
    return float(year * of_a_year + number) if EARLIEST <= year <= LATEST and 1 <= number <= of_a_year else 0.0
