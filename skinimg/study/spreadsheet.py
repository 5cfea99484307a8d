"""A table as spreadsheets write it: CSV with any separator and a mark of its encoding, or .xlsx; as rows of text."""

from __future__ import annotations

import csv
import datetime
import warnings
import zipfile
import zlib
from collections.abc import Iterator
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
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Spreadsheet:
    """Header and rows with their numbers in the file; cells are stripped text. `separator` is empty for .xlsx."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str


def read_sheet(path: Path, said: list[str]) -> Spreadsheet:
    """Read a table; columns that have neither a name nor a value are dropped, and so are empty rows.

    Raises
    ------
    StudyError
        The file cannot be read, is empty, is no table, or is text in an unknown encoding.
    """
    if path.suffix.casefold() == EXCEL_SUFFIX:
        return _sheet(_excel_rows(path), path, "")
    text = _text(path)
    first, _, rest = text.partition("\n")
    stated = ""
    if first.strip().strip('"').casefold().startswith("sep="):  # a line that only spreadsheets read
        stated, text = first.strip().strip('"')[4:5] or "\t", rest
    skipped = 1 if stated else 0
    separator = stated or max(_SEPARATORS, key=text.split("\n", 1)[0].count)
    if separator != ",":
        said.append(f"{path.name} is separated by {_SEPARATORS.get(separator, repr(separator))}, not by commas.")
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise StudyError(f"{path} is not a CSV table", found=str(error), needed="a manifest") from error
    return _sheet([(number + skipped, cells) for number, cells in enumerate(rows, start=1)], path, separator)


def _sheet(rows: list[tuple[int, list[str]]], path: Path, separator: str) -> Spreadsheet:
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
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path} is not UTF-8 text",
            found=f"byte {error.object[error.start]:#04x} at {error.start}",
            needed="CSV in UTF-8",
            next_step="In a spreadsheet: save as 'CSV UTF-8'.",
        ) from error
    if "\0" in text:
        raise StudyError(f"{path} is not a CSV table", found="NUL characters", needed="CSV in UTF-8")
    return text.replace("\r\n", "\n")


def _excel_rows(path: Path) -> list[tuple[int, list[str]]]:
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
            next_step="In a spreadsheet: save as 'CSV UTF-8'.",
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
        rows[0][1].extend([""] * (max(len(cells) for _, cells in rows) - len(rows[0][1])))
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
