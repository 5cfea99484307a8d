"""Manifests: a study as a table, one row per photo (docs/REFERENCE.md), read with care and written so it reads back."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path

from skinimg.base.entries import LeftOut, PhotoEntry, Study
from skinimg.base.errors import StudyError
from skinimg.base.files import write_text
from skinimg.study.captured import captured_on
from skinimg.study.columns import COLUMNS, PLAIN, REQUIRED, check_columns, named
from skinimg.study.dates import dates_of, refuse_two_dates
from skinimg.study.files import Files
from skinimg.study.grouping import build_study
from skinimg.study.rows import NUMBER, Row, arms_spelt_twice, inside
from skinimg.study.spreadsheet import CSV_SUFFIXES, read_sheet
from skinimg.study.tree import LINKED, NOT_A_PHOTO, UNSAID, files_below
from skinimg.study.unclear import some

_MOST_FAULTS = 20
_ALWAYS_WRITTEN = (*REQUIRED, "date", "view", "light", "replicate", "mm_per_px")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # how a cell starts that a spreadsheet would run


def read_manifest(path: Path) -> Study:
    """Read a manifest: CSV as any spreadsheet writes it (`spreadsheet.py`), or .xlsx.

    Raises
    ------
    StudyError
        Unknown or missing columns, all at once; else every fault of every row at once: a value that cannot be used, a
        photo that is missing, listed twice or outside the manifest's folder, arms that change between the sessions of
        a subject; and all that `build_study` finds.
    """
    warnings: list[str] = []
    root = path.parent.resolve()
    entries = _entries(path, root, warnings)  # the text of a long table is let go before its people are put together
    left_out = _not_listed(entries, root, path)
    unlisted = [item.file for item in left_out if item.reason not in (NOT_A_PHOTO, UNSAID, LINKED)]
    if unlisted:
        warnings.append(f"Photos that {path.name} does not list, left out: {some(unlisted)}.")
    for reason, what in ((NOT_A_PHOTO, "Not photos"), (LINKED, "Links to folders, which are not followed")):
        if others := [item.file for item in left_out if item.reason == reason]:
            warnings.append(f"{what}, left out: {some(others)}.")
    return build_study(root, entries, warnings, left_out=left_out)


def _entries(path: Path, root: Path, warnings: list[str]) -> tuple[PhotoEntry, ...]:
    """Every row of the table; StudyError with every fault of every row."""
    sheet = read_sheet(path, warnings, REQUIRED)
    columns = named(sheet.columns)
    check_columns(columns, path)
    faults: list[str] = []
    rows: dict[int, PhotoEntry] = {}
    table = {
        number: {name: _unescape(cell) for name, cell in zip(columns, cells, strict=True)}
        for number, cells in sheet.rows
    }
    dates = _dates(table, root, faults)
    files = Files(root)
    for number, values in table.items():
        row = Row(values, f"row {number}", root, dates, sheet.separator != ",", files, faults)
        if entry := row.entry():
            rows[number] = entry
    stated = ((n, arm) for n, entry in rows.items() for arm in (entry.arm, entry.arm_left, entry.arm_right))
    faults += [*_listed_twice(rows), *_arms_that_change(rows), *arms_spelt_twice(stated)]
    if faults:
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise StudyError(
            f"{path.name} has {len(faults)} {'fault' if len(faults) == 1 else 'faults'}: "
            + "; ".join(faults[:_MOST_FAULTS])
            + more
        )
    if not rows:
        raise StudyError(f"{path} lists no photos", found="no rows", needed="one row per photo")
    return tuple(rows.values())


def _not_listed(entries: Iterable[PhotoEntry], root: Path, manifest: Path) -> tuple[LeftOut, ...]:
    """Files in the manifest's folder and below it that have no row, but for the manifest itself."""
    listed: dict[Path, set[str]] = defaultdict(set)  # folder -> names: a path takes ten times the memory of its name
    for entry in entries:
        listed[entry.path.parent].add(entry.path.name)
    listed[root].add(manifest.name)
    missed = ((path, what) for path, what in files_below(root) if path.name not in listed.get(path.parent, ()))
    return tuple(
        LeftOut(path.relative_to(root).as_posix() + "/" * path.is_dir(), what or f"not listed in {manifest.name}")
        for path, what in missed
    )


def _dates(table: Mapping[int, Mapping[str, str]], root: Path, faults: list[str]) -> dict[str, str] | None:
    """ISO date of every text in the column `date`, and of every session's name that holds one where that is blank.

    All are read in the same order of day, month and year; the cameras decide between orders. None after a fault.
    """
    first: dict[str, str] = {}  # text -> a photo of that day
    for values in table.values():
        first.setdefault(values.get("date") or values.get("session", ""), values.get("photo", ""))

    def captured(text: str) -> str:
        try:
            file = inside(first[text], "", root)
        except StudyError:
            return ""
        return captured_on(file) if file.is_file() else ""

    try:
        refuse_two_dates(
            (text for text in first if text not in {row.get("date") for row in table.values()}), "the sessions"
        )
        return dates_of(first, captured, "the manifest")
    except StudyError as error:
        texts = {n: row.get("date") or row.get("session", "") for n, row in table.items()}
        rows = [n for n, text in texts.items() if text and f"{error.found}:".startswith(f"{text}:")]
        faults.append(f"row {rows[0]}: {error}" if rows else str(error))
        return None


def _listed_twice(rows: Mapping[int, PhotoEntry]) -> list[str]:
    by_path: dict[Path, list[int]] = defaultdict(list)
    for number, entry in rows.items():
        by_path[entry.path].append(number)
    return [
        f"rows {_listed(numbers)} list the same photo, {rows[numbers[0]].photo}: delete all but one"
        for numbers in by_path.values()
        if len(numbers) > 1
    ]


def _arms_that_change(rows: Mapping[int, PhotoEntry]) -> list[str]:
    """A subject keeps its arm, and a side keeps its own, through all sessions; a blank cell says nothing."""
    faults = []
    for name in ("arm", "arm_left", "arm_right"):
        stated: dict[str, dict[str, int]] = defaultdict(dict)  # subject -> arm -> first row that states it
        for number, entry in rows.items():
            if arm := getattr(entry, name):
                stated[entry.subject].setdefault(arm, number)
        faults += [
            f"rows {_listed(arms.values())}: {name} of subject {subject} is {' and '.join(arms)}; it must stay the same"
            for subject, arms in stated.items()
            if len(arms) > 1
        ]
    return faults


def _listed(numbers: Iterable[int]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} and {last}" if others else last


def write_manifest(study: Study, path: Path) -> None:
    """Write a study as a manifest that `read_manifest` understands in the same way. The file appears whole or not.

    Raises
    ------
    StudyError
        The name is no table's; the file exists already (it may hold corrections made by hand), cannot be written, or
        does not lie in or above the folders of the photos.
    """
    if path.suffix.casefold() not in CSV_SUFFIXES:
        raise StudyError(
            f"{path.name} would be no table", found=path.suffix or "no extension", needed="a name like m.csv"
        )
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
    try:
        if path.exists():
            raise StudyError(
                f"{path} exists already", needed="a new file", next_step="Move it away first, or name another file."
            )
        write_text(path, buffer.getvalue())
    except OSError as error:
        raise StudyError(f"{path} cannot be written", found=error.strerror or str(error)) from error


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
    return f"'{value}" if _FORMULA.match(value) and not NUMBER.fullmatch(value) else value


def _unescape(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
