"""The exam on people: how much of a painted fall is recovered on real faces, what is called, what is called falsely.

./scripts/bench people --people held-out --keep DIR      the exam, add --page for docs/benchmarks/people.md
./scripts/bench people --people 006,022f --keep DIR      any people, tables on the screen only

Every pair of photos costs about 15 s on one core; what has been measured is kept in DIR/results and not repeated
(delete it after a change of the code).
"""

from __future__ import annotations

import argparse
import json
import shutil
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd

import skinimg
from benchmarks.camera import rephotographed, write_jpeg
from benchmarks.painted import TREATMENTS, paint, sitter
from benchmarks.people_page import page
from skinimg.photo.colour import linear_to_srgb8
from skinimg.run.run import Options, analyze
from skinimg.skin.optics import tone_of

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "standardized"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "people.md"
# Finding and metric that answer for a treatment, and those that must not answer for it: the other pigment.
ANSWERS = {
    "spots": (("spots", "burden"), ("hyperpigmentation", "load")),
    "melasma": (("hyperpigmentation", "load"), ("spots", "burden")),
    "flush": (("erythema", "load"), ("redness", "burden")),
}
CROSS_TALK = {"spots": ("erythema", "load"), "melasma": ("erythema", "load"), "flush": ("hyperpigmentation", "load")}
HEADLINES = (("spots", "burden"), ("redness", "burden"), ("erythema", "load"), ("hyperpigmentation", "load"))


@dataclass(frozen=True)
class Truth:
    """What was painted on one pair."""

    person: str
    treatment: str
    tone: str
    load_before: float  # mm2 OD
    load_after: float


class Result(TypedDict):
    """One pair: what was painted, the rows of changes.csv, and why there are none."""

    truth: dict[str, Any]
    failure: str
    changes: list[dict[str, Any]]


def truth_of(result: Result) -> Truth:
    return Truth(**result["truth"])


def all_people() -> list[str]:
    """Everybody with a neutral face: London, then Canada, each sorted."""
    london = sorted(path.stem.removesuffix("_neutral") for path in (DATA / "london").glob("*_neutral.jpg"))
    return london + sorted(path.stem for path in (DATA / "canada").glob("*.jpg"))


def held_out_people() -> list[str]:
    """Every fourth person, on whom nothing may be trained or tuned: 23 of 92."""
    return all_people()[3::4]


def photo_of(person: str) -> Path:
    london = DATA / "london" / f"{person}_neutral.jpg"
    return london if london.exists() else DATA / "canada" / f"{person}.jpg"


def draw_pair(person: str, treatment: str, folder: Path) -> Truth:
    """Paint one treatment on one person and photograph both states: `folder`/S1_front.jpg and S2_front.jpg."""
    rng = np.random.default_rng(zlib.crc32(f"{person} {treatment}".encode()))
    linear = skinimg.read_photo(photo_of(person)).linear
    seat = sitter(linear, skinimg.find_face(linear_to_srgb8(linear)))
    painted = paint(seat, TREATMENTS[treatment], rng)
    folder.mkdir(parents=True, exist_ok=True)
    for session, state in (("S1", painted.before), ("S2", painted.after)):
        write_jpeg(str(folder / f"{session}_front.jpg"), rephotographed(state, seat.face, rng), rng)
    return Truth(person, treatment, tone_of(seat.anchor), painted.load_before, painted.load_after)


def examine(people: Sequence[str], treatments: Sequence[str], keep: Path, workers: int) -> list[Result]:
    """Truth and measured changes of every pair, from the cache where it is there."""
    results, photos, out = keep / "results", keep / "photos", keep / "out"
    results.mkdir(parents=True, exist_ok=True)
    pairs = {f"{person}-{treatment}": (person, treatment) for person in people for treatment in treatments}
    todo = {name: pair for name, pair in pairs.items() if not (results / f"{name}.json").exists()}
    shutil.rmtree(photos, ignore_errors=True)
    if todo:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            drawn = pool.map(draw_pair, *zip(*todo.values(), strict=True), [photos / name for name in todo])
            truths = dict(zip(todo, drawn, strict=True))
        study = pd.DataFrame(
            [(name, s, f"{name}/{s}_front.jpg") for name in todo for s in ("S1", "S2")],
            columns=["subject", "session", "photo"],
        )
        study.to_csv(photos / "manifest.csv", index=False)
        shutil.rmtree(out, ignore_errors=True)
        outcome = analyze(photos / "manifest.csv", out, Options(workers=workers, fresh=True))
        for name, truth in truths.items():
            mine = outcome.tables["changes"]
            rows = mine[mine["subject"] == name].to_dict("records")
            reason = outcome.failures.get(name, "")
            text = json.dumps({"truth": asdict(truth), "failure": reason, "changes": rows}, default=str)
            (results / f"{name}.json").write_text(text, encoding="utf-8")
    return [json.loads((results / f"{name}.json").read_text(encoding="utf-8")) for name in pairs]


