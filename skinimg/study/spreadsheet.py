"""A table as spreadsheets write it: CSV with any separator and a mark of its encoding, or .xlsx; as rows of text."""

from __future__ import annotations

import csv
import datetime
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from skinimg.base.errors import StudyError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
EXCEL_SUFFIX = ".xlsx"
_LAST_ROW = 1_048_576  # of Excel 2007 and later
# What openpyxl raises on damaged workbooks (found by changing bytes and text in one, benchmarks/fuzz.py).
_WORKBOOK_ERRORS = (
    *(OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, NotImplementedError),
    *(
        RuntimeError,
        SyntaxError,
        zipfile.BadZipFile,
        zlib.error,
    ),  # broken XML is a SyntaxError, a password a RuntimeError
)
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright strokes"}
_MOST_TITLES = 10  # rows above the header: name of the study, state, an empty line
_AS_CSV = "In a spreadsheet: save as 'CSV UTF-8'."


_Rows = list[tuple[int, list[str]]]  # each with its number in the file


@dataclass(frozen=True)
class Spreadsheet:
    """Header and rows with their numbers in the file; cells are stripped text. `separator` is empty for .xlsx."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str


def read_sheet(path: Path, said: list[str], required: Sequence[str]) -> Spreadsheet:
    """Read a table; columns that have neither a name nor a value are dropped, and so are empty rows.

    Rows above the header are skipped where a row of the first ten holds all of the `required` columns.

    Raises
    ------
    StudyError
        The file cannot be read, is empty, is no table, or is text in an unknown encoding.
    """
    if path.suffix.casefold() == EXCEL_SUFFIX:
        return _sheet(_below_titles(_excel_rows(path), path, said, required), path, "")
    text = _text(path)
    first, _, rest = text.partition("\n")
    stated = ""
    if first.strip().strip('"').casefold().startswith("sep="):  # a line that only spreadsheets read
        stated, text = first.strip().strip('"')[4:5] or "\t", rest
    skipped = 1 if stated else 0
    separator = stated or _separator(text, required)
    if separator != ",":
        said.append(f"{path.name} is separated by {_SEPARATORS.get(separator, repr(separator))}, not by commas.")
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise StudyError(f"{path} is not a CSV table", found=str(error), needed="a manifest") from error
    numbered = [(number + skipped, cells) for number, cells in enumerate(rows, start=1)]
    return _sheet(_below_titles(numbered, path, said, required), path, separator)


def _separator(text: str, required: Sequence[str]) -> str:
    """The sign that makes columns of the header, else the one that comes most often in the first line."""
    lines = text.split("\n", _MOST_TITLES)[:_MOST_TITLES]
    for sign in _SEPARATORS:
        if any(_is_header([cell.strip('"') for cell in line.split(sign)], required) for line in lines):
            return sign
    return max(_SEPARATORS, key=lines[0].count)


def _is_header(cells: Sequence[str], required: Sequence[str]) -> bool:
    return {cell.strip().casefold() for cell in cells}.issuperset(required)


def _below_titles(rows: _Rows, path: Path, said: list[str], required: Sequence[str]) -> _Rows:
    """The rows from the header on; all where none of the first holds the required columns."""
    for k, (number, cells) in enumerate(rows[:_MOST_TITLES]):
        if _is_header(cells, required):
            if any(any(map(str.strip, above)) for _, above in rows[:k]):
                said.append(f"{path.name}: the header is row {number}; what stands above it was left out.")
            return rows[k:]
    return rows


def _sheet(rows: _Rows, path: Path, separator: str) -> Spreadsheet:
    stripped = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    filled = [(number, cells) for number, cells in stripped if any(cells)]
    if not filled:
        raise StudyError(f"{path} is empty", needed="a header and one row per photo")
    (_, columns), body = filled[0], filled[1:]
    named = [k for k, name in enumerate(columns) if name or any(k < len(cells) and cells[k] for _, cells in body)]
    for number, cells in body:
        if any(cells[len(columns) :]):
            raise StudyError(
                f"{path.name}, row {number} has too many cells",
                found=str(len(cells)),
                needed=str(len(columns)),
                next_step='Put text that holds the separator in "quotes".',
            )
    kept = [(number, tuple(cells[k] if k < len(cells) else "" for k in named)) for number, cells in body]
    return Spreadsheet(tuple(columns[k] for k in named), tuple(kept), separator)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StudyError(f"{path} cannot be read", found=error.strerror or str(error)) from error
    if data.startswith(b"PK\x03\x04"):
        raise StudyError(
            f"{path} is not a CSV table",
            found="a workbook",
            needed="CSV in UTF-8, or a workbook that is called .xlsx",
            next_step=_AS_CSV,
        )
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path} is not UTF-8 text",
            found=f"byte {error.object[error.start]:#04x} at {error.start}",
            needed="CSV in UTF-8",
            next_step=_AS_CSV,
        ) from error
    if "\0" in text:
        raise StudyError(f"{path} is not a CSV table", found="NUL characters", needed="CSV in UTF-8", next_step=_AS_CSV)
    return text.replace("\r\n", "\n")


def _excel_rows(path: Path) -> _Rows:
    """Rows of the one sheet of a workbook that holds anything, values as people read them."""
    from openpyxl import load_workbook  # only where it is needed: 0.2 s
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as file, warnings.catch_warnings():  # openpyxl leaves a path that it cannot read open
            warnings.simplefilter("ignore", UserWarning)  # of styles, links and prints that are not read
            book = load_workbook(file, read_only=True, data_only=True)
            sheets = {sheet.title: list(_filled_rows(sheet)) for sheet in book.worksheets}
            book.close()
    except (*_WORKBOOK_ERRORS, InvalidFileException) as error:
        raise StudyError(
            f"{path} is not a workbook that can be read",
            found=str(error) or type(error).__name__,
            needed="an .xlsx file or a CSV in UTF-8",
            next_step=_AS_CSV,
        ) from error
    filled = {title: rows for title, rows in sheets.items() if rows}
    if len(filled) > 1:
        raise StudyError(
            f"{path.name} has several sheets, and each may be the manifest",
            found=", ".join(filled),
            needed="one sheet with rows",
            next_step="Save the sheet that lists the photos as a file of its own.",
        )
    rows = next(iter(filled.values()), [])
    if rows:  # a value beyond the header belongs to a column without a name
        widest = max(len(cells) for _, cells in rows)
        rows = [(number, cells + [""] * (widest - len(cells))) for number, cells in rows]
    return rows


def _filled_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows with a value, by their number.

    A sheet's own size is not believed: with one cell touched in its last corner it has 17 thousand million cells.
    """
    sheet.reset_dimensions()
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > _LAST_ROW:
            raise ValueError(f"a row beyond {_LAST_ROW}, the last one of a sheet")
        cells = [_cell(value) for value in values]
        if any(cells):
            yield number, cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
