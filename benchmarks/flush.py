"""A flush of the whole face, rendered: how much of it is told by the wall behind the head, and by a colour card.

    ./scripts/bench flush --people 12 --keep DIR

Phototypes I to VI take turns. In the second photo all skin has its blood times one factor; it is another pose, exposure and
light of the same rig or the same phone. What has been measured is kept in DIR and not repeated.
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


def photographed(sitter: Sitter, studio: Studio, card: bool, generator: torch.Generator, folder: Path) -> list[float]:
    """Write baseline.jpg and 0.jpg, 1.jpg, ... for the factors on blood; their true rises of haemoglobin, OD."""
    folder.mkdir(parents=True, exist_ok=True)
    bare = (sitter.sheet.eyes + sitter.sheet.lips < 0.5).numpy()
    _shoot(sitter, studio, card, generator, folder / "baseline.jpg")
    begin, levels = generator.get_state(), []
    for k, factor in enumerate(BLOOD):
        generator.set_state(begin)
        flushed = replace(sitter, skin=replace(sitter.skin, blood=sitter.skin.blood * factor))
        _shoot(flushed, studio, card, generator, folder / f"{k}.jpg")
        levels.append(float(haemoglobin_density(flushed.paint().state.blood.numpy()[bare]).mean()))
    return [level - levels[0] for level in levels]


def _shoot(sitter: Sitter, studio: Studio, card: bool, generator: torch.Generator, path: Path) -> None:
    shown = photograph_session(sitter, sitter.paint(), studio, 0.0, generator, card=card).srgb.numpy()
    write(path, srgb_to_linear(shown.astype(np.float32) / 255), _QUALITY)


def measured(judge: Judge, number: int, folder: Path) -> list[dict[str, Any]]:
    """One row for every regime, scene and factor of one person."""
    rows = []
    for regime, scene in product(REGIMES, SCENES):
        generator = seeded(_SEED + number)
        sitter = sample_sitter(spawn(generator), FIELD_MM / _HEIGHT_PX, 1 + number % len(PHOTOTYPES))
        studio = sample_studio(generator, regime, (_HEIGHT_PX, _HEIGHT_PX * 4 // 5))
        here = folder / f"{number:02d} {regime} {scene}"
        rises = photographed(sitter, studio, scene == "card", generator, here)
        first = judge.baseline(entry_of(here / "baseline.jpg"))
        who = {"person": number, "phototype": PHOTOTYPES[number % len(PHOTOTYPES)], "regime": regime, "scene": scene}
        for k, (factor, rise) in enumerate(zip(BLOOD, rises, strict=True)):
            rows.append(who | {"blood": factor, "rise": rise} | told(judge, first, here / f"{k}.jpg"))
    return rows


def told(judge: Judge, first: Shot, path: Path) -> dict[str, Any]:
    """What is said of the blood of all skin: change and half of its interval (OD), told by what, and the verdicts."""
    try:
        shot = judge.look(entry_of(path), first)
    except ReasonedError as error:
        return {"source": "refused", "reason": str(error)}
    later, changes = judge.changes(first, shot)
    face = {(c.finding, c.metric): c for c in changes if c.region == "face"}
    blood, load = face["tone", "haemoglobin"], face["erythema", "load"]
    half = (blood.ci_high - blood.ci_low) / 2
    return {
        "source": later.color_source, "change": blood.change, "half": half,
        "erythema": load.verdict, "reason": str(load.reason or blood.reason or ""),
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, by regime, scene and phototype: what is recovered of each rise, and how far nothing strays."""
    lines = []
    for regime, scene, kind in product(REGIMES, SCENES, PHOTOTYPES):
        mine = [row for row in rows if (row["regime"], row["scene"], row["phototype"]) == (regime, scene, kind)]
        told = [row for row in mine if np.isfinite(row.get("change", np.nan))]
        held = [abs(row["change"] - row["rise"]) <= row["half"] for row in told if row["rise"] > 0]
        line = {"camera": regime, "in the picture": scene, "phototype": kind}
        line["told by"] = ", ".join(sorted({row["source"] for row in mine}))
        for factor in BLOOD[1:]:
            shares = [f"{row['change'] / row['rise']:.2f}" for row in told if row["blood"] == factor]
            line[f"x {factor:g}: recovered"] = ", ".join(shares)
        line["within the interval"] = f"{sum(held)} of {len(held)}"
        line["nothing done, OD"] = ", ".join(f"{row['change']:+.3f}" for row in told if row["rise"] == 0)
        lines.append(line)
    return markdown(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--keep", type=Path, required=True, help="folder for the photos and what was measured")
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    judge, rows = Judge(), []
    for number in range(given.people):
        log = given.keep / f"{number:02d}.json"
        if not log.exists():
            log.write_text(json.dumps(measured(judge, number, given.keep)), "utf-8")
        rows += json.loads(log.read_text("utf-8"))
    print(table(rows))


if __name__ == "__main__":
    main()
