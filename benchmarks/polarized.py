"""What crossed polarisers gain: drawn people photographed twice, with shine and without, nothing done in between.

    ./scripts/bench polarized --people 8 --keep DIR

Both photos of a person come from one drawn phone (`phantom/series.py`); pose, lamps, exposure and focus of the second stray
as from session to session, and are the same with and without polarisers. Light that polarisers cost is not taken away.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.sitting import entry_of, write
from benchmarks.verdicts import Judge
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.portrait import sample_sitter
from skinimg.phantom.series import photograph_session, sample_studio
from skinimg.phantom.view import FIELD_MM
from skinimg.photo.colour import srgb_to_linear

LIGHTS = {"standard": 1.0, "crossed polarisers": 0.0}  # factor on shine
_HEIGHT_PX = 2400
_QUALITY = 92
_SEED = 9100


def photographed(number: int, folder: Path) -> dict[str, Path]:
    """The folder of each light, with baseline.jpg and clean.jpg of one person."""
    generator = seeded(_SEED + number)
    sitter = sample_sitter(spawn(generator), FIELD_MM / _HEIGHT_PX, 1 + number % 6)
    studio = sample_studio(generator, "same_phone", (_HEIGHT_PX, _HEIGHT_PX * 4 // 5))
    painted, begin, folders = sitter.paint(), generator.get_state(), {}
    for name, shine in LIGHTS.items():
        generator.set_state(begin)
        lit = replace(studio.camera.light, shine=studio.camera.light.shine * shine)
        here = replace(studio, camera=replace(studio.camera, light=lit))
        folders[name] = folder / f"{number:02d} {name}"
        folders[name].mkdir(parents=True, exist_ok=True)
        for photo in ("baseline", "clean"):
            shown = photograph_session(sitter, painted, here, 0.0, generator).srgb.numpy()
            write(folders[name] / f"{photo}.jpg", srgb_to_linear(shown.astype(np.float32) / 255), _QUALITY)
    return folders


def headlines(judge: Judge, folder: Path) -> dict[str, tuple[float, float]]:
    """Finding -> change and half of its interval, in per cent of the baseline."""
    first = judge.baseline(entry_of(folder / "baseline.jpg"))
    shot = judge.look(entry_of(folder / "clean.jpg"), first)
    found = {}
    for c in judge.changes(first, shot)[1]:
        if c.role == "headline" and c.verdict != "not_assessable" and c.baseline > 0:
            found[c.finding] = 100 * c.change / c.baseline, 50 * (c.ci_high - c.ci_low) / c.baseline
    return found


def table(rows: list[dict[str, dict[str, tuple[float, float]]]]) -> Iterator[str]:
    """Markdown: how far headlines stray (RMS) and their half-width (median), over people measured in both lights."""
    yield "| headline | people | strays, %: standard, crossed | half-width, %: standard, crossed |"
    yield "|---|---|---|---|"
    both: dict[str, list[list[tuple[float, float]]]] = defaultdict(list)
    for row in rows:
        sides = [row[name] for name in LIGHTS]
        for finding in set(sides[0]) & set(sides[1]):
            both[finding].append([side[finding] for side in sides])
    for finding, pairs in sorted(both.items()):
        values = np.asarray(pairs)  # (people, light, change and half-width)
        strays, halves = np.sqrt((values[..., 0] ** 2).mean(axis=0)), np.median(values[..., 1], axis=0)
        yield f"| {finding} | {len(pairs)} | {strays[0]:.1f}, {strays[1]:.1f} | {halves[0]:.1f}, {halves[1]:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--keep", type=Path, required=True, help="folder for the photos and what was measured")
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    judge, rows = Judge(), []
    for number in range(given.people):
        log = given.keep / f"{number:02d}.json"
        if not log.exists():
            folders = photographed(number, given.keep)
            log.write_text(json.dumps({name: headlines(judge, folder) for name, folder in folders.items()}), "utf-8")
        rows.append(json.loads(log.read_text("utf-8")))
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
