"""Many subjects: worker processes, resumption, and the tables of the whole study.

A subject's work is built in a hidden folder and moved into place in one rename, with a key of everything it depends on.
A run that was killed loses the subjects in work and no other; the next run skips every subject whose key still fits.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import active_children, get_context
from pathlib import Path

import cv2
import pandas as pd

from skinimg.base.allocator import keep_freed_memory
from skinimg.base.entries import Subject
from skinimg.base.errors import DeviceError
from skinimg.base.provenance import file_sha256, subject_key, versions
from skinimg.base.reasons import FILE, Said, in_words, read_said, told, why, write_said
from skinimg.base.results import PhotoRow, Reasons, SubjectResult
from skinimg.base.settings import Settings
from skinimg.model.segmenter import Segmenter, load_segmenter
from skinimg.output import tables
from skinimg.output.rows import rejected_row
from skinimg.pipeline import Equipment, analyze_subject
from skinimg.report import ReportOptions, write_subject_report
from skinimg.study import safe_name

_STATE = "state.json"
TABLES = tuple(tables.COLUMNS)
_FILES = (*(f"{name}.parquet" for name in TABLES), FILE)


@dataclass(frozen=True)
class Job:
    """What a worker needs to do one subject; small enough to travel between processes."""

    subject: Subject
    out: Path
    weights: str
    device: str
    settings: Settings
    report: ReportOptions
    threads: int  # for OpenCV, so that all workers together use each core once
    fresh: bool  # do it again even where the earlier result still fits
    noise: Path | None = None  # instead of the noise that the weights card states


@dataclass(frozen=True)
class Done:
    """One subject's outcome; its tables lie in its folder.

    error : why it failed, empty if it did not
    lost : rows of `photos` of a subject whose folder could not be written
    """

    subject: str
    error: Reasons
    warnings: tuple[str, ...]
    seconds: dict[str, float]
    resumed: bool
    lost: tuple[PhotoRow, ...] = ()


def tables_of(out: Path, done: Done) -> tuple[dict[str, pd.DataFrame], Said]:
    """The tables of a subject that was done, and what their cells say, from its folder in `out`.

    Raises
    ------
    OSError, ValueError
        The folder is gone, or was written over.
    """
    if done.lost:
        result = SubjectResult(done.subject, done.lost, error=done.error)
        return {name: tables.frame(name, getattr(result, name)) for name in TABLES}, tables.said(result)
    folder = out / "subjects" / safe_name(done.subject)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}, read_said(folder)


def run(jobs: Sequence[Job], workers: int, scheduler: str = "") -> Iterator[Done]:
    """Do the jobs here, in `workers` processes, or on the Dask cluster at `scheduler`; yields as they are completed.

    A bug in a worker reaches the caller whole and ends the run.

    Raises
    ------
    DeviceError
        A cluster was asked for and cannot be reached, or the extra `cluster` is not installed.
    """
    if scheduler:
        yield from _on_cluster(jobs, scheduler)
        return
    if workers == 1 or len(jobs) == 1:
        for job in jobs:
            yield _do(job)
        return
    # spawn: a forked process inherits the locks of threads that torch and OpenCV have started.
    context = get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context, initializer=keep_freed_memory) as pool:
        futures = [pool.submit(_do, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise DeviceError(
                "a worker process was ended by the system, most often for want of memory",
                found=f"{workers} workers",
                next_step="Run again with fewer --workers; finished subjects are kept.",
            ) from error
        except BaseException:  # stopped by the user, or a bug: nobody waits for the results of the others
            for child in active_children():
                child.terminate()
            raise
        finally:
            for future in futures:
                future.cancel()


def _on_cluster(jobs: Sequence[Job], scheduler: str) -> Iterator[Done]:
    try:
        from distributed import Client
        from distributed import as_completed as completed
        from distributed.scheduler import KilledWorker
    except ImportError as error:
        raise DeviceError(
            "a scheduler needs the extra `cluster`", next_step="pip install 'skinimg[cluster]'"
        ) from error
    try:
        client = Client(scheduler, timeout=10)
    except OSError as error:
        raise DeviceError(f"no Dask scheduler answers at {scheduler}", found=str(error)) from error
    with client:
        try:
            for future in completed([client.submit(_do, job, pure=False) for job in jobs]):
                yield future.result()
        except KilledWorker as error:
            raise DeviceError(
                "a worker of the cluster was ended by its machine again and again, most often for want of memory",
                found=scheduler,
                next_step="Give its workers more memory and run again; finished subjects are kept.",
            ) from error


def _do(job: Job) -> Done:
    """One subject, from the cache of an earlier run where its key still fits."""
    cv2.setNumThreads(job.threads)
    segmenter = load_segmenter(job.weights, job.device, job.noise)
    key = subject_key(job.subject.photos, job.settings, segmenter.key, asdict(job.report))
    name = safe_name(job.subject.name)
    home = job.out / "subjects" / name
    if not job.fresh and (known := _resume(home, job.subject.name, key)) is not None:
        return known
    for left_over in home.parent.glob(f".{glob.escape(name)}.*"):  # of a run that was killed
        if left_over.name.removeprefix(f".{name}.").isdecimal():  # not `.P1.5.123`, which another worker may be at
            shutil.rmtree(left_over, ignore_errors=True)
    partial = home.parent / f".{name}.{os.getpid()}"
    try:
        partial.mkdir(parents=True)
        done, found = _analyze(job, segmenter, partial)
        _save(partial, key, done, found)
        shutil.rmtree(home, ignore_errors=True)
        partial.replace(home)
    except OSError as error:
        return _unwritten(job.subject, error)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return done


def _unwritten(subject: Subject, error: OSError) -> Done:
    """The disk was full, or a file went away: this subject failed, the others go on."""
    reason = why("disk", cause=error.strerror or why("unknown_cause"))
    lost = tuple(rejected_row(entry, (reason,), "") for entry in subject.photos)
    return Done(subject.name, (reason,), (), {}, False, lost)


def _analyze(job: Job, segmenter: Segmenter, folder: Path) -> tuple[Done, SubjectResult]:
    """One subject from photos to report; a subject that could not be scored gets a page that says why."""
    result, pictures = analyze_subject(job.subject, Equipment(segmenter, job.settings), folder)
    footer = {
        **versions(),
        "weights": f"{segmenter.name} (sha256 {segmenter.sha256[:16]})",
        **{name: value if isinstance(value, str) else f"{value:g}" for name, value in job.settings.as_dict().items()},
    }
    report = job.out / "reports" / f"{safe_name(job.subject.name)}.html"
    write_subject_report(result, pictures, job.report, footer, report, job.subject)
    warnings = (*map(str, result.warnings), *segmenter.memory_warnings())
    return Done(result.subject, result.error, warnings, result.seconds, False), result


def _save(folder: Path, key: str, done: Done, result: SubjectResult) -> None:
    """The tables of one subject, and last of all the key and the hashes that vouch for them."""
    for name in TABLES:
        table = tables.frame(name, getattr(result, name))
        (folder / f"{name}.parquet").write_bytes(table.to_parquet(index=False))
    write_said(folder, tables.said(result))
    state = {
        "key": key,
        "files": {name: file_sha256(folder / name) for name in _FILES},
        "error": in_words(done.error),
        "warnings": done.warnings,
        "seconds": done.seconds,
    }
    (folder / _STATE).write_text(json.dumps(state), encoding="utf-8")


def _resume(folder: Path, subject: str, key: str) -> Done | None:
    """An earlier outcome with the same key, or None where there is none or it is not whole."""
    try:
        state = json.loads((folder / _STATE).read_text(encoding="utf-8"))
        if state["key"] != key or state["files"] != {name: file_sha256(folder / name) for name in _FILES}:
            return None
        error = told(state["error"], read_said(folder)) if state["error"] else ()
        return Done(subject, error, tuple(state["warnings"]), dict(state["seconds"]), True)
    except (OSError, ValueError, KeyError):
        return None
