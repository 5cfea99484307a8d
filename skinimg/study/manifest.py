"""Manifests: a study as a table, one row per photo (DESIGN.md 2.1), read with care and written so it reads back."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

from skinimg.base.entries import PhotoEntry, Study
from skinimg.base.errors import StudyError
from skinimg.base.findings import LIGHTS, VIEWS
from skinimg.study.grouping import build_study
from skinimg.study.names import leading_date

REQUIRED = ("subject", "session", "photo")
PLAIN = ("arm", "arm_left", "arm_right", "treatment", "site", "age", "phototype")
COLUMNS = (*REQUIRED, "date", "view", "light", "replicate", "mm_per_px", *PLAIN)
_ALWAYS_WRITTEN = (*REQUIRED, "date", "view", "light", "replicate", "mm_per_px")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # how a cell starts that a spreadsheet would run
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def read_manifest(path: Path) -> Study:
    """Read a manifest CSV: UTF-8, separated by commas, semicolons or tabs as its first line says.

    Raises
    ------
    StudyError
        With the row: an unknown or missing column, a value that cannot be used, a photo that is missing or outside
        the manifest's folder; and all that `build_study` finds.
    """
    text = _text(path)
    warnings: list[str] = []
    header_line = text.split("\n", 1)[0]
    separator = max(",;\t", key=header_line.count)
    if separator != ",":
        warnings.append(f"{path.name} is separated by {'semicolons' if separator == ';' else 'tabs'}, not by commas.")
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise StudyError(f"{path} is not a CSV table", found=str(error), needed="a manifest") from error
    columns = [name.strip() for name in rows[0]] if rows else []
    _check_columns(columns, path)
    root = path.parent.resolve()
    entries = []
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{path.name}, row {number}"
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            raise StudyError(
                f"{where} has too many cells",
                found=str(len(cells)),
                needed=str(len(columns)),
                next_step='Put text that holds the separator in "quotes".',
            )
        values = {name: _unescape(cell.strip()) for name, cell in zip(columns, cells, strict=False)}
        entries.append(_entry(values, where, root))
    if not entries:
        raise StudyError(f"{path} lists no photos", found="no rows", needed="one row per photo")
    missing = [entry.photo for entry in entries if not entry.path.is_file()]
    if missing:
        raise StudyError(
            f"{len(missing)} of {len(entries)} photos of {path.name} are not there",
            found="no file " + ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else ""),
            needed=f"paths relative to {root}",
        )
    return build_study(root, entries, warnings)


def write_manifest(study: Study, path: Path) -> None:
    """Write a study as a manifest that `read_manifest` understands in the same way. The file appears whole or not.

    Raises
    ------
    StudyError
        The file exists already (it may hold corrections made by hand), cannot be written, or does not lie in or above
        the folders of the photos.
    """
    entries = [entry for subject in study.subjects for entry in subject.photos]
    folder = path.parent.resolve()
    table = [_cells(entry, folder) for entry in entries]
    used = {name for row in table for name, value in row.items() if value}
    extra = sorted(name for name in used if name[:2] in ("x_", "m_"))
    columns = [name for name in COLUMNS if name in _ALWAYS_WRITTEN or name in used] + extra
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_escape(row.get(name, "")) for name in columns] for row in table)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists():
            raise StudyError(
                f"{path} exists already", needed="a new file", next_step="Move it away first, or name another file."
            )
        temporary.write_text(buffer.getvalue(), encoding="utf-8", newline="")
        temporary.replace(path)
    except OSError as error:
        raise StudyError(f"{path} cannot be written", found=error.strerror or str(error)) from error


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path} is not UTF-8 text",
            found=f"byte {error.object[error.start]:#04x} at {error.start}",
            needed="CSV in UTF-8",
            next_step="In a spreadsheet: save as 'CSV UTF-8'.",
        ) from error
    except OSError as error:
        raise StudyError(f"{path} cannot be read", found=error.strerror or str(error)) from error
    if "\0" in text:
        raise StudyError(f"{path} is not a CSV table", found="NUL characters", needed="CSV in UTF-8")
    if not text.strip():
        raise StudyError(f"{path} is empty", needed="a header and one row per photo")
    return text


def _check_columns(columns: list[str], path: Path) -> None:
    for name in columns:
        if name in COLUMNS or (name[:2] in ("x_", "m_") and len(name) > 2):
            continue
        near = get_close_matches(name.lower(), COLUMNS, n=1, cutoff=0.5)
        raise StudyError(
            f"unknown column {name!r} in {path.name}",
            needed="a column of DESIGN.md 2.1, or x_NAME for a covariate, m_NAME for an instrument's value",
            next_step=f"Did you mean {near[0]!r}?" if near else "",
        )
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    absent = [name for name in REQUIRED if name not in columns]
    if repeated or absent:
        raise StudyError(
            f"{path.name} {'repeats' if repeated else 'lacks'} a column",
            found=", ".join(repeated or columns),
            needed=f"{', '.join(REQUIRED)}, each once",
        )


def _entry(values: Mapping[str, str], where: str, root: Path) -> PhotoEntry:
    """One row as an entry, every value checked."""
    for name in REQUIRED:
        value = values.get(name, "")
        if not value or any(unicodedata.category(c) == "Cc" for c in value):
            raise StudyError(f"{where}: {name} is not usable", found=repr(value), needed="a name")
    session = unicodedata.normalize("NFC", values["session"])
    file = _inside(values["photo"], where, root)
    return PhotoEntry(
        subject=unicodedata.normalize("NFC", values["subject"]),
        session=session,
        path=file,
        photo=file.relative_to(root).as_posix(),
        date=_date(values.get("date", ""), where) or leading_date(session),
        view=_choice(values.get("view", ""), VIEWS, "view", where),
        light=_choice(values.get("light", ""), LIGHTS, "light", where),
        replicate=_replicate(values.get("replicate", ""), where),
        mm_per_px=_mm_per_px(values.get("mm_per_px", ""), where),
        **{name: values.get(name, "") for name in PLAIN},
        covariates={name[2:]: value for name, value in values.items() if name.startswith("x_") and value},
        instruments={name[2:]: value for name, value in values.items() if name.startswith("m_") and value},
    )


def _inside(text: str, where: str, root: Path) -> Path:
    """Absolute path of a photo that lies in the manifest's folder, links followed."""
    file = (root / text.replace("\\", "/")).resolve()
    if not file.is_relative_to(root):
        raise StudyError(
            f"{where}: the photo lies outside the manifest's folder",
            found=text,
            needed=f"a path inside {root}",
            next_step="Put the manifest into the folder that holds all photos.",
        )
    return file


