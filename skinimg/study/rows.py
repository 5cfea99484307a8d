"""One row of a manifest: every value read with care, and every fault of it told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import StudyError
from skinimg.base.findings import LIGHTS, SCORED, VIEWS
from skinimg.base.targets import read_targets
from skinimg.study.columns import PLAIN
from skinimg.study.dates import without_date
from skinimg.study.files import Files
from skinimg.study.names import clean_name, light_named, view_named

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_TIME_OF_DAY = re.compile(r"([ tT]*\d{1,2}[:.h]\d{2}([:.]\d{2})?([.,]\d+)? ?([ap]m|z|[+-]\d{2}:?\d{2})?)?")
_DAY_NUMBER = re.compile(r"[34]\d{4}([.,]\d+)?")  # 1982 to 2036, as spreadsheets count days
_SPREADSHEET_ERRORS = ("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#ERROR!")
_LONG = 80  # characters of a name that a message repeats
_T = TypeVar("_T")


@dataclass(frozen=True)
class Row:
    """One row on its way to an entry; every value that cannot be used is added to `faults`."""

    values: Mapping[str, str]
    where: str
    root: Path
    dates: Mapping[str, str] | None  # None: a fault of the dates is told already
    decimal_comma: bool
    files: Files
    faults: list[str]

    def entry(self) -> PhotoEntry | None:
        """The row as an entry; None if a value of it cannot be used."""
        values, before = self.values, len(self.faults)
        subject = self._read(lambda: clean_name(self._text("subject")), "")
        session = self._read(lambda: clean_name(self._text("session")), "")
        file = self._read(self._photo, self.root)
        entry = PhotoEntry(
            subject=subject,
            session=session,
            path=file,
            photo=file.relative_to(self.root).as_posix(),
            date=self._read(lambda: _date(values, self.where, self.dates), ""),
            view=self._read(lambda: _choice(values.get("view", ""), VIEWS, view_named, "view", self.where), ""),
            light=self._read(lambda: _choice(values.get("light", ""), LIGHTS, light_named, "light", self.where), ""),
            replicate=self._read(lambda: _replicate(values.get("replicate", ""), self.where), 1),
            mm_per_px=self._read(self._mm_per_px, None),
            treatment_target=self._read(lambda: _targets(values.get("treatment_target", ""), self.where), ""),
            **{name: values.get(name, "") for name in PLAIN if name != "treatment_target"},
            covariates={name[2:]: value for name, value in values.items() if name.startswith("x_") and value},
            instruments={name[2:]: value for name, value in values.items() if name.startswith("m_") and value},
        )
        return entry if len(self.faults) == before else None

    def _read(self, read: Callable[[], _T], instead: _T) -> _T:
        try:
            return read()
        except StudyError as error:
            self.faults.append(str(error))
            return instead

    def _text(self, column: str) -> str:
        value = self.values.get(column, "")
        if value in _SPREADSHEET_ERRORS:
            raise StudyError(f"{self.where}: {column} is an error of the spreadsheet", found=value, needed="a name")
        if not value:
            raise StudyError(
                f"{self.where}: {column} is not usable",
                found="an empty cell",
                needed="a name",
                next_step="Fill every row: of merged cells only the first one counts.",
            )
        if not clean_name(value) or any(unicodedata.category(c) == "Cc" for c in value):
            raise StudyError(f"{self.where}: {column} is not usable", found=repr(value), needed="a name")
        return value

    def _photo(self) -> Path:
        file = inside(self._text("photo"), self.where, self.root)
        if not file.exists() and (same := self.files.same(file)):
            file = inside(same.relative_to(self.root).as_posix(), self.where, self.root)
        if not file.is_file():
            photo = file.relative_to(self.root).as_posix()
            near = self.files.like(self.values["photo"])
            raise StudyError(
                f"{self.where}: there is no photo {photo} in {self.root.name}",
                next_step=f"Did you mean {near}?" if near else "",
            )
        return file

    def _mm_per_px(self) -> float | None:
        return _mm_per_px(self.values.get("mm_per_px", ""), self.where, decimal_comma=self.decimal_comma)


def inside(text: str, where: str, root: Path) -> Path:
    """Absolute path of a photo that lies in the manifest's folder, links followed."""
    file = root / text.replace("\\", "/")
    try:
        file = file.resolve()
        file.stat()
    except FileNotFoundError:
        pass  # said where it is missed
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that go round
        raise StudyError(
            f"{where}: no photo can be found by this name",
            found=text if len(text) < _LONG else f"{text[:_LONG]}... ({len(text)} characters)",
            needed="a path that can be opened",
        ) from error
    if not file.is_relative_to(root):
        raise StudyError(
            f"{where}: the photo lies outside the manifest's folder",
            found=text,
            needed=f"a path inside {root}",
            next_step="Put the manifest into the folder that holds all photos.",
        )
    return file


