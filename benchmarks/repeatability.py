"""Measure the noise of every metric where nothing changed, and write it into a weights card.

    ./scripts/bench repeatability skin --faces ../shared/data/standardized --keep DIR

How: skinimg/repeatability/null_study.py. Photos and rows in --keep are used again: after a change of the noise model
alone it takes seconds; the photos of 16 faces take about 15 minutes of two idle cores. Without --faces, phantoms alone
are measured. People who are kept apart for exams (benchmarks/people.py) are never used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from skinimg.repeatability.null_study import NullStudy, state_noise


def say(done: int, total: int, what: str) -> None:
    print(f"{what} {done}/{total}", file=sys.stderr, flush=True)


def faces(folder: Path, count: int) -> tuple[Path, ...]:
    """`count` neutral faces of the standardized sets, both sets alike, nobody of the exam (every fourth of them)."""
    sets = [sorted((folder / "london").glob("*_neutral.jpg")), sorted((folder / "canada").glob("*.jpg"))]
    held_out = set([photo for photos in sets for photo in photos][3::4])
    free = [[photo for photo in photos if photo not in held_out] for photos in sets]
    shares = [min(count - count // 2, len(free[0])), min(count // 2, len(free[1]))]
    spread = [photos[k * len(photos) // n] for photos, n in zip(free, shares, strict=True) for k in range(n)]
    # The sets hold eight Black people among 92; whoever of them is free takes part, so that dark skin has a noise of its own.
    people = pd.read_csv(folder / "people.csv", dtype=str)
    black = set(people.loc[(people["source"] == "london") & (people["ethnicity"] == "black"), "person"])
    return (*spread, *(photo for photo in free[0] if photo.stem.removesuffix("_neutral") in black - _names(spread)))


def _names(photos: Sequence[Path]) -> set[str]:
    return {photo.stem.removesuffix("_neutral") for photo in photos}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="name of the shipped weights, or a .safetensors file")
    parser.add_argument("--faces", type=Path, help="folder of the standardized faces; see docs/BENCHMARKS.md")
    parser.add_argument("--people", type=int, default=24, help="real faces")
    parser.add_argument("--subjects", type=int, default=NullStudy.subjects, help="phantoms; 0: none")
    parser.add_argument("--sessions", type=int, default=NullStudy.sessions)
    parser.add_argument("--size-px", type=int, default=NullStudy.size_px, help="height of the phantoms' photos")
    parser.add_argument("--seed", type=int, default=NullStudy.seed)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder that keeps (and reuses) photos and rows")
    given = parser.parse_args()
    people = faces(given.faces, given.people) if given.faces else ()
    study = NullStudy(given.subjects, given.sessions, given.size_px, given.seed, people)
    with tempfile.TemporaryDirectory() as folder:
        noise = state_noise(given.weights, study, given.keep or Path(folder), say, given.workers)
    for (tone, camera), levels in noise.stated.items():
        for table in levels.values():
            for (finding, metric), n in table.items():
                print(tone, camera, finding, metric, f"{100 * n.relative:.1f} % x {n.quantile:.1f}")
