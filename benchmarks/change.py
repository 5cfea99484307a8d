"""How far a measured change can be believed: phantoms with a known change, analysed like any study.

    ./scripts/bench change --keep DIR photos                      draw the phantoms (slow; what is there is kept)
    ./scripts/bench change --keep DIR analyze --weights skin      measure them (subjects that are done are kept)
    ./scripts/bench change --keep DIR tables --weights skin       compare with the truth: Markdown and JSON
    ./scripts/bench change --keep DIR all --weights skin          the three, one after the other
    ./scripts/bench change --keep DIR people --weights skin       null people of ./scripts/bench repeatability --keep DIR:
                                                                  the noise model judged on people whom it has not seen

Half of the people come for spots, pores and wrinkles, the others for redness and scars, and have what they come for.
They are treated for it evenly over the sessions up to one of --effects, which take turns; what a person is not treated
for makes null pairs. Phototypes I to VI take turns. Every session is photographed in three camera regimes: fixed rig,
same phone, other phone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.change_tables import AIMS, REGIMES, SECTIONS, false_verdicts, markdown
from skinimg.repeatability.held_out import summary
from skinimg.skin.optics import TONES

if TYPE_CHECKING:
    import torch

    from skinimg.phantom.skin import Person

KEY = ["subject", "session", "region", "finding", "metric"]
WHOLE = "face"
LIGHTEST_FOUR = 4
RELIEF = ("pores", "scars", "wrinkles", "texture")
PRECISION = """# Precision

`./scripts/bench repeatability skin --faces FACES --people 36 --subjects 14 --keep DIR`, then
`./scripts/bench change people --keep DIR --weights skin`.

FACES is a folder of the two sets of [people](people.md). Null pairs: nothing was done. Real faces photographed again
by drawn cameras (none of the people of the exam in benchmarks/people.py), and phantoms. Every pair is judged by a
noise model that was fitted on other people (five folds). Half-width: of the 95 % interval of the headline over the
whole face, in per cent of the baseline, median and smallest quarter of the pairs. Coverage: of the true change, 0,
over the whole face and in its regions. `fixed_rig`, `same_phone`, `other_phone`: how the second photo was taken;
`camera`: the table of the card that it is judged by (`unknown_camera`: as if no file named its camera). What shows by
relief (pores, scars, lines, texture) is known from phantoms alone: 14 before a phone, 18 others before a rig.
"""
COMPLAINTS = {  # of a skinimg.phantom.skin.Person: 1 is usual for the age, or marked
    "pigment": {"sun_spots": (2.0, 6.0), "wrinkledness": (1.0, 2.0), "age_years": (45.0, 70.0)},
    "vessels": {"couperose": (1.0, 2.5), "acne": (1.0, 3.0)},
}


def photos(given: argparse.Namespace) -> None:
    """Draw the people who are not there yet; a person's truth is written last."""
    missing = [k for k in range(given.people) if not (given.keep / "truth" / name_of(k) / "subjects.csv").exists()]
    with ProcessPoolExecutor(given.workers) as pool:
        for name in pool.map(draw, missing, [given] * len(missing)):
            print(name, file=sys.stderr, flush=True)


def name_of(k: int) -> str:
    return f"P{k + 1:02d}_{list(AIMS)[k % len(AIMS)]}"


