"""The segmentation network measured: how fast it is, and how well it finds lesions painted on real people.

    ./scripts/bench segmentation speed [--weights skin] [--runs 5]
    ./scripts/bench segmentation painted --out DIR [--weights skin] [--against classical]

speed    one face-sized frame, JSON: megapixels per second; the whole segmentation over the bare forward passes of the
         same network; the same over MONAI's sliding_window_inference at its defaults; where there is CUDA, how far its
         probabilities and areas are from the CPU's
painted  lesions of the phantom on the photos of ../shared/data that nobody was trained on (portraits, close-ups, people
         who do not exist); tables and pictures as of `skinimg evaluate`. What these people have of their own is not
         labelled: where any of the segmenters finds something on the photo as it was, nobody is judged.

(On phantoms: `skinimg synth` and `skinimg evaluate`.)
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.inferers.utils import sliding_window_inference

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import PhotoError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import FloatArray, Seen
from skinimg.base.settings import Settings
from skinimg.model.device import bfloat16_pays
from skinimg.model.inference import InferenceOptions, run
from skinimg.model.network import frame_planes
from skinimg.model.network_file import load_network, probability
from skinimg.model.segmenter import Segmenter, load_segmenter
from skinimg.observe.see import see
from skinimg.training.evaluate import evaluate
from skinimg.training.example import Example
from skinimg.training.sources import painted

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FACE_PX = (1872, 1504)  # rows and columns of a face at the working scale, with its margin


def median_seconds(work: Callable[[], Any], runs: int) -> float:
    """After one warm-up."""
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def speed(weights: str, runs: int) -> dict[str, object]:
    """Whole segmentation, bare forward passes and MONAI's tiles, on an oval of skin as large as a face."""
    network, card = load_network(weights)
    network = network.on("cpu")
    y, x = np.mgrid[-1 : 1 : FACE_PX[0] * 1j, -1 : 1 : FACE_PX[1] * 1j]
    relative = 0.08 * np.random.default_rng(0).standard_normal((*FACE_PX, 3), dtype=np.float32)
    planes = frame_planes(relative, x**2 + y**2 < 1, 12.0)
    options = InferenceOptions(half=bfloat16_pays("cpu"))
    stack = planes[None]

    def bare() -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=options.half):
            network(stack)

    def monai() -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=options.half):
            sliding_window_inference(stack, (256, 256), 1, network)

    whole_s = median_seconds(lambda: probability(run(network, planes, options)[0], card.calibration), runs)
    bare_s, monai_s = median_seconds(bare, runs), median_seconds(monai, runs)
    megapixels = FACE_PX[0] * FACE_PX[1] / 1e6
    full, _ = run(network, planes, replace(options, half=False))
    half, _ = run(network, planes, replace(options, half=True))
    return {
        "megapixels": round(megapixels, 2),
        "cpu_megapixels_per_second": round(megapixels / whole_s, 2),
        "seconds": {"whole": round(whole_s, 3), "bare_forward": round(bare_s, 3), "monai_defaults": round(monai_s, 3)},
        "whole_over_bare_forward": round(whole_s / bare_s, 3),
        "whole_over_monai_defaults": round(whole_s / monai_s, 3),
        "bfloat16": options.half,
        "bfloat16_against_float32": _apart(probability(full, card.calibration), probability(half, card.calibration)),
        "cuda": _on_cuda(weights, planes, full, runs) if torch.cuda.is_available() else "none on this machine",
        "runs": runs,
    }


def _on_cuda(weights: str, planes: torch.Tensor, on_cpu: torch.Tensor, runs: int) -> dict[str, Any]:
    network, card = load_network(weights)
    network = network.on("cuda")
    options = InferenceOptions("cuda", half=bfloat16_pays("cuda"))
    seconds = median_seconds(lambda: run(network, planes, options), runs)
    found, _ = run(network, planes, options)
    return {
        "device": torch.cuda.get_device_name(0),
        "megapixels_per_second": round(FACE_PX[0] * FACE_PX[1] / 1e6 / seconds, 1),
        "against_cpu": _apart(probability(on_cpu, card.calibration), probability(found, card.calibration)),
    }


def _apart(one: torch.Tensor, other: torch.Tensor) -> dict[str, Any]:
    areas = (other.sum(dim=(1, 2)) / one.sum(dim=(1, 2)) - 1).tolist()
    return {
        "largest_probability_difference": round(float((one - other).abs().max()), 4),
        "area_difference_percent": {f: round(100 * a, 3) for f, a in zip(MASK_FINDINGS, areas, strict=True)},
    }


class Canvas:
    """Real people with painted lesions, one at a time; `len` tells the progress bar how many."""

    def __init__(self, segmenters: Sequence[Segmenter], seed: int) -> None:
        self.segmenters, self.seed = segmenters, seed
        self.photos = [
            *((path, "front", path.stem.split("__")[0]) for path in sorted((DATA / "portraits").glob("*.jpg"))),
            *((path, "front", path.stem) for path in sorted((DATA / "people_synthetic").glob("*.*"))),
            *((path, "closeup", folder) for folder in ("p1", "p2") for path in _thinned(DATA / "closeups" / folder)),
        ]

    def __len__(self) -> int:
        return len(self.photos)

    def __iter__(self) -> Iterator[Example]:
        for k, (path, view, subject) in enumerate(self.photos):
            try:
                seen = see(_entry(path, view, subject), None, Settings())
                example, _ = painted(seen.frame, seen.maps, self._judge, self.seed * 1000 + k)
            except PhotoError as error:
                print(f"{path.name}: left out, {error}", file=sys.stderr)
                continue
            yield replace(example, name=path.name, subject=subject, judged=self._judged(seen, example))

    def _judge(self, frame: Any, maps: Any) -> FloatArray:
        return np.maximum.reduce([segmenter.probabilities(frame, maps) for segmenter in self.segmenters])

    def _judged(self, seen: Seen, example: Example) -> Any:
        own = self._judge(seen.frame, seen.maps) > 0.5
        return (~own | (example.coverage > 0.1)) & seen.frame.skin


def _thinned(folder: Path) -> list[Path]:
    """Every third photo of a series of one patch of skin."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".heic"))[::3]


def _entry(path: Path, view: str, subject: str) -> PhotoEntry:
    return PhotoEntry(subject=subject, session="S1", path=path, photo=path.name, view=view)


def main() -> dict[str, object] | None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "painted"))
    parser.add_argument("--weights", default="skin")
    parser.add_argument("--against", default="classical")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    if arguments.what == "speed":
        return speed(arguments.weights, arguments.runs)
    if arguments.out is None:
        parser.error("painted needs --out")
    segmenters = [load_segmenter(name) for name in (arguments.weights, arguments.against)]
    canvas = Canvas(segmenters, arguments.seed)
    done = evaluate(canvas, segmenters, arguments.out, lambda k, n, name: print(f"{k}/{n} {name}", file=sys.stderr))
    rows = done.figures[(done.figures["group"] == "all") & done.figures["measurable"]]
    shown = rows[rows["figure"].isin(["dice", "soft_dice", "lesion_f1", "area_ratio", "false_positives_per_10cm2"])]
    print(shown.pivot_table(index=["finding", "segmenter"], columns="figure", values="value").round(3).to_string())
    return None
