"""Where training tiles come from: drawn phantoms, labelled photos, and lesions painted on photos of real people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch

from skinimg.errors import PhotoError
from skinimg.findings import MASK_FINDINGS
from skinimg.optics import density, skin_density
from skinimg.phantom.camera import sample_camera
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.painter import paint_on_photo
from skinimg.phantom.skin import sample_person
from skinimg.phantom.tiles import draw_tiles, sample_zone, troubled
from skinimg.records import ByteArray, FloatArray, Frame, SkinAnchor, SkinMaps
from skinimg.training.bank import TILES_PER_PART, Tiles, cut, make_tiles, measurable_bits, save_part
from skinimg.training.example import Example

Watch = Callable[[int, int, str], None]
Judge = Callable[[Frame, SkinMaps], FloatArray]  # probabilities (5, h, w)

_DOUBTFUL = 0.2  # a pixel of an unpainted photo with more than this may be a real lesion, so its truth is unknown


def draw_bank(folder: Path, parts: int, seed: int, workers: int, watch: Watch | None = None) -> list[Path]:
    """A bank of phantom tiles; parts that are already there are kept, the others drawn in `workers` processes."""
    paths = [folder / f"phantom-{seed:03d}-{k:04d}.npz" for k in range(parts)]
    missing = [(path, seed * 10_000 + k) for k, path in enumerate(paths) if not path.exists()]
    if missing:
        # spawn: a forked process inherits the locks of threads that torch has started
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
            for done, path in enumerate(pool.map(_draw_part, missing), start=1):
                if watch:
                    watch(parts - len(missing) + done, parts, path.stem)
    return paths


def _one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _draw_part(task: tuple[Path, int]) -> Path:
    path, seed = task
    drawn = draw_tiles(TILES_PER_PART, seeded(seed))
    arrays = (tensor.numpy() for tensor in (drawn.linear, drawn.coverage, drawn.valid, drawn.native_px_per_mm))
    save_part(path, make_tiles(*arrays))
    return path


def example_tiles(example: Example) -> Tiles:
    """Tiles of a labelled photo; findings without a mask count as unknown."""
    labelled = sum(1 << MASK_FINDINGS.index(finding) for finding in example.labelled)
    measurable = int(measurable_bits(np.array([example.frame.native_px_per_mm]))[0])
    known = (example.frame.skin * (labelled & measurable)).astype(np.uint8)
    relative = relative_density(example.frame.linear, example.maps.anchor)
    return cut(relative, example.coverage, example.frame.skin, known, example.frame.native_px_per_mm)


def relative_density(linear: FloatArray, anchor: SkinAnchor) -> FloatArray:
    """Density (h, w, 3) minus that of the person's unaffected skin in this very photo."""
    plain = skin_density(anchor.melanin, anchor.haemoglobin) + np.asarray(anchor.offset)
    return density(linear) - plain.astype(np.float32)


def save_examples(folder: Path, name: str, examples: Iterable[Example]) -> list[Path]:
    """One part for every photo."""
    paths = []
    for k, example in enumerate(examples):
        tiles = example_tiles(example)
        if len(tiles):
            paths.append(folder / f"{name}-{k:04d}.npz")
            save_part(paths[-1], tiles)
    return paths


def painted(frame: Frame, maps: SkinMaps, judge: Judge, seed: int) -> tuple[Example, ByteArray]:
    """A person with lesions painted on, and where the truth about each finding is known, (h, w) bits.

    Nobody has labelled what the person has already: where `judge` suspects a finding on the unpainted photo, nothing
    is known about it, unless a lesion was painted there.

    Raises
    ------
    PhotoError
        Too little plain skin.
    """
    generator = seeded(seed)
    person = troubled(sample_person(generator), generator)
    canvas = plain_canvas(frame.skin.shape, frame.mm_per_px, sample_zone(generator))
    lesions = sample_lesions(canvas, person, spawn(generator))
    light = sample_camera(generator, "training").light
    psf_px = max(0.6 / (frame.native_px_per_mm * frame.mm_per_px), 0.5)
    result = paint_on_photo(
        torch.from_numpy(frame.linear), torch.from_numpy(frame.skin), frame.mm_per_px, lesions, light, psf_px
    )
    coverage = np.stack([result.coverage[finding].numpy() for finding in MASK_FINDINGS])
    doubtful = judge(frame, maps) > _DOUBTFUL
    known = np.zeros(frame.skin.shape, np.uint8)
    for k in range(len(MASK_FINDINGS)):
        known |= ((~doubtful[k] | (coverage[k] > 0.5)) & frame.skin).astype(np.uint8) << k
    example = Example("", "", replace(frame, linear=result.linear.numpy()), maps, coverage, MASK_FINDINGS)
    return example, known


def painted_tiles(seen: Sequence[tuple[Frame, SkinMaps]], judge: Judge, seed: int, times: int) -> Iterable[Tiles]:
    """Every person painted `times` times, with other lesions each time."""
    for k, (frame, maps) in enumerate(seen):
        for turn in range(times):
            try:
                example, known = painted(frame, maps, judge, seed * 100_000 + k * 100 + turn)
            except PhotoError:
                continue  # too little plain skin to tell the person's pigment: nothing can be painted
            relative = relative_density(example.frame.linear, maps.anchor)
            yield cut(relative, example.coverage, frame.skin, known, frame.native_px_per_mm)
