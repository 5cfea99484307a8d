"""Manifests: a study as a table, one row per photo (DESIGN.md 2.1), read with care and written so it reads back."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

from skinimg.base.entries import PhotoEntry, Study
from skinimg.base.errors import StudyError
from skinimg.base.files import write_text
from skinimg.base.findings import LIGHTS, SCORED, VIEWS
from skinimg.base.targets import read_targets
from skinimg.study.columns import COLUMNS, PLAIN, REQUIRED, check_columns
from skinimg.study.dates import after_date, dates_of, leading_date
from skinimg.study.grouping import build_study
from skinimg.study.names import clean_name
from skinimg.study.spreadsheet import Sheet, read_sheet

_MOST_FAULTS = 20
_ALWAYS_WRITTEN = (*REQUIRED, "date", "view", "light", "replicate", "mm_per_px")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")  # how a cell starts that a spreadsheet would run
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


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
    sheet = read_sheet(path, warnings)
    check_columns(sheet.columns, path)
    root = path.parent.resolve()
    faults: list[str] = []
    rows: dict[int, PhotoEntry] = {}
    dates = _dates(sheet)
    for number, cells in sheet.rows:
        values = {name: _unescape(cell) for name, cell in zip(sheet.columns, cells, strict=True)}
        try:
            rows[number] = _entry(values, f"row {number}", root, dates, decimal_comma=sheet.separator != ",")
        except StudyError as error:
            faults.append(str(error))
    faults += [*_missing(rows, root), *_listed_twice(rows), *_arms_that_change(rows)]
    if faults:
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise StudyError(
            f"{path.name} has {len(faults)} {'fault' if len(faults) == 1 else 'faults'}: "
            + "; ".join(faults[:_MOST_FAULTS])
            + more
        )
    if not rows:
        raise StudyError(f"{path} lists no photos", found="no rows", needed="one row per photo")
    return build_study(root, rows.values(), warnings)


def _dates(sheet: Sheet) -> dict[str, str]:
    """ISO date of every text in the column `date`, all read in the same order of day, month and year."""
    if "date" not in sheet.columns:
        return {}
    column = sheet.columns.index("date")
    texts = {_unescape(cells[column]) for _, cells in sheet.rows}
    return dates_of(texts, lambda _: "", "the column `date`")


def _missing(rows: Mapping[int, PhotoEntry], root: Path) -> list[str]:
    return [
        f"row {number}: there is no photo {entry.photo} in {root.name}"
        for number, entry in rows.items()
        if not entry.path.is_file()
    ]


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
    try:
        if path.exists():
            raise StudyError(
                f"{path} exists already", needed="a new file", next_step="Move it away first, or name another file."
            )
        write_text(path, buffer.getvalue())
    except OSError as error:
        raise StudyError(f"{path} cannot be written", found=error.strerror or str(error)) from error


def _entry(
    values: Mapping[str, str], where: str, root: Path, dates: Mapping[str, str], *, decimal_comma: bool
) -> PhotoEntry:
    """One row as an entry, every value checked."""
    for name in REQUIRED:
        value = values.get(name, "")
        if not value or any(unicodedata.category(c) == "Cc" for c in value):
            raise StudyError(f"{where}: {name} is not usable", found=repr(value), needed="a name")
    session = clean_name(values["session"])
    file = _inside(values["photo"], where, root)
    return PhotoEntry(
        subject=clean_name(values["subject"]),
        session=session,
        path=file,
        photo=file.relative_to(root).as_posix(),
        date=_date(values.get("date", ""), where, dates) or leading_date(session),
        view=_choice(values.get("view", ""), VIEWS, "view", where),
        light=_choice(values.get("light", ""), LIGHTS, "light", where),
        replicate=_replicate(values.get("replicate", ""), where),
        mm_per_px=_mm_per_px(values.get("mm_per_px", ""), where, decimal_comma=decimal_comma),
        treatment_target=_targets(values.get("treatment_target", ""), where),
        **{name: values.get(name, "") for name in PLAIN if name != "treatment_target"},
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


def _date(text: str, where: str, dates: Mapping[str, str]) -> str:
    if not text:
        return ""
    if text in dates and not after_date(text).strip(" T0:"):  # spreadsheets add midnight
        return dates[text]
    raise StudyError(f"{where}: date is not usable", found=text, needed="a date like 2024-01-31")


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
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) > 0:
        return int(text)
    raise StudyError(f"{where}: replicate is not usable", found=text, needed="a whole number from 1 to 999")


def _mm_per_px(text: str, where: str, *, decimal_comma: bool) -> float | None:
    if not text:
        return None
    if decimal_comma:
        text = text.replace(",", ".")
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
