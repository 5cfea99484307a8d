"""A whole run: read the study, do every subject, write the tables of all."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skinimg.base.entries import PhotoEntry, Study
from skinimg.base.errors import SettingsError, StudyError
from skinimg.base.files import write_text
from skinimg.base.log import append_log
from skinimg.base.provenance import versions
from skinimg.base.reasons import in_words
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.model.device import resolve_device
from skinimg.model.segmenter import load_segmenter
from skinimg.output import tables
from skinimg.output.study_tables import StudyFrames, by_subject, headers, study_said, study_tables
from skinimg.photo.header import NOT_READ, READ
from skinimg.report import ReportOptions, write_index
from skinimg.report.language import language
from skinimg.run.engine import Done, Job, tables_of
from skinimg.run.engine import run as run_jobs
from skinimg.run.shards import shard_of
from skinimg.study import read_study, safe_name, uncompared
from skinimg.study.pseudonyms import pseudonymized, read_key
from skinimg.study.tree import holds_results, shown

Progress = Callable[[int, int, str], None]  # done, of how many, the subject just done


@dataclass(frozen=True)
class Outcome:
    """What a run made. `failures` : subject -> reason; `rejected` : photos that could not be used, with reasons."""

    out: Path
    failures: dict[str, str]
    rejected: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    resumed: int
    uncompared: tuple[str, ...] = ()  # subjects and sessions that could not be compared with anything, in words

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The study's tables, each read from its file when it is asked for."""
        return StudyFrames(self.out)

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
    key: Path | None = None  # file of the key for pseudonyms; None keeps the names
    noise: Path | None = None  # a table of `skinimg repeatability --use`, instead of the weights card's
    shard: tuple[int, int] = (1, 1)  # which part of the study, of how many


