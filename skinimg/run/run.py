"""A whole run: read the study, do every subject, write the tables of all."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skinimg.base.entries import Study
from skinimg.base.errors import SettingsError, StudyError
from skinimg.base.provenance import versions
from skinimg.base.records import SubjectFailure
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.model.device import resolve_device
from skinimg.model.segmenter import load_segmenter
from skinimg.output import tables
from skinimg.report import ReportOptions, write_index
from skinimg.run.engine import TABLES, Done, Job
from skinimg.run.engine import run as run_jobs
from skinimg.run.shards import shard_of
from skinimg.study import read_study, safe_name, uncompared

Progress = Callable[[int, int, str], None]  # done, of how many, the subject just done


@dataclass(frozen=True)
class Outcome:
    """What a run made. `failures` : subject -> reason; `rejected` : photos that could not be used, with reasons."""

    out: Path
    tables: dict[str, pd.DataFrame]
    failures: dict[str, str]
    rejected: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    resumed: int
    uncompared: tuple[str, ...] = ()  # subjects and sessions that could not be compared with anything, in words

    @property
    def complete(self) -> bool:
        """Whether every subject, session and photo was scored."""
        return not self.failures and not self.rejected and not self.uncompared


@dataclass(frozen=True)
class Options:
    """How to run: which weights, on what, and what the reports look like."""

    weights: str = DEFAULT_WEIGHTS
    device: str = "auto"
    workers: int = 1
    scheduler: str = ""
    fresh: bool = False
    report: ReportOptions = field(default_factory=ReportOptions)
    noise: Path | None = None  # a table of `skinimg repeatability --use`, instead of the weights card's
    shard: tuple[int, int] = (1, 1)  # which part of the study, of how many


def analyze(
    path: str | Path,
    out: str | Path,
    options: Options | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Analyse a manifest, a folder of one subject's photos, or a folder of subject folders (DESIGN.md 2).

    Everything is written under `out`; an earlier, unfinished run there is continued.

    Raises
    ------
    StudyError, SettingsError, WeightsError, DeviceError
        Nothing was done, and why. A subject that cannot be scored is no error: see `Outcome.failures`.
    """
    options, settings, out = options or Options(), settings or Settings(), Path(out)
    if options.workers < 1:
        raise SettingsError("workers", found=str(options.workers), needed="1 or more")
    device = resolve_device(options.device)
    segmenter = load_segmenter(options.weights, device, options.noise)
    study = read_study(Path(path))
    _refuse_out(Path(path), study, out)
    study = shard_of(study, options.shard)
    _prepare(out)
    start = time.perf_counter()
    threads = max((os.cpu_count() or 1) // min(options.workers, len(study.subjects)), 1)
    jobs = [
        Job(
            subject,
            out.resolve(),
            options.weights,
            device,
            settings,
            options.report,
            threads,
            options.fresh,
            options.noise.resolve() if options.noise else None,
        )
        for subject in study.subjects
    ]
    done: dict[str, Done] = {}
    for outcome in run_jobs(jobs, options.workers, options.scheduler):
        done[outcome.subject] = outcome
        if progress is not None:
            progress(len(done), len(jobs), outcome.subject)
    ordered = [done[subject.name] for subject in study.subjects]
    result = _gather(study, ordered, out)
    for name, table in result.tables.items():
        tables.write(table, out / name)
    failures = [SubjectFailure(d.subject, d.error, d.tables["photos"]) for d in ordered if d.error]
    tables.write(tables.roster(study), out / "study")
    write_index(result.tables, failures, options.report, out / "index.html", safe_name)
    told = {
        "input": str(Path(path).resolve()),
        "shard": list(options.shard),
        "noise": str(options.noise.resolve()) if options.noise else "",
        "device": device,
        "settings": settings.as_dict(),
        "weights": {"name": options.weights, "sha256": segmenter.sha256},
    }
    _write_run(out, study, ordered, told, time.perf_counter() - start)
    return result


def _refuse_out(path: Path, study: Study, out: Path) -> None:
    """Results never lie among the photos, nor among the results of other people."""
    inputs = (path if path.is_dir() else path.parent).resolve()
    if inputs.is_relative_to(out.resolve()):
        raise StudyError(
            f"{out} holds the photos",
            found="--out is the folder of the photos, or lies above it",
            needed="a folder of its own",
            next_step=f"For example --out {inputs.name}_result.",
        )
    known = {safe_name(subject.name) for subject in study.subjects}
    folders = (out / "subjects").iterdir() if (out / "subjects").is_dir() else ()
    others = sorted(folder.name for folder in folders if folder.is_dir() and folder.name.lstrip(".") not in known)
    others = [name for name in others if not name.startswith(".")]
    if others:
        listed = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        raise StudyError(
            f"{out} holds the results of another study",
            found=f"results of {listed}, who are not in {path.name}",
            needed="an empty folder, or one with results of these people only",
            next_step="Name another folder with --out.",
        )


def _prepare(out: Path) -> None:
    try:
        for folder in ("subjects", "reports"):
            (out / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(f"cannot write to {out}", found=error.strerror or str(error), needed="a folder") from error


def _gather(study: Study, done: list[Done], out: Path) -> Outcome:
    """The tables of all subjects, in the study's order."""
    whole = {}
    for name in TABLES:
        parts = [d.tables[name] for d in done if len(d.tables[name])]
        whole[name] = tables.typed(pd.concat(parts, ignore_index=True)) if parts else tables.frame(name, [])
    lost = whole["photos"][whole["photos"]["status"] == "rejected"]
    return Outcome(
        out,
        whole,
        {d.subject: d.error for d in done if d.error},
        tuple(zip(lost["photo"], lost["reasons"], strict=True)),
        (*study.warnings, *(text for d in done for text in d.warnings)),
        sum(d.resumed for d in done),
        uncompared(study),
    )


def _write_run(out: Path, study: Study, done: list[Done], told: dict[str, object], seconds: float) -> None:
    """run.json: enough to know what was run on what, and to run it again."""
    stages: dict[str, float] = {}
    for d in done:
        for stage, spent in d.seconds.items():
            stages[stage] = round(stages.get(stage, 0.0) + spent, 3)
    photos = pd.concat([d.tables["photos"] for d in done], ignore_index=True)
    record = {
        "versions": versions(),
        **told,
        "input_sha256": dict(sorted(zip(photos["photo"], photos["sha256"], strict=True))),
        "subjects": len(study.subjects),
        "left_out": [{"file": item.file, "reason": item.reason} for item in study.left_out],
        "uncompared": list(uncompared(study)),
        "subjects_resumed": sum(d.resumed for d in done),
        "failures": {d.subject: d.error for d in done if d.error},
        "seconds": {"total": round(seconds, 3), **stages},
        "warnings": [*study.warnings, *(text for d in done for text in d.warnings)],
    }
    partial = out / f".run.json.{os.getpid()}"
    partial.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(out / "run.json")
