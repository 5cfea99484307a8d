"""Speed of the whole job, stage by stage, beside the last figures that were kept.

    ./scripts/bench main                    a 12-megapixel phantom of samples/, enlarged, as two sessions
    ./scripts/bench main --photo front.jpg  a photo of yours, used for both sessions
    ./scripts/bench main --cpu              CPU seconds of all threads instead of the clock: for a machine with other work
    ./scripts/bench main --one-off          also a script such as a user would write with scikit-image, once
    ./scripts/bench --record main           the figures are kept, to compare with the next time

The job is `skinimg.analyze`: tables, masks, pictures and report. One warm-up, then --runs counted runs; medians, per
photo. What it is measured by: decoding the same file to 8 bits and one bare forward pass of the network over the same
frame, in the same process. Peak memory is that of the whole jobs alone.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import cv2
import numpy as np
import torch
from PIL import Image

from benchmarks.record import HISTORY
from skinimg import Options, analyze
from skinimg.base.entries import PhotoEntry
from skinimg.base.settings import DEFAULT_WEIGHTS, Settings
from skinimg.base.shipped import shipped
from skinimg.model.device import bfloat16_pays, steady_threads
from skinimg.model.inference import InferenceOptions, run
from skinimg.model.network import evenly_lit, frame_planes
from skinimg.model.network_file import load_network
from skinimg.observe.see import see

BAR_RATIO, BAR_SECONDS, BAR_GB = 2.0, 4.0, 1.5
Clock = Callable[[], float]


def bench_photo(folder: Path, given: Path | None, megapixels: float) -> Path:
    """A JPEG of so many megapixels with a face on it."""
    source = given or sorted((shipped("samples") / "photos").rglob("*.jpg"))[0]
    image = Image.open(source).convert("RGB")
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    for session in ("S1", "S2"):
        target = folder / "photos" / session / "front.jpg"
        target.parent.mkdir(parents=True)
        # Two files that differ: what is known of one is not known of the other.
        image.save(target, quality=92 if session == "S1" else 91)
    return folder / "photos"


def timed(clock: Clock, job: Callable[[], object]) -> float:
    """Seconds that a job takes."""
    start = clock()
    job()
    return clock() - start


def whole_job(photos: Path, out: Path, weights: str, clock: Clock) -> dict[str, float]:
    """Seconds per photo of every stage; `rest` is reading the weights, tables and report; `whole` is their sum."""
    with patch("skinimg.output.notes.time", SimpleNamespace(perf_counter=clock)):
        whole = timed(clock, lambda: analyze(photos, out, Options(weights=weights, fresh=True))) / 2
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    if told["failures"]:
        raise SystemExit(f"the photo cannot be analysed: {told['failures']}")
    stages = {name: spent / 2 for name, spent in told["seconds"].items() if name != "total"}
    return {**stages, "rest": whole - sum(stages.values()), "whole": whole}


def least(photo: Path, weights: str, clock: Clock, runs: int) -> dict[str, float]:
    """Seconds of decoding alone, and of the network alone on the same frame."""
    seen = see(PhotoEntry("bench", "S1", photo, photo.name), None, Settings())
    network, _ = load_network(weights)
    relative = evenly_lit(seen.frame.linear, seen.frame.skin, seen.maps, seen.frame.mm_per_px)
    planes = frame_planes(relative, seen.frame.skin, seen.frame.native_px_per_mm, seen.frame.place)
    network = network.on("cpu")
    jobs = {
        "decode": lambda: np.asarray(Image.open(photo).convert("RGB")),
        "forward": lambda: run(network, planes, InferenceOptions(half=bfloat16_pays("cpu"))),
    }
    with steady_threads():
        return {name: statistics.median([timed(clock, job) for _ in range(runs + 1)][1:]) for name, job in jobs.items()}


def one_off(photo: Path) -> None:
    """What a user would write in an afternoon: spots by a local threshold of lightness, lines by a Frangi filter."""
    from skimage import color, filters, io, measure, morphology

    lab = color.rgb2lab(io.imread(photo))
    lightness = filters.gaussian(lab[..., 0], 2)
    spots = lightness < filters.threshold_local(lightness, 201, offset=4)
    spots = morphology.opening(spots, morphology.disk(3))
    measure.regionprops_table(measure.label(spots), lab[..., 0], properties=("area", "centroid", "intensity_mean"))
    lines = filters.frangi(lightness, sigmas=(2, 4))
    skeleton = morphology.skeletonize(lines > np.quantile(lines, 0.98))
    measure.regionprops_table(measure.label(skeleton), properties=("area", "centroid"))


def main() -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--megapixels", type=float, default=12.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--one-off", action="store_true")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.cpu else time.perf_counter
    with tempfile.TemporaryDirectory() as name:
        photos = bench_photo(Path(name), arguments.photo, arguments.megapixels)
        jobs = [
            whole_job(photos, Path(name) / "out", arguments.weights, clock) for _ in range(arguments.runs + 1)
        ]  # the first is the warm-up
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        seconds = {stage: statistics.median(job[stage] for job in jobs[1:]) for stage in jobs[0]}
        photo = photos / "S1" / "front.jpg"
        if arguments.weights != "classical":
            seconds |= least(photo, arguments.weights, clock, arguments.runs)
            seconds["ratio"] = seconds["whole"] / (seconds["decode"] + seconds["forward"])
        if arguments.one_off:
            seconds["one_off"] = timed(clock, lambda: one_off(photo))
    record: dict[str, object] = {
        **{stage: round(value, 3) for stage, value in seconds.items()},
        "peak_gb": round(peak_gb, 2),
        "clock": "CPU seconds of all threads" if arguments.cpu else "seconds",
        "megapixels": arguments.megapixels,
        "source": "a photo of one's own" if arguments.photo else "phantom of samples/",
        "weights": arguments.weights,
        "runs": arguments.runs,
        "cores": os.cpu_count(),
        "threads": [cv2.getNumThreads(), torch.get_num_threads()],
    }
    show(record, last_kept())
    return record


def last_kept() -> dict[str, object]:
    """The figures that were kept last; empty where there are none."""
    history = HISTORY / "main.jsonl"
    if not history.exists():
        return {}
    last = json.loads(history.read_text(encoding="utf-8").splitlines()[-1])
    return dict(last["figures"])


def show(record: dict[str, object], kept: dict[str, object]) -> None:
    """The figures beside those kept, and the bars."""
    print(f"{record['clock']} per photo, median of {record['runs']}; kept figures: {kept.get('clock', 'none')}")
    for name, value in record.items():
        if isinstance(value, float):
            before = kept.get(name, "")
            print(f"{name:>10} {value:8.2f} {before:>8}")
    bars = {"ratio": BAR_RATIO, "whole": BAR_SECONDS, "peak_gb": BAR_GB}
    for name, bar in bars.items():
        if isinstance(value := record.get(name), float):
            print(f"{name} {value:.2f}, bar {bar:g}: {'met' if value <= bar else 'missed'}")


if __name__ == "__main__":
    main()
