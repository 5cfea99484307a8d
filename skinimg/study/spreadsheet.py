"""A table as spreadsheets write it: CSV with any separator and a mark of its encoding, or .xlsx; as rows of text."""

from __future__ import annotations

import csv
import datetime
import zipfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from skinimg.base.errors import StudyError

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
EXCEL_SUFFIX = ".xlsx"
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Spreadsheet:
    """Header and rows with their numbers in the file; cells are stripped text. `separator` is empty for .xlsx."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str


def read_sheet(path: Path, warnings: list[str]) -> Spreadsheet:
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
        warnings.append(f"{path.name} is separated by {_SEPARATORS.get(separator, repr(separator))}, not by commas.")
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
        book = load_workbook(path, read_only=True, data_only=True)
        sheets = {
            sheet.title: [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
            for sheet in book.worksheets
        }
        book.close()
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile, InvalidFileException) as error:
        raise StudyError(
            f"{path} is not a workbook that can be read",
            found=str(error),
            needed="an .xlsx file or a CSV in UTF-8",
            next_step="In a spreadsheet: save as 'CSV UTF-8'.",
        ) from error
    filled = {title: rows for title, rows in sheets.items() if any(map(any, rows))}
    if len(filled) > 1:
        raise StudyError(
            f"{path.name} has several sheets, and each may be the manifest",
            found=", ".join(filled),
            needed="one sheet with rows",
            next_step="Save the sheet that lists the photos as a file of its own.",
        )
    return list(enumerate(next(iter(filled.values()), []), start=1))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
