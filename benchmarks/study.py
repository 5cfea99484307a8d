"""What a study costs beside its photos, as JSON: memory and time of many subjects, overhead, throughput of workers.

    ./scripts/bench study simulated [--sizes 1000 10000]   a stand-in for the pipeline, which hands back the rows of a real
                                                           subject with two sessions; a process for each size
    ./scripts/bench study overhead [--people 4]            what the engine adds to the pipeline and the report it calls
    ./scripts/bench study workers [--people 4]             photos per hour of one worker and of two, whole faces

`simulated` counts wall clock, CPU seconds of the process, and its peak memory above the one that it has after its imports.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from skinimg.base.entries import Subject
from skinimg.base.findings import FINDINGS
from skinimg.base.results import SubjectResult
from skinimg.base.shipped import shipped
from skinimg.measure.metrics import METRICS
from skinimg.model.segmenter import load_segmenter
from skinimg.output import tables
from skinimg.pipeline import analyze_subject
from skinimg.report import write_subject_report
from skinimg.run import engine
from skinimg.run.run import Options, analyze

# Rows of a subject with two sessions of one frontal photo (samples/P01).
ROWS = {"photos": 2, "measurements": 902, "changes": 451, "lesions": 1174, "scores": 8, "indices": 6}
SESSIONS = ("S1", "S2")


def rows_of_a_subject(share: float) -> SubjectResult:
    """Tables of a share of a real subject's length, with numbers of as many digits."""
    rng = np.random.default_rng(0)
    metrics = list(METRICS.values())

    def row(name: str, count: int, k: int) -> tables.Row:
        own = {
            "session": SESSIONS[k * len(SESSIONS) // count] if name in ("photos", "measurements") else "S2",
            **{"view": "front", "light": "standard", "replicate": 1, "region": "left_periorbital"},
            **{"finding": metrics[k % len(metrics)].findings[0], "metric": metrics[k % len(metrics)].id},
            **{"status": "ok", "verdict": "unchanged", "date": "2026-01-12", "sha256": f"{rng.bytes(32).hex()}"},
            **{"photo": f"S{k + 1}.jpg", "lesion": k, "days": 28, "unit": "mm2", "subject": "", "index": "mmasi_like"},
            **{column: rng.normal() for column in ("value", "baseline", "follow_up", "change", "ci_low", "ci_high")},
            **{"improvement_percent": rng.normal(), "x_mm": rng.normal(), "y_mm": rng.normal()},
            **{"area_mm2": np.nan, "contrast": np.nan, "baseline_session": "S1", "reasons": ()},
        }
        if name == "scores":
            own["finding"] = ("overall", *FINDINGS)[k]
        kind: Any = tables.TABLES[name]
        return kind(**{field.name: own[field.name] for field in fields(kind) if field.name in own})

    counts = {name: whole if whole < 10 else round(whole * share) for name, whole in ROWS.items()}
    made: dict[str, Any] = {name: tuple(row(name, count, k) for k in range(count)) for name, count in counts.items()}
    return SubjectResult("", **made)


def as_subject(template: SubjectResult, subject: Subject) -> SubjectResult:
    """The same rows under another name, with the subject's own photos."""
    made: dict[str, Any] = {
        name: tuple(replace(row, subject=subject.name) for row in getattr(template, name)) for name in ROWS
    }
    photos = zip(made["photos"], subject.photos, strict=True)
    made["photos"] = tuple(replace(row, photo=entry.photo) for row, entry in photos)
    return SubjectResult(subject.name, **made)


def simulated(people: int, share: float, folder: Path) -> dict[str, float]:
    """A study of stand-ins: all of `analyze` but the pipeline and the report."""
    rows = ["subject,session,photo,date"]
    for k in range(people):
        for session in SESSIONS:
            name = f"P{k:06d}_{session}.jpg"
            (folder / name).write_bytes(name.encode())
            rows.append(f"P{k:06d},{session},{name},2026-0{session[1]}-12")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    template = rows_of_a_subject(share)

    def stand_in(job: engine.Job, *_: object) -> tuple[engine.Done, SubjectResult]:
        return engine.Done(job.subject.name, (), (), {}, False), as_subject(template, job.subject)

    load_segmenter("classical")
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    with patch.object(engine, "_analyze", stand_in):  # what is measured is everything around it
        outcome = analyze(folder / "manifest.csv", folder / "out", Options(weights="classical"))
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    if not outcome.complete:
        raise SystemExit("the stand-in study is not complete")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    pages = sorted((folder / "out").glob("index*.html"))
    return {
        "people": people,
        "rows_per_person": sum(len(getattr(template, name)) for name in ROWS),
        "seconds_per_person": round(seconds / people, 4),
        "cpu_seconds_per_person": round(cpu / people, 4),
        "peak_memory_mb": round(after.ru_maxrss / 1024, 1),
        "of_it_before_the_run_mb": round(before.ru_maxrss / 1024, 1),
        "tables_mb": round(sum(p.stat().st_size for p in (folder / "out").glob("*.csv")) / 1e6, 1),
        "index_pages": len(pages),
        "largest_page_mb": round(max(p.stat().st_size for p in pages) / 1e6, 2),
    }


def faces(folder: Path, people: int) -> Path:
    """Whole faces of 4 megapixels, two sessions each: the samples' people again and again, every file with its own number."""
    rows = ["subject,session,photo"]
    for k in range(people):
        for session in SESSIONS:
            jpeg = (shipped("samples") / "photos" / f"P0{1 + k % 2}" / f"{session}_front.jpg").read_bytes()
            name = f"p{k}_{session}.jpg"
            # A comment of six bytes behind the mark that a JPEG starts with.
            (folder / name).write_bytes(jpeg[:2] + b"\xff\xfe\x00\x08" + f"{k:06d}".encode() + jpeg[2:])
            rows.append(f"p{k},{session},{name}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


def overhead(people: int, folder: Path) -> dict[str, float]:
    """CPU seconds of `analyze` in one process beside those of the pipeline and the report that it calls."""
    manifest, bare = faces(folder, people), [0.0]

    def counted(work: Callable[..., object]) -> Callable[..., object]:
        def timed(*given: object) -> object:
            start = time.process_time()
            found = work(*given)
            bare[0] += time.process_time() - start
            return found

        return timed

    load_segmenter("skin")
    pipeline, report = counted(analyze_subject), counted(write_subject_report)
    with patch.object(engine, "analyze_subject", pipeline), patch.object(engine, "write_subject_report", report):
        start = time.process_time()
        outcome = analyze(manifest, folder / "out", Options())
        whole = time.process_time() - start
    if outcome.failures:
        raise SystemExit(str(outcome.failures))
    return {
        "people": people,
        "bare_cpu_seconds": round(bare[0] / people, 3),
        "engine_cpu_seconds": round((whole - bare[0]) / people, 3),
        "overhead_percent": round(100 * (whole / bare[0] - 1), 1),
    }


def workers(people: int, folder: Path) -> dict[str, float]:
    """Photos per hour, with the start of the processes: one worker on one core and on all, two workers on all."""
    manifest = faces(folder, people)
    found: dict[str, float] = {"people": people, "load_before": round(os.getloadavg()[0], 1)}
    every = os.sched_getaffinity(0)
    for name, count, cores in (("1_on_one_core", 1, {min(every)}), ("1_on_all", 1, every), ("2_on_all", 2, every)):
        command = [sys.executable, "-m", "skinimg", "analyze", str(manifest), "--workers", str(count), "--out"]
        cpu, start = _cpu_of_children(), time.perf_counter()
        os.sched_setaffinity(0, cores)  # a child inherits it
        run = subprocess.run([*command, str(folder / name)], capture_output=True, text=True)
        os.sched_setaffinity(0, every)
        if not (folder / name / "run.json").exists():
            raise SystemExit(run.stderr)
        found[f"photos_per_hour_{name}"] = round(3600 * people * len(SESSIONS) / (time.perf_counter() - start))
        found[f"cpu_seconds_per_photo_{name}"] = round((_cpu_of_children() - cpu) / people / len(SESSIONS), 2)
    two = found["photos_per_hour_2_on_all"]
    return found | {
        "two_workers_over_one_on_one_core": round(two / found["photos_per_hour_1_on_one_core"], 2),
        "two_workers_over_one_on_all": round(two / found["photos_per_hour_1_on_all"], 2),
        "load_after": round(os.getloadavg()[0], 1),
    }


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("simulated", "overhead", "workers"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--share", type=float, default=1.0, help="of a real subject's rows, for slow machines")
    parser.add_argument("--people", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.what == "overhead":
            return dict(overhead(arguments.people, folder))
        if arguments.what == "workers":
            return dict(workers(arguments.people, folder))
        if len(arguments.sizes) == 1:
            return dict(simulated(arguments.sizes[0], arguments.share, folder))
    bench = Path(__file__).resolve().parents[1] / "scripts" / "bench"
    command = [sys.executable, str(bench), "study", "simulated", "--share", str(arguments.share), "--sizes"]
    runs = [subprocess.run([*command, str(n)], check=True, capture_output=True) for n in arguments.sizes]
    return {"runs": [json.loads(run.stdout) for run in runs]}
