"""Parts of a study on machines that know nothing of each other, and one result of all parts.

Part k of n is the k-th block of the subjects in the study's order, so that the tables of the parts, one behind the other,
are those of the whole. Tables are appended piece by piece: memory does not grow with the study.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from skinimg.base.entries import Study
from skinimg.base.errors import SettingsError, StudyError
from skinimg.base.files import atomic, write_text
from skinimg.base.reasons import read_said, told, write_said
from skinimg.output import tables
from skinimg.output.study_tables import by_subject
from skinimg.report import ReportOptions, write_index
from skinimg.study import safe_name

_SAME = ("versions", "settings", "weights", "noise", "input")  # what all parts must share


def read_shard(text: str) -> tuple[int, int]:
    """`2/8` -> (2, 8); empty -> (1, 1).

    Raises
    ------
    SettingsError
        It is no part of a whole.
    """
    part, _, whole = (text or "1/1").partition("/")
    if part.isdecimal() and whole.isdecimal() and 1 <= int(part) <= int(whole):
        return int(part), int(whole)
    raise SettingsError("shard", found=text, needed="k/n with k from 1 to n, such as 2/8")


def shard_of(study: Study, shard: tuple[int, int]) -> Study:
    """One block of the study's subjects.

    Raises
    ------
    SettingsError
        There are fewer subjects than parts.
    """
    part, whole = shard
    n = len(study.subjects)
    if whole > n:
        raise SettingsError("shard", found=f"{whole} parts", needed=f"at most one per subject, {n}")
    return replace(study, subjects=study.subjects[n * (part - 1) // whole : n * part // whole])


def merge(parts: Sequence[Path], out: Path) -> Path:
    """Join the --out folders of all parts of a study into one; returns the path of its index page.

    Raises
    ------
    StudyError
        A part is missing, unfinished, comes twice, or was run with other settings, weights, noise, version or input;
        `out` is not empty.
    """
    if out.exists() and any(out.iterdir()):
        raise StudyError(f"{out} is not empty", needed="a new folder")
    runs = _in_order(parts)
    ordered = [folder for folder, _ in runs]
    for name in ("subjects", "reports"):
        (out / name).mkdir(parents=True, exist_ok=True)
        for folder in ordered:
            shutil.copytree(folder / name, out / name, dirs_exist_ok=True)
    for name in tables.COLUMNS:
        _append_csv([folder / f"{name}.csv" for folder in ordered], out / f"{name}.csv")
        _append_parquet([folder / f"{name}.parquet" for folder in ordered], out / f"{name}.parquet")
    rosters = [pd.read_parquet(folder / "study.parquet") for folder in ordered]
    tables.write(pd.concat(rosters, ignore_index=True).fillna(""), out / "study")
    record = _seen_from(out, ordered[0], _joined([record for _, record in runs]))
    write_text(out / "run.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    said = {text: reasons for folder in ordered for text, reasons in read_said(folder).items()}
    write_said(out, said)
    failures = {subject: told(error, said) for subject, error in record["failures"].items()}
    options = ReportOptions(language_of(ordered[0] / "index.html"))
    return write_index(by_subject(out), failures, options, out / "index.html", safe_name)


def language_of(index: Path) -> str:
    """The language of an overview."""
    return "fr" if 'lang="fr"' in index.read_text(encoding="utf-8")[:500] else "en"


def _seen_from(out: Path, part: Path, record: dict[str, Any]) -> dict[str, Any]:
    """run.json of a part with its paths as seen from `out`: those of photos, of a noise table and of a file of weights."""

    def seen(path: str) -> str:
        return Path(os.path.relpath((part / path).resolve(), out.resolve())).as_posix() if path else ""

    weights = record["weights"]
    named = seen(weights["name"]) if Path(weights["name"]).suffix else weights["name"]
    paths = {name: seen(record.get(name, "")) for name in ("input", "noise")}
    return record | paths | {"weights": weights | {"name": named}}


def _in_order(parts: Sequence[Path]) -> list[tuple[Path, dict[str, Any]]]:
    """The parts with their run.json, in the order of the study."""
    found: dict[int, tuple[Path, dict[str, Any]]] = {}
    for folder in parts:
        try:
            record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            part, whole = record["shard"]
        except (OSError, ValueError, KeyError) as error:
            raise StudyError(
                f"{folder} is no finished part of a study", needed="the --out of analyze --shard"
            ) from error
        if part in found:
            raise StudyError(f"part {part} comes twice", found=f"{found[part][0]} and {folder}")
        found[part] = folder, record
        if whole != len(parts):
            raise StudyError("parts are missing", found=f"{len(parts)} of {whole}", needed="all of them")
    runs = [found[part] for part in sorted(found)]
    for folder, record in runs[1:]:
        if unlike := [name for name in _SAME if record.get(name) != runs[0][1].get(name)]:
            raise StudyError(
                f"{folder} was not run as {runs[0][0]} was", found=f"another {', '.join(unlike)}", needed="the same"
            )
    return runs


def _append_csv(sources: Sequence[Path], target: Path) -> None:
    with atomic(target) as partial, partial.open("wb") as whole:
        for k, source in enumerate(sources):
            with source.open("rb") as part:
                header = part.readline()
                if k == 0:
                    whole.write(header)
                shutil.copyfileobj(part, whole)


def _append_parquet(sources: Sequence[Path], target: Path) -> None:
    """Row group by row group."""
    schema = pq.read_schema(sources[0])
    with atomic(target) as partial, pq.ParquetWriter(partial, schema) as writer:
        for source in sources:
            file = pq.ParquetFile(source)
            for k in range(file.num_row_groups):
                writer.write_table(file.read_row_group(k).cast(schema))


def _joined(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One run.json: lists and tables joined, counts and seconds added, the rest is the same in all parts."""
    whole = dict(records[0]) | {"shard": [1, 1]}
    for record in records[1:]:
        whole["input_sha256"] = whole["input_sha256"] | record["input_sha256"]
        whole["failures"] = whole["failures"] | record["failures"]
        for name in ("subjects", "subjects_resumed"):
            whole[name] += record[name]
        whole["seconds"] = {
            k: round(whole["seconds"].get(k, 0.0) + record["seconds"].get(k, 0.0), 3)
            for k in {**whole["seconds"], **record["seconds"]}
        }
        for name in ("uncompared", "warnings"):
            whole[name] = list(dict.fromkeys([*whole[name], *record[name]]))
    return whole
