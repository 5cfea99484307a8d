"""Take one person out of a folder of results, and look through every file of it for what may be left."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.files import write_text
from skinimg.base.log import append_log
from skinimg.base.reasons import read_said, told, write_said
from skinimg.output import tables
from skinimg.output.study_tables import by_subject, groups, without_subject
from skinimg.report import ReportOptions, write_index
from skinimg.run.shards import language_of
from skinimg.study import safe_name

_NUMBER = re.compile(r"[\d.,]+")
_INLINED = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]*")


def forget(subject: str, out: Path) -> int:
    """Remove a subject's folder, reports, and rows, and its share of run.json; returns how many files were searched.

    The subject is removed from the results only: photos and manifest are the user's.

    Raises
    ------
    StudyError
        The subject is not in these results, or a file still holds its name or the hash of one of its photos.
    """
    folder, mine = out / "subjects" / safe_name(subject), _photos_of(subject, out)
    left_out = _naming((subject,)).search(
        (out / "run.json").read_text(encoding="utf-8")
    )  # a photo that was not measured
    if mine.empty and not folder.exists() and not left_out:
        raise StudyError(f"{subject} is not in {out.name}", next_step="See the column subject of photos.csv.")
    shutil.rmtree(folder, ignore_errors=True)
    for report in (out / "reports").glob("*"):
        if report.stem == safe_name(subject):
            report.unlink()
    without_subject(subject, out)
    _rewrite_run(out, subject, set(mine["photo"]))
    append_log(out, "forget", {})
    searched = list(_files(out))
    named = _naming(name for name in (subject, *mine["sha256"], *mine["photo"]) if not _NUMBER.fullmatch(name))
    if left := [path.name for path in searched if _holds(path, subject, named)]:
        raise StudyError(
            f"traces of {subject} are left in {out.name}",
            found=", ".join(left),
            needed="no name and no hash of a photo",
            next_step="Remove these files yourself, or analyse the others into a new folder.",
        )
    return len(searched)


def _photos_of(subject: str, out: Path) -> pd.DataFrame:
    """The subject's rows of photos.csv."""
    if lacking := [name for name in (*tables.COLUMNS, "study") if not (out / f"{name}.parquet").is_file()]:
        raise StudyError(
            f"{out.name} holds no results",
            found=f"no {lacking[0]}.parquet",
            needed="the --out folder of a finished analysis",
        )
    mine = [rows[rows["subject"] == subject] for rows in groups(out / "photos.parquet")]
    return pd.concat(mine, ignore_index=True) if mine else tables.frame("photos", [])


def _rewrite_run(out: Path, subject: str, photos: set[str]) -> None:
    """run.json, reasons.json and the overview without the subject, and without sentences that name it or its photos."""
    record: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    named = _naming((subject, *photos))
    record["input_sha256"] = {photo: value for photo, value in record["input_sha256"].items() if photo not in photos}
    record["failures"].pop(subject, None)
    for part in ("warnings", "uncompared", "left_out"):
        record[part] = [item for item in record[part] if not named.search(json.dumps(item, ensure_ascii=False))]
    for part in ("input", "noise"):  # a folder of one person bears the name
        record[part] = "" if named.search(record.get(part, "")) else record.get(part, "")
    record["subjects"] = len({name for rows in groups(out / "photos.parquet") for name in rows["subject"]})
    write_text(out / "run.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    said = {text: reasons for text, reasons in read_said(out).items() if not named.search(text)}
    write_said(out, said)
    failures = {person: told(error, said) for person, error in record["failures"].items()}
    write_index(
        by_subject(out), failures, ReportOptions(language_of(out / "index.html")), out / "index.html", safe_name
    )


def _files(out: Path) -> Iterator[Path]:
    return (path for path in out.rglob("*") if path.is_file())


def _holds(path: Path, subject: str, named: re.Pattern[str]) -> bool:
    """Pictures are pixels only; of pages their inlined pictures are skipped, in whose code any short name occurs.

    A subject named by a bare number is looked for as a subject and in names of files: elsewhere any 12 would be it.
    """
    if named.search(path.name) or path.stem == safe_name(subject):
        return True
    if path.suffix == ".parquet":
        return any((rows["subject"] == subject).any() or any(map(named.search, _texts(rows))) for rows in groups(path))
    if path.suffix not in (".csv", ".json", ".jsonl", ".html", ".txt"):
        return False
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        return any(named.search(_INLINED.sub("", line)) for line in file)


def _texts(rows: pd.DataFrame) -> Iterator[str]:
    """Each different text of a table."""
    return (str(text) for column in rows for text in rows[column].unique())


def _naming(names: Iterable[str]) -> re.Pattern[str]:
    """Matches the names as whole words: P1 is not found in P10."""
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names if name) or r"(?!)")
