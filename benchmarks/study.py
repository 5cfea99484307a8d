"""What a study costs beside its photos, as JSON: memory and time of many subjects, overhead, throughput of workers.

    ./scripts/bench study simulated [--sizes 1000 10000]   a stand-in for the pipeline, which hands back the rows of a real
                                                           subject with two sessions; a process for each size
    ./scripts/bench study overhead [--people 4]            one worker against the bare function, the same photos
    ./scripts/bench study workers [--people 4]             photos per hour of one worker and of two

`simulated` counts wall clock, CPU seconds of the process, and its peak memory above the one that it has after its imports.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np

from skinimg.base.entries import Subject
from skinimg.base.findings import FINDINGS
from skinimg.base.reasons import in_words
from skinimg.base.results import SubjectResult
from skinimg.base.settings import Settings
from skinimg.measure.metrics import METRICS
from skinimg.model.segmenter import load_segmenter
from skinimg.output import tables
from skinimg.pipeline import Equipment, analyze_subject
from skinimg.report import ReportOptions, write_subject_report
from skinimg.run import engine
from skinimg.run.run import Options, analyze
from skinimg.study import read_study

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


def small_study(folder: Path, people: int) -> Path:
    """Close-ups of 40 mm, two sessions each: noise over a smooth grey, which costs as much as skin does."""
    rows = ["subject,session,photo,view,mm_per_px"]
    for k in range(people):
        for session in SESSIONS:
            rng = np.random.default_rng([k, int(session[1])])
            base = cv2.GaussianBlur(np.random.default_rng(k).normal(0, 40, (400, 400)), (0, 0), 3)
            pixels = np.clip(np.array([120, 140, 180]) + base[..., None] + rng.normal(0, 3, (400, 400, 3)), 0, 255)
            name = f"p{k}_{session}.png"
            cv2.imwrite(str(folder / name), pixels.astype(np.uint8))
            rows.append(f"p{k},{session},{name},closeup,0.1")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


def overhead(people: int, folder: Path) -> dict[str, float]:
    """CPU seconds of `analyze` over those of the pipeline and the report for the same people, in one process."""
    manifest = small_study(folder, people)
    study, segmenter = read_study(manifest), load_segmenter("skin")
    bench = Equipment(segmenter, Settings())

    def bare() -> None:
        for subject in study.subjects:
            result, pictures = analyze_subject(subject, bench, folder / "bare" / subject.name)
            page = folder / "bare" / f"{subject.name}.html"
            if result.error:
                raise SystemExit(in_words(result.error))
            write_subject_report(result, pictures, ReportOptions(), {}, page, subject)

    def engine_run(name: str) -> None:
        analyze(manifest, folder / name, Options(fresh=True))

    bare()  # warm-up of both
    engine_run("warm")
    figures: dict[str, list[float]] = {"bare": [], "engine": []}
    for k in range(3):
        for name, work in (("bare", bare), ("engine", lambda k=k: engine_run(f"run{k}"))):
            start = time.process_time()
            work()
            figures[name].append((time.process_time() - start) / people)
    medians = {name: sorted(values)[1] for name, values in figures.items()}
    return {
        "people": people,
        "bare_cpu_seconds": round(medians["bare"], 3),
        "engine_cpu_seconds": round(medians["engine"], 3),
        "overhead_percent": round(100 * (medians["engine"] / medians["bare"] - 1), 1),
    }


def workers(people: int, folder: Path) -> dict[str, float]:
    """Photos per hour, with the start of the processes in it."""
    manifest = small_study(folder, people)
    found: dict[str, float] = {"people": people}
    for count in (1, 2):
        start = time.perf_counter()
        analyze(manifest, folder / str(count), Options(workers=count))
        found[f"photos_per_hour_{count}"] = round(3600 * people * len(SESSIONS) / (time.perf_counter() - start))
    return found


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
