"""Whether a finished analysis can be made again: it is, from its photos, and every table is compared."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.provenance import file_sha256, versions
from skinimg.base.settings import Settings
from skinimg.output.tables import COLUMNS
from skinimg.run.run import Options, Progress, analyze


@dataclass(frozen=True)
class Verified:
    """`differences` : in words, and by how much; empty where all is identical. `notes` : versions that differ."""

    tables: int
    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return not self.differences


def verify(folder: Path, progress: Progress | None = None) -> Verified:
    """Analyse the study behind an `--out` folder again, in a temporary folder, and compare the tables.

    Raises
    ------
    StudyError
        The folder is no finished analysis, or its photos are not where they were.
    """
    record = _record(folder)
    source = folder / record["input"]
    if not record["input"] or not source.exists():
        raise StudyError(
            "the photos are not where they were",
            found=f"no {record['input'] or 'path (pseudonymised, or of a person who was forgotten)'}",
            needed="the input of the analysis",
        )
    then, now = record["versions"], versions()
    notes = [
        f"{name}: {then.get(name, 'not recorded')} then, {now.get(name, 'absent')} now"
        for name in {**then, **now}
        if now.get(name) != then.get(name)
    ]
    settings, name = Settings(**record["settings"]), record["weights"]["name"]
    options = Options(
        weights=str(folder / name) if Path(name).suffix else name,
        device=record["device"],
        shard=tuple(record["shard"]),
        noise=folder / record["noise"] if record["noise"] else None,
    )
    with tempfile.TemporaryDirectory(prefix="skinimg_verify_") as scratch:
        again = Path(scratch) / "out"
        analyze(source, again, options, settings, progress)
        weights = _record(again)["weights"]["sha256"]
        found = [] if weights == record["weights"]["sha256"] else ["the weights are not those of then"]
        found += _photos(record["input_sha256"], _record(again)["input_sha256"])
        for table in COLUMNS:
            found += _compare(table, folder / f"{table}.csv", again / f"{table}.csv")
    return Verified(len(COLUMNS), tuple(found), tuple(notes))


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(f"{folder} is no finished analysis", found="no readable run.json") from error
    if lacking := [name for name in ("input", "shard", "noise") if name not in record]:
        raise StudyError(
            f"{folder} cannot be verified", found=f"run.json without {', '.join(lacking)}", needed="a newer analysis"
        )
    return record


def _photos(then: dict[str, str], now: dict[str, str]) -> list[str]:
    names = sorted({*then, *now})
    return [f"photo {name}: not the file of then" for name in names if then.get(name) != now.get(name)]


def _compare(name: str, then: Path, now: Path) -> list[str]:
    """What differs in one table: rows, then columns with the largest difference."""
    if not then.is_file():
        return [f"{name}: the table is missing"]
    if file_sha256(then) == file_sha256(now):
        return []
    old, new = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (then, now))
    if list(old.columns) != list(new.columns):
        return [f"{name}: other columns, {' '.join(sorted(set(old.columns) ^ set(new.columns)))}"]
    if len(old) != len(new):
        return [f"{name}: {len(old)} rows then, {len(new)} now"]
    found = []
    for column in map(str, old.columns):
        unlike = old[column] != new[column]
        if unlike.any():
            a, b = (pd.to_numeric(t.loc[unlike, column], errors="coerce") for t in (old, new))
            most = float(np.nanmax(np.abs(a - b))) if (a - b).notna().any() else float("nan")
            by = f", by {most:.3g} at most" if np.isfinite(most) else ""
            found.append(f"{name}: {column} differs in {int(unlike.sum())} of {len(old)} rows{by}")
    return found or [f"{name}: the same values, written otherwise"]