def _date(text: str, where: str) -> str:
    try:
        if not text or date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise StudyError(f"{where}: date is not usable", found=text, needed="an ISO date like 2024-01-31")


def _choice(text: str, choices: tuple[str, ...], column: str, where: str) -> str:
    if not text:
        return choices[0]
    if text in choices:
        return text
    near = get_close_matches(text.lower(), choices, n=1, cutoff=0.4)
    raise StudyError(
        f"{where}: {column} is not known",
        found=text,
        needed=f"one of {', '.join(choices)}",
        next_step=f"Did you mean {near[0]!r}?" if near else "",
    )


def _replicate(text: str, where: str) -> int:
    if not text:
        return 1
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) > 0:
        return int(text)
    raise StudyError(f"{where}: replicate is not usable", found=text, needed="a whole number from 1 to 999")


def _mm_per_px(text: str, where: str) -> float | None:
    if not text:
        return None
    # 0.001 is a microscope, 1 a face of 150 pixels.
    if _NUMBER.fullmatch(text) and 0.001 <= float(text) <= 1:
        return float(text)
    raise StudyError(
        f"{where}: mm_per_px is not usable",
        found=text,
        needed="millimetres per pixel from 0.001 to 1, with a decimal point, such as 0.05",
    )


def _cells(entry: PhotoEntry, folder: Path) -> dict[str, str]:
    """An entry as the cells of its row."""
    if not entry.path.is_relative_to(folder):
        raise StudyError(
            "the manifest must lie in or above the folders of its photos",
            found=f"{entry.path} is not in {folder}",
            next_step="Write it into the folder that holds all photos.",
        )
    cells = {
        "subject": entry.subject,
        "session": entry.session,
        "photo": entry.path.relative_to(folder).as_posix(),
        "date": entry.date,
        "view": entry.view,
        "light": entry.light,
        "replicate": str(entry.replicate),
        "mm_per_px": "" if entry.mm_per_px is None else repr(entry.mm_per_px),
    }
    cells |= {name: getattr(entry, name) for name in PLAIN}
    cells |= {f"x_{name}": value for name, value in entry.covariates.items()}
    return cells | {f"m_{name}": value for name, value in entry.instruments.items()}


def _escape(value: str) -> str:
    """A leading quote keeps a spreadsheet from running a cell as a formula; plain numbers need none."""
    return f"'{value}" if _FORMULA.match(value) and not _NUMBER.fullmatch(value) else value


def _unescape(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
