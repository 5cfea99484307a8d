"""Where training tiles come from: drawn phantoms, labelled photos, and lesions painted on photos of real people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
import torch

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import ByteArray, FloatArray, Frame, SkinMaps
from skinimg.model.network import evenly_lit
from skinimg.phantom.camera import sample_camera
from skinimg.phantom.canvas import plain_canvas
from skinimg.phantom.draws import seeded, spawn
from skinimg.phantom.lesions import sample_lesions
from skinimg.phantom.painter import paint_on_photo
from skinimg.phantom.skin import sample_person
from skinimg.phantom.tiles import draw_tiles, sample_zone, troubled
from skinimg.skin.optics import skin_maps
from skinimg.training.example import Example
from skinimg.training.tile_store import TILES_PER_PART, Tiles, cut, make_tiles, measurable_bits, save_part

Watch = Callable[[int, int, str], None]
Task = TypeVar("Task", bound=tuple[Any, ...])  # where the part goes, and what it is drawn from
Judge = Callable[[Frame, SkinMaps], FloatArray]  # probabilities (5, h, w)

_PHOTOS_PER_SHEET = 8
_DOUBTFUL = 0.2  # a pixel of an unpainted photo with more than this may be a real lesion, so its truth is unknown


def draw_tile_store(folder: Path, parts: int, seed: int, workers: int, watch: Watch | None = None) -> list[Path]:
    """A store of phantom tiles; parts that are already there are kept, the others drawn in `workers` processes."""
    paths = [folder / f"phantom-{seed:03d}-{k:04d}.npz" for k in range(parts)]
    return draw_missing(draw_part, [(path, seed * 10_000 + k) for k, path in enumerate(paths)], workers, watch)


def draw_missing(
    draw: Callable[[Task], Path], tasks: Sequence[Task], workers: int, watch: Watch | None = None
) -> list[Path]:
    """The paths of all tasks, each its first item; those that are not there yet are drawn in `workers` processes."""
    missing = [task for task in tasks if not task[0].exists()]
    if missing:
        # spawn: a forked process inherits the locks of threads that torch has started
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=one_thread) as pool:
            for done, path in enumerate(pool.map(draw, missing), start=1):
                if watch:
                    watch(len(tasks) - len(missing) + done, len(tasks), path.stem)
    return [task[0] for task in tasks]


def one_thread() -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def draw_part(task: tuple[Path, int]) -> Path:
    path, seed = task
    drawn = draw_tiles(TILES_PER_PART, seeded(seed), photos_per_sheet=_PHOTOS_PER_SHEET)
    arrays = (tensor.numpy() for tensor in (drawn.linear, drawn.coverage, drawn.valid, drawn.native_px_per_mm))
    save_part(path, make_tiles(*arrays))
    return path


def example_tiles(example: Example) -> Tiles:
    """Tiles of a labelled photo; findings without a mask count as unknown."""
    labelled = sum(1 << MASK_FINDINGS.index(finding) for finding in example.labelled)
    measurable = int(measurable_bits(np.array([example.frame.native_px_per_mm]))[0])
    known = (example.frame.skin * (labelled & measurable)).astype(np.uint8)
    relative = evenly_lit(example.frame.linear, example.frame.skin, example.maps, example.frame.mm_per_px)
    return cut(
        relative,
        example.coverage,
        example.frame.skin,
        known,
        example.frame.native_px_per_mm,
        example.frame.place,
    )


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
    linear = result.linear.numpy()
    after = skin_maps(linear, frame.skin, frame.mm_per_px, maps.anchor)
    return Example("", "", replace(frame, linear=linear), after, coverage, MASK_FINDINGS), known