def arms_spelt_twice(stated: Iterable[tuple[int, str]]) -> list[str]:
    """Of (row, arm): `Active` of one subject and `active` of another would be two arms of the trial."""
    seen: dict[str, tuple[str, int]] = {}  # as a reader takes it -> spelling, first row
    faults = []
    for number, arm in stated:
        spelling, first = seen.setdefault(_as_read(arm), (arm, number))
        if spelling != arm:
            faults.append(f"rows {first} and {number}: the arms {spelling} and {arm} look like one; write one of them")
    return faults


def _as_read(arm: str) -> str:
    """An arm in small letters and without signs, but for a plus or minus at an end: `laser+` is no `laser`."""
    joined = re.sub(r"\s*([+-])\s*", r"\1", unicodedata.normalize("NFKC", arm).casefold())
    return " ".join(re.findall(r"[^\W_]+|(?<![^\W_])[+-]|[+-](?![^\W_])", joined)) or arm


def _date(values: Mapping[str, str], where: str, dates: Mapping[str, str] | None) -> str:
    text = values.get("date", "")
    if dates is None:
        return ""
    if not text:
        return dates.get(values.get("session", ""), "")
    if text in dates and _TIME_OF_DAY.fullmatch(without_date(text)):
        return dates[text]
    counted = "It is a spreadsheet's number of a day: format the column as a date."
    raise StudyError(
        f"{where}: date is not usable",
        found=text,
        needed="a date like 2024-01-31, or nothing",
        next_step=counted if _DAY_NUMBER.fullmatch(text) else "",
    )


def _choice(text: str, choices: tuple[str, ...], named: Callable[[str], str], column: str, where: str) -> str:
    """One of the choices, by its own name or one that photos' file names have, too: `L45`, `links`, `xpol`."""
    if not text:
        return choices[0]
    if meant := named(text):
        return meant
    near = get_close_matches(text.lower(), choices, n=1, cutoff=0.4)
    raise StudyError(
        f"{where}: {column} is not known",
        found=text,
        needed=f"one of {', '.join(choices)}",
        next_step=f"Did you mean {near[0]!r}?" if near else "",
    )


def _targets(text: str, where: str) -> str:
    try:
        return ";".join(read_targets(text))
    except ValueError as error:
        near = get_close_matches(str(error).lower(), SCORED, n=1, cutoff=0.4)
        raise StudyError(
            f"{where}: treatment_target is not known",
            found=str(error),
            needed=f"one or more of {', '.join(SCORED)}, separated by semicolons",
            next_step=f"Did you mean {near[0]!r}?" if near else "",
        ) from error


def _replicate(text: str, where: str) -> int:
    if not text:
        return 1
    if (match := re.fullmatch(r"([0-9]{1,3})(\.0)?", text)) and int(match[1]) > 0:  # `1.0` of a column with gaps
        return int(match[1])
    raise StudyError(f"{where}: replicate is not usable", found=text, needed="a whole number from 1 to 999")


def _mm_per_px(text: str, where: str, *, decimal_comma: bool) -> float | None:
    if not text:
        return None
    if decimal_comma:
        text = text.replace(",", ".")
    # 0.001 is a microscope, 1 a face of 150 pixels.
    if NUMBER.fullmatch(text) and 0.001 <= float(text) <= 1:
        return float(text)
    raise StudyError(
        f"{where}: mm_per_px is not usable",
        found=text,
        needed="millimetres per pixel from 0.001 to 1, with a decimal point, such as 0.05",
    )