def analyze(
    path: str | Path,
    out: str | Path,
    options: Options | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Analyse a manifest, a folder of one subject's photos, or a folder of subject folders (docs/REFERENCE.md).

    Everything is written under `out`; an earlier, unfinished run there is continued.

    Raises
    ------
    StudyError, SettingsError, WeightsError, DeviceError
        Nothing was done, and why. A subject that cannot be scored is no error: see `Outcome.failures`.
    """
    options, settings, out = options or Options(), settings or Settings(), Path(out)
    if options.workers < 1:
        raise SettingsError("workers", found=str(options.workers), needed="1 or more")
    language(options.report.lang)  # refused before hours of work, not after
    device = resolve_device(options.device)
    segmenter = load_segmenter(options.weights, device, options.noise)
    study = read_study(Path(path))
    if options.key is not None:
        study = pseudonymized(study, read_key(options.key))
    _refuse_out(Path(path), study, out)
    if not options.fresh:
        _refuse_other_photos(study, out)
    study = shard_of(study, options.shard)
    _prepare(out)
    start = time.perf_counter()
    jobs = _jobs(study, out, options, settings, device)
    done: dict[str, Done] = {}
    for outcome in run_jobs(jobs, options.workers, options.scheduler):
        done[outcome.subject] = outcome
        if progress is not None:
            progress(len(done), len(jobs), outcome.subject)
    told: dict[str, object] = {
        # A pseudonymised result does not say where the names are.
        "input": "" if options.key else _beside(Path(path), out),
        "shard": list(options.shard),
        "noise": _beside(options.noise, out) if options.noise else "",
        "device": device,
        "settings": settings.as_dict(),
        "weights": {"name": _named(options.weights, out), "sha256": segmenter.sha256},
    }
    return _write_all(study, [done[subject.name] for subject in study.subjects], out, options.report, told, start)


def _beside(path: Path, out: Path) -> str:
    """A path as seen from `--out`: an absolute one would tell whose machine it was."""
    return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()


def _named(weights: str, out: Path) -> str:
    """The name of shipped weights, or where a file of one's own lies."""
    return _beside(Path(weights), out) if Path(weights).suffix else weights


def _jobs(study: Study, out: Path, options: Options, settings: Settings, device: str) -> list[Job]:
    """What every worker needs to know of its subject."""
    threads = max((os.cpu_count() or 1) // min(options.workers, len(study.subjects)), 1)
    noise = options.noise.resolve() if options.noise else None
    common = (options.weights, device, settings, options.report, threads, options.fresh, noise)
    return [Job(subject, out.resolve(), *common) for subject in study.subjects]


def _write_all(
    study: Study, ordered: list[Done], out: Path, report: ReportOptions, told: dict[str, object], start: float
) -> Outcome:
    """Tables, overview, run.json and the log; StudyError where the disk refuses them."""
    try:
        outcome, photos = _gather(study, ordered, out)
        seconds = time.perf_counter() - start
        failures = {d.subject: d.error for d in ordered if d.error}
        write_index(by_subject(out), failures, report, out / "index.html", safe_name)
        _write_run(outcome, study, ordered, {**told, "input_sha256": dict(sorted(photos.items()))}, seconds)
        append_log(out, "analyze", {name: told[name] for name in ("settings", "weights", "device")})
    except OSError as error:
        raise StudyError(
            f"the tables in {out.name} could not be written",
            found=error.strerror or "an unknown fault of the disk",
            next_step="Make room and run again; finished subjects are kept.",
        ) from error
    return outcome


def _refuse_out(path: Path, study: Study, out: Path) -> None:
    """Results never lie among the photos, nor among the results of other people."""
    inputs = (path if path.is_dir() else path.parent).resolve()
    photos = (entry.path for subject in study.subjects for entry in subject.photos)
    real = os.path.realpath(out)  # `resolve` raises where links go round
    if any(path.is_relative_to(real) for path in (inputs, *photos)):
        raise StudyError(
            f"{out} holds the photos",
            found="--out is a folder of photos, or lies above one",
            needed="a folder of its own",
            next_step=f"For example --out {inputs.name}_result.",
        )
    known = {safe_name(subject.name) for subject in study.subjects}
    try:
        _refuse_strangers_photos(out)
        folders = (out / "subjects").iterdir() if (out / "subjects").is_dir() else ()
        others = sorted(folder.name for folder in folders if folder.is_dir() and folder.name.lstrip(".") not in known)
    except OSError as error:  # a name that is too long, a folder that may not be opened
        raise _unwritable(out, error) from error
    others = [name for name in others if not name.startswith(".")]
    if others:
        listed = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        raise StudyError(
            f"{out} holds the results of another study",
            found=f"results of {listed}, who are not in {path.name}",
            needed="an empty folder, or one with results of these people only",
            next_step="Name another folder with --out.",
        )


def _refuse_strangers_photos(out: Path) -> None:
    """A folder of photos that became a folder of results would be left out of every later study."""
    if holds_results(out):
        return
    files = (
        path for pattern in ("*", "*/*") for path in out.glob(pattern) if path.suffix.casefold() in READ | NOT_READ
    )
    if photo := next((path for path in files if path.is_file() and shown(path.name)), None):
        raise StudyError(
            f"{out} holds other photos",
            found=photo.relative_to(out).as_posix(),
            needed="an empty folder, or one with results of these people only",
            next_step="Name another folder with --out.",
        )


def _refuse_other_photos(study: Study, out: Path) -> None:
    """Another person's photos may lie in a folder of the same name: `anna/photos`, `ben/photos`."""
    try:
        earlier = json.loads((out / "run.json").read_text(encoding="utf-8")).get("input_sha256")
    except (OSError, ValueError, AttributeError):
        return  # no finished run there
    entries = [entry for subject in study.subjects for entry in subject.photos]
    if earlier and not any(_same(entry, earlier) for entry in entries):
        raise StudyError(
            f"{out} holds the results of other photos",
            found=f"none of the {len(earlier)} photos of the earlier run is in this study",
            needed="an empty folder, or one with results of these photos",
            next_step="Name another folder with --out; or, if all photos were exported anew, use --fresh.",
        )


def _same(entry: PhotoEntry, earlier: dict[str, str]) -> bool:
    """Whether a photo is the one that an earlier run measured under its name."""
    if entry.photo not in earlier:
        return False
    try:
        with entry.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == earlier[entry.photo]
    except OSError:
        return False


def _prepare(out: Path) -> None:
    try:
        for folder in ("subjects", "reports"):
            (out / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> StudyError:
    return StudyError(f"cannot write to {out}", found=error.strerror or str(error), needed="a folder")


def _gather(study: Study, done: list[Done], out: Path) -> tuple[Outcome, dict[str, str]]:
    """Write the tables of all subjects in the study's order, one subject in memory; also photo -> sha256."""
    rejected: list[tuple[str, str]] = []
    hashes: dict[str, str] = {}
    columns = tables.roster_columns(entry for subject in study.subjects for entry in subject.photos)
    stated = pd.DataFrame([dict.fromkeys(columns, "")])
    with study_tables(out, headers() | {"study": stated}) as add, study_said(out) as say:
        for subject, one in zip(study.subjects, done, strict=True):
            found, said = tables_of(out, one)
            say(said)
            for name, table in found.items():
                add(name, table)
            add("study", tables.roster(subject.photos, columns))
            photos = found["photos"]
            hashes |= dict(zip(photos["photo"], photos["sha256"], strict=True))
            lost = photos[photos["status"] == "rejected"]
            rejected += zip(lost["photo"], lost["reasons"], strict=True)
    outcome = Outcome(
        out,
        {d.subject: in_words(d.error) for d in done if d.error},
        tuple(rejected),
        (*study.warnings, *(text for d in done for text in d.warnings)),
        sum(d.resumed for d in done),
        uncompared(study),
    )
    return outcome, hashes


def _write_run(outcome: Outcome, study: Study, done: list[Done], told: dict[str, object], seconds: float) -> None:
    """run.json: enough to know what was run on what, and to run it again."""
    stages: dict[str, float] = {}
    for d in done:
        for stage, spent in d.seconds.items():
            stages[stage] = round(stages.get(stage, 0.0) + spent, 3)
    record = {
        "versions": versions(),
        **told,
        "subjects": len(study.subjects),
        "left_out": [{"file": item.file, "reason": item.reason} for item in study.left_out],
        "uncompared": list(outcome.uncompared),
        "subjects_resumed": outcome.resumed,
        "failures": outcome.failures,
        "seconds": {"total": round(seconds, 3), **stages},
        "warnings": list(outcome.warnings),
    }
    write_text(outcome.out / "run.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