def row_of(result: Result, finding: str, metric: str, region: str = "face") -> dict[str, object] | None:
    """One row of changes.csv of a result."""
    keys = (region, finding, metric)
    return next((r for r in result["changes"] if (r["region"], r["finding"], r["metric"]) == keys), None)


def recovered(result: Result, finding: str, metric: str) -> tuple[float, str]:
    """Measured over true fall (NaN where nothing was measured), and the verdict."""
    truth = truth_of(result)
    row = row_of(result, finding, metric)
    if row is None:
        return float("nan"), "not_assessable"
    return float(str(row["change"])) / (truth.load_after - truth.load_before), str(row["verdict"])


def table(results: Sequence[Result]) -> pd.DataFrame:
    """One line per treatment and answering metric."""
    lines = []
    for treatment, answers in ANSWERS.items():
        mine = [r for r in results if truth_of(r).treatment == treatment]
        if not mine:
            continue
        for role, (finding, metric) in [*(("answer", a) for a in answers), ("cross-talk", CROSS_TALK[treatment])]:
            found = [recovered(r, finding, metric) for r in mine]
            share = np.array([f[0] for f in found])
            known = share[np.isfinite(share)]
            target = 1.0 if role == "answer" else 0.0
            called = sum(verdict == ("improved" if role == "answer" else verdict) for _, verdict in found)
            falsely = sum(verdict in ("improved", "worsened") for _, verdict in found)
            lines.append(
                {
                    "treatment": treatment,
                    "measured": f"{finding} {metric}",
                    "role": role,
                    "pairs": len(mine),
                    "known": len(known),
                    "median": round(float(np.median(known)), 2) if len(known) else np.nan,
                    "lowest": round(float(known.min()), 2) if len(known) else np.nan,
                    "highest": round(float(known.max()), 2) if len(known) else np.nan,
                    "within_30_percent": _percent(np.abs(known - target) <= 0.30, len(mine)),
                    "within_15_percent": _percent(np.abs(known - target) <= 0.15, len(mine)),
                    "within_10_points": _percent(np.abs(known - target) <= 0.10, len(mine)),
                    "called": called if role == "answer" else falsely,
                }
            )
    return pd.DataFrame(lines)


def _percent(hits: np.ndarray, of: int) -> float:
    return round(100 * float(hits.sum()) / of, 0) if of else float("nan")


def false_verdicts(results: Sequence[Result]) -> pd.DataFrame:
    """Null pairs: how many verdicts of change, over the whole face and in all regions."""
    nulls = [r for r in results if truth_of(r).treatment == "null"]
    lines = []
    for finding, metric in HEADLINES:
        rows = [row for r in nulls if (row := row_of(r, finding, metric)) is not None]
        every = [
            row
            for r in nulls
            for row in r["changes"]
            if row["finding"] == finding and row["verdict"] != "not_assessable"
        ]
        lines.append(
            {
                "measured": f"{finding} {metric}",
                "pairs": len(rows),
                "false": sum(r["verdict"] in ("improved", "worsened") for r in rows),
                "sd_mm2_od": round(float(np.std([float(str(r["change"])) for r in rows])), 2) if rows else np.nan,
                "all_rows": len(every),
                "all_false": sum(r["verdict"] in ("improved", "worsened") for r in every),
            }
        )
    return pd.DataFrame(lines)


def page_of(results: Sequence[Result]) -> str:
    """docs/benchmarks/people.md."""
    truths = [truth_of(r) for r in results]
    tables = {"What is recovered": table(results), "Where nothing changed": false_verdicts(results)}
    for tone in ("light", "dark"):
        if mine := [r for r, truth in zip(results, truths, strict=True) if truth.tone == tone]:
            tables[f"{tone.capitalize()} skin"] = table(mine)
    failures = [
        f"{t.person} ({t.treatment}): {r['failure']}" for r, t in zip(results, truths, strict=True) if r["failure"]
    ]
    return page(sorted({truth.person for truth in truths}), len(held_out_people()), tables, failures)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--people", default="held-out", help="held-out, or names separated by commas")
    asked.add_argument("--treatments", default=",".join(TREATMENTS))
    asked.add_argument("--keep", type=Path, required=True)
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--page", action="store_true", help="write docs/benchmarks/people.md")
    args = asked.parse_args()
    people = held_out_people() if args.people == "held-out" else args.people.split(",")
    results = examine(people, args.treatments.split(","), args.keep, args.workers)
    print(table(results).to_string(index=False))
    print(false_verdicts(results).to_string(index=False))
    if args.page:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page_of(results), encoding="utf-8")


if __name__ == "__main__":
    main()
