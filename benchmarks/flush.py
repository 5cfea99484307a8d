"""A flush of the whole face, rendered: how much of it is told by the wall behind the head, and by a colour card.

    ./scripts/bench flush --people 12 --keep DIR

Phototypes I to VI take turns. In the second photo all skin has its blood times one factor; it is another pose, exposure and
light of the same rig or the same phone. Photos and their truth are kept in DIR and used again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.change_tables import markdown
from benchmarks.sitting import entry_of, write
from benchmarks.verdicts import Judge
from skinimg.base.errors import ReasonedError
from skinimg.base.records import Shot
from skinimg.phantom.camera import Regime
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.portrait import Sitter, sample_sitter
from skinimg.phantom.series import Studio, photograph_session, sample_studio
from skinimg.phantom.view import FIELD_MM
from skinimg.photo.colour import srgb_to_linear
from skinimg.skin.optics import haemoglobin_density

REGIMES: tuple[Regime, ...] = ("fixed_rig", "same_phone")
SCENES, BLOOD = ("wall", "card"), (1.0, 1.4, 1.8)
PHOTOTYPES = ("I", "II", "III", "IV", "V", "VI")
_HEIGHT_PX = 1100
_QUALITY = 95
_SEED = 5100


def photographed(number: int, regime: Regime, scene: str, folder: Path) -> list[float]:
    """Write baseline.jpg and 0.jpg, 1.jpg, ... for the factors on blood, unless they are there; the true rises, OD."""
    truth = folder / "truth.json"
    if truth.exists():
        return list(json.loads(truth.read_text("utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    generator = seeded(_SEED + number)
    sitter = sample_sitter(spawn(generator), FIELD_MM / _HEIGHT_PX, 1 + number % len(PHOTOTYPES))
    studio = sample_studio(generator, regime, (_HEIGHT_PX, _HEIGHT_PX * 4 // 5))
    bare = (sitter.sheet.eyes + sitter.sheet.lips < 0.5).numpy()
    _shoot(sitter, studio, scene == "card", generator, folder / "baseline.jpg")
    begin, levels = generator.get_state(), []
    for k, factor in enumerate(BLOOD):
        generator.set_state(begin)
        flushed = replace(sitter, skin=replace(sitter.skin, blood=sitter.skin.blood * factor))
        _shoot(flushed, studio, scene == "card", generator, folder / f"{k}.jpg")
        levels.append(float(haemoglobin_density(flushed.paint().state.blood.numpy()[bare]).mean()))
    rises = [level - levels[0] for level in levels]
    truth.write_text(json.dumps(rises), "utf-8")
    return rises


def _shoot(sitter: Sitter, studio: Studio, card: bool, generator: torch.Generator, path: Path) -> None:
    shown = photograph_session(sitter, sitter.paint(), studio, 0.0, generator, card=card).srgb.numpy()
    write(path, srgb_to_linear(shown.astype(np.float32) / 255), _QUALITY)


def measured(judge: Judge, number: int, folder: Path) -> list[dict[str, Any]]:
    """One row for every regime, scene and factor of one person."""
    rows = []
    for regime, scene in product(REGIMES, SCENES):
        here = folder / f"{number:02d} {regime} {scene}"
        rises = photographed(number, regime, scene, here)
        first = judge.baseline(entry_of(here / "baseline.jpg"))
        who = {"phototype": PHOTOTYPES[number % len(PHOTOTYPES)], "regime": regime, "scene": scene}
        for k, (factor, rise) in enumerate(zip(BLOOD, rises, strict=True)):
            rows.append(who | {"blood": factor, "rise": rise} | told(judge, first, here / f"{k}.jpg"))
    return rows


def told(judge: Judge, first: Shot, path: Path) -> dict[str, Any]:
    """What is said of the blood of all skin: change and its interval (OD), told by what; or why nothing is."""
    try:
        shot = judge.look(entry_of(path), first)
    except ReasonedError as error:
        return {"source": "refused", "withheld": error.reasons[0].code}
    later, changes = judge.changes(first, shot)
    face = {(c.finding, c.metric): c for c in changes if c.region == "face"}
    blood, load = face["tone", "haemoglobin"], face["erythema", "load"]
    return {
        "source": later.color_source, "change": blood.change, "low": blood.ci_low, "high": blood.ci_high,
        "withheld": load.reason.code if load.verdict == "not_assessable" and load.reason else "",
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, by regime, scene and phototype: what is recovered of each rise, and how far nothing strays."""
    lines = []
    for regime, scene, kind in product(REGIMES, SCENES, PHOTOTYPES):
        mine = [row for row in rows if (row["regime"], row["scene"], row["phototype"]) == (regime, scene, kind)]
        told = [row for row in mine if not row["withheld"] and np.isfinite(row["change"])]
        held = [row["low"] <= row["rise"] <= row["high"] for row in told if row["rise"] > 0]
        line = {"camera": regime, "in the picture": scene, "phototype": kind}
        line["told by"] = ", ".join(sorted({row["source"] for row in mine}))
        for factor in BLOOD[1:]:
            shares = [f"{row['change'] / row['rise']:.2f}" for row in told if row["blood"] == factor]
            line[f"x {factor:g}: recovered"] = ", ".join(shares)
        line["within the interval"] = f"{sum(held)} of {len(held)}"
        why = sorted({row["withheld"] or "no witness" for row in mine if row not in told})
        line["withheld"] = f"{len(mine) - len(told)} of {len(mine)}{': ' if why else ''}{', '.join(why)}"
        line["nothing done, OD"] = ", ".join(f"{row['change']:+.3f}" for row in told if row["rise"] == 0)
        lines.append(line)
    return markdown(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--keep", type=Path, required=True, help="folder for the photos and what was measured")
    given = parser.parse_args()
    judge = Judge()
    rows = [row for number in range(given.people) for row in measured(judge, number, given.keep)]
    print(table(rows))


if __name__ == "__main__":
    main()
