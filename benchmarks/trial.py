"""Trials without an effect and with one: how often the tests of `skinimg trial` err. JSON on stdout.

./scripts/bench trial [--trials 2000]
"""

from __future__ import annotations

import argparse
import sys
import time

from skinimg.trial.simulate import World, operating_figures

WORLDS = {
    "split-face, 28 people, 3 visits, 15 % missing": World("split-face", 28, 3, missing=0.15),
    "parallel, 60 people, 3 visits, 15 % missing": World("parallel", 60, 3, missing=0.15),
    "split-face, 28 people, 1 visit, no effect": World("split-face", 28, 1),
    "split-face, 12 people, 3 visits, 15 % missing, effect": World("split-face", 12, 3, effect=1.0, missing=0.15),
}


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    trials = parser.parse_args().trials
    figures = {}
    for name, world in WORLDS.items():
        start = time.perf_counter()
        figures[name] = operating_figures(world, trials, seed=19) | {"seconds": round(time.perf_counter() - start, 1)}
        print(name, figures[name], file=sys.stderr, flush=True)
    return {"trials": trials, "worlds": figures}