def strongest(k: int, given: argparse.Namespace) -> float:
    """The change asked for at the last session, per cent: one person of each aim gets the first effect, the next the
    second."""
    return float(given.effects[k // len(AIMS) % len(given.effects)])


def with_complaint(person: Person, aim: str, generator: torch.Generator) -> Person:
    """The person with enough of what is treated to come for it; who has more keeps it. Amounts: our choice."""
    from skinimg.phantom.draws import uniform

    least = COMPLAINTS[aim]
    drawn = {name: uniform(generator, low, high) for name, (low, high) in least.items()}
    return replace(person, **{name: max(getattr(person, name), value) for name, value in drawn.items()})


def draw(k: int, given: argparse.Namespace) -> str:
    """One person, treated once, photographed in every regime: the regimes differ by the camera alone."""
    import torch

    from skinimg.phantom import truth
    from skinimg.phantom.draws import seeded, spawn
    from skinimg.phantom.lesions import sample_lesions
    from skinimg.phantom.portrait import sample_sitter
    from skinimg.phantom.series import lesions_at, photograph_session, plan_subjects, sample_studio
    from skinimg.phantom.synth import write_photo
    from skinimg.phantom.truth_tables import TruthTables, compared, keyed
    from skinimg.phantom.view import FIELD_MM

    torch.set_num_threads(1)
    name, generator = name_of(k), seeded(given.seed + k)
    aim = name.partition("_")[2]
    effects = dict.fromkeys(AIMS[aim], strongest(k, given) / 100)
    (drawn,) = plan_subjects(1, given.sessions, effects, 0, "none", spawn(generator))
    plan = replace(drawn, subject=name)
    # phototypes I to VI take turns, shifted by one in every round so that each gets every treatment
    sitter = sample_sitter(spawn(generator), FIELD_MM / given.size_px * 0.7, (k + k // 6) % 6 + 1)
    patient = with_complaint(sitter.person, aim, generator)
    lesions = sample_lesions(sitter.sheet.canvas, patient, spawn(generator))
    sitter = replace(sitter, person=patient, lesions=lesions)
    shape = (given.size_px, given.size_px * 4 // 5)
    studios = [sample_studio(seeded(given.seed), regime, shape) for regime in REGIMES]
    regions = truth.sheet_regions(sitter)
    tables = TruthTables()
    tables.add_subject(plan, sitter.person)
    baseline = None
    for session in range(given.sessions):
        there = lesions_at(sitter, plan.treatment, session / (given.sessions - 1), plan.seed)
        painted = sitter.paint(there)
        baseline = baseline or (painted, there)
        tables.add_session(plan, session, keyed(truth.skin_totals(sitter, painted, there, regions)))
        if session:
            tables.add_changes(plan, session, *compared(sitter, regions, baseline, (painted, there)))
        for studio in studios:
            picture = photograph_session(sitter, painted, studio, 0.0, spawn(generator))
            path = given.keep / "photos" / studio.regime / name / f"S{session + 1}_front.jpg"
            write_photo(path, picture, studio, session)
            print(path, file=sys.stderr, flush=True)
    tables.write(given.keep / "truth" / name)
    return name


def analyze(given: argparse.Namespace) -> None:
    """Measure every study that is there, as a user would."""
    from skinimg.run.run import Options
    from skinimg.run.run import analyze as run

    for regime in REGIMES:
        out = results(given) / regime
        outcome = run(given.keep / "photos" / regime, out, Options(given.weights, workers=given.workers))
        print(f"{out}: {outcome.failures or 'done'}", file=sys.stderr, flush=True)


def results(given: argparse.Namespace) -> Path:
    return given.keep / "results" / Path(given.weights).stem


def joined(given: argparse.Namespace) -> pd.DataFrame:
    """Measured and true changes of the whole face side by side, in per cent of the baseline.

    Each is taken relative to its own baseline: a photo sees the area that faces it, the truth is that of the skin.
    """
    truths = sorted((given.keep / "truth").iterdir())
    true = pd.concat([pd.read_csv(folder / "changes.csv") for folder in truths])[[*KEY, "change_percent"]]
    people = pd.concat([pd.read_csv(folder / "subjects.csv") for folder in truths]).set_index("subject")
    found = {regime: results(given) / regime / "changes.csv" for regime in REGIMES}
    parts = [pd.read_csv(path).assign(regime=regime) for regime, path in found.items() if path.exists()]
    if not parts:
        raise SystemExit(f"nothing measured with {given.weights!r} in {given.keep}: run the step `analyze` first")
    table = pd.concat(parts, ignore_index=True).merge(true.rename(columns={"change_percent": "true"}), on=KEY)
    table = table[table["region"] == WHOLE].reset_index(drop=True)
    table["aim"] = table["subject"].str.partition("_")[2]
    table["tone"] = [TONES[int(people.loc[who, "phototype"] > LIGHTEST_FOUR)] for who in table["subject"]]
    share = (table["session"].str[1:].astype(int) - 1) / (given.sessions - 1)
    effect = {name_of(k): strongest(k, given) for k in range(given.people)}
    aimed = [what in AIMS[aim] for what, aim in zip(table["finding"], table["aim"], strict=True)]
    table["asked"] = table["subject"].map(lambda name: effect[name]) * share * aimed
    scale = 100 / table["baseline"].abs()
    return table.assign(
        low=table["ci_low"] * scale, high=table["ci_high"] * scale, error=table["change_percent"] - table["true"]
    )


def tables(given: argparse.Namespace) -> None:
    pairs = joined(given)
    sections = {title: list(rows(pairs)) for title, rows in SECTIONS.items()}
    home = given.keep / "results" / Path(given.weights).stem
    text = "\n\n".join(f"### {title}\n\n{markdown(rows)}" for title, rows in sections.items()) + "\n"
    (home / "change.md").write_text(text, encoding="utf-8")
    (home / "change.json").write_text(json.dumps(sections, indent=1) + "\n", encoding="utf-8")
    pairs.to_csv(home / "change_pairs.csv", index=False)
    print(text)


def people(given: argparse.Namespace) -> None:
    """docs/benchmarks/precision.md: half-width and coverage side by side, false verdicts of every kind."""
    from skinimg.model.segmenter import load_segmenter
    from skinimg.repeatability.held_out import held_out

    folder = given.keep / "rows" / load_segmenter(given.weights).sha256[:12]
    parts = [pd.read_parquet(part) for part in sorted(folder.glob("*.parquet"))]
    if not parts:
        raise SystemExit(
            f"no null people in {folder}: run ./scripts/bench repeatability {given.weights} --keep {given.keep}"
        )
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    rows = rows[np.isfinite(rows["start"]) & np.isfinite(rows["end"])]
    sections = [f"Weights {given.weights}, hash {folder.name}."]
    everybody = held_out(rows)
    for tone in TONES:
        sections += _section(f"{tone} skin", "people", *(of[of["tone"] == tone] for of in everybody))
    sections += _section("Relief, all tones", "phantoms", *held_out(rows[rows["finding"].isin(RELIEF)]))
    page = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "precision.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("\n\n".join([PRECISION.strip(), *sections]) + "\n", encoding="utf-8")
    print(page.read_text(encoding="utf-8"))


def _section(title: str, whom: str, judged: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    return [
        f"## {title}: {judged['person'].nunique()} {whom}",
        markdown(list(summary(judged))),
        "False verdicts",
        markdown(list(false_verdicts(judged, pairs))),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("photos", "analyze", "tables", "all", "people"))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "skinimg-bench-change")
    parser.add_argument("--weights", default="classical")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--people", type=int, default=6, help="each in all three camera regimes")
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument(
        "--effects",
        type=float,
        nargs="+",
        default=[-30, -80],
        help="changes at the last session, per cent",
    )
    parser.add_argument("--size-px", type=int, default=2300, help="height of the photos; pores need 8 px/mm")
    parser.add_argument("--seed", type=int, default=500)
    given = parser.parse_args()
    if given.step in ("photos", "all"):
        photos(given)
    if given.step in ("analyze", "all"):
        analyze(given)
    if given.step in ("tables", "all"):
        tables(given)
    if given.step == "people":
        people(given)
