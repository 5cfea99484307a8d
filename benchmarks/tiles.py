"""How fast training tiles are drawn, as JSON: tiles per second of wall clock and of CPU time, medians of several runs.

    ./scripts/bench tiles [--tiles 32] [--runs 5] [--threads 1]

One warm-up, then the counted runs. A loaded machine slows the wall clock, hardly the CPU time; the load is recorded.
"""

from __future__ import annotations

import argparse
import statistics
import time

import cv2
import torch

from skinimg.phantom.draws import seeded
from skinimg.phantom.tiles import draw_tiles


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=32, help="per run; 16 photographs are taken of each sheet of skin")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    wall, cpu = [], []
    for run in range(arguments.runs + 1):
        generator = seeded(run)
        start, start_cpu = time.perf_counter(), time.process_time()
        draw_tiles(arguments.tiles, generator)
        if run:  # the first is the warm-up
            wall.append((time.perf_counter() - start) / arguments.tiles)
            cpu.append((time.process_time() - start_cpu) / arguments.tiles)
    return {
        "tiles_per_second": round(1 / statistics.median(wall), 2),
        "tiles_per_second_min_max": [round(1 / max(wall), 2), round(1 / min(wall), 2)],
        "tiles_per_cpu_second": round(1 / statistics.median(cpu), 2),
        "tiles_per_run": arguments.tiles,
        "runs": arguments.runs,
        "threads": arguments.threads,
    }
