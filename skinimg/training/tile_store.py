"""Training tiles on disk: one form for phantoms, painted people and users' photos.

A store is a folder of parts, `*.npz`, of at most 64 tiles each. A part is written whole or not at all and depends on
nothing but its own seed or photo, so an interrupted store is continued by making the parts that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skinimg.base.files import atomic
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.records import BoolArray, ByteArray, FloatArray
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.model.context import CELL_PX, N_CONTEXT, frame_context
from skinimg.model.network import evenly_lit
from skinimg.skin import optics

TILE_PX = 256
TILES_PER_PART = 64
_GROUP = 12  # parts that are in memory and mixed at a time: 600 MB
_FEWEST_PLAIN_PX = 1000


@dataclass(frozen=True)
class Tiles:
    """Tiles of 256 px at 0.1 mm/px and what is known of them."""

    relative: npt.NDArray[np.float16]  # (n, 3, h, w) density minus that of the person's unaffected skin
    coverage: ByteArray  # (n, 5, h, w) 255 = all of the pixel
    skin: BoolArray  # (n, h, w)
    known: ByteArray  # (n, h, w) bit k set = the truth about finding k is known here
    native_px_per_mm: FloatArray  # (n,)
    context: npt.NDArray[np.float16]  # (n, 11, h / 16, w / 16) of model/context.py

    def __len__(self) -> int:
        return len(self.relative)

    def take(self, chosen: npt.NDArray[np.integer]) -> Tiles:
        """Some of them."""
        return Tiles(*(getattr(self, field.name)[chosen] for field in fields(self)))


def joined(parts: Sequence[Tiles]) -> Tiles:
    """All tiles of several parts."""
    return Tiles(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Tiles)))


def make_tiles(linear: FloatArray, coverage: FloatArray, skin: BoolArray, native_px_per_mm: FloatArray) -> Tiles:
    """Tiles of photographed skin whose truth is known everywhere; those with hardly any plain skin are left out.

    The unaffected skin is that without spots and redness (the truth knows), as `optics.unaffected_density` has it.

    linear : (n, 3, h, w) linear sRGB; coverage : (n, 5, h, w) 0..1; skin : (n, h, w)
    """
    kept, relative = [], []
    for k in range(len(linear)):
        pixels = linear[k].transpose(1, 2, 0)
        coloured = coverage[k, [MASK_FINDINGS.index("spots"), MASK_FINDINGS.index("redness")]].max(axis=0) > 0.2
        if (skin[k] & ~coloured).sum() < _FEWEST_PLAIN_PX:
            continue
        anchor = optics.baseline_anchor(optics.unaffected_density(pixels, skin[k], excluded=coloured))
        maps = optics.skin_maps(pixels, skin[k], WORKING_MM_PER_PX, anchor)
        kept.append(k)
        even = evenly_lit(pixels, skin[k], maps, WORKING_MM_PER_PX)
        relative.append(even.transpose(2, 0, 1).astype(np.float16))
    return Tiles(
        np.stack(relative) if kept else np.zeros((0, 3, *skin.shape[1:]), np.float16),
        np.rint(coverage[kept] * 255).astype(np.uint8),
        skin[kept],
        skin[kept] * measurable_bits(native_px_per_mm[kept])[:, None, None],
        native_px_per_mm[kept].astype(np.float32),
        _alone(np.stack(relative), skin[kept])
        if kept
        else np.zeros((0, N_CONTEXT, *[TILE_PX // CELL_PX] * 2), np.float16),
    )


def _alone(relative: npt.NDArray[np.float16], skin: BoolArray) -> npt.NDArray[np.float16]:
    """Context of tiles of which nothing around is known, (n, 11, rows, columns)."""
    return frame_context(torch.from_numpy(relative).float(), torch.from_numpy(skin), None).numpy().astype(np.float16)


def _context(relative: FloatArray, skin: BoolArray, place: FloatArray | None) -> npt.NDArray[np.float16]:
    """Context of a frame padded to whole cells, (11, rows, columns); relative : (h, w, 3)."""
    plane = torch.from_numpy(np.ascontiguousarray(relative.transpose(2, 0, 1), np.float32))[None]
    rows, columns = (side // CELL_PX for side in skin.shape)
    if place is not None:
        place = np.pad(place, ((0, 0), (0, rows - place.shape[1]), (0, columns - place.shape[2])))
    whole = frame_context(plane, torch.from_numpy(skin)[None], None if place is None else torch.from_numpy(place)[None])
    return whole[0].numpy().astype(np.float16)


def measurable_bits(native_px_per_mm: FloatArray) -> ByteArray:
    """Bit k set where finding k can be measured at that resolution (n,): nobody learns pores from a blur."""
    needed = np.array([FINDINGS[name].min_px_per_mm for name in MASK_FINDINGS])
    return np.packbits(np.asarray(native_px_per_mm)[:, None] >= needed, axis=1, bitorder="little")[:, 0]


def cut(
    relative: FloatArray,
    coverage: FloatArray,
    skin: BoolArray,
    known: ByteArray,
    native_px_per_mm: float,
    place: FloatArray | None = None,
) -> Tiles:
    """Overlapping tiles of one frame, those that are at least a fifth skin.

    relative : (h, w, 3); coverage : (5, h, w); skin : (h, w); known : (h, w) bits; place : `Frame.place`
    """
    height, width = (max(-(-side // CELL_PX) * CELL_PX, TILE_PX) for side in skin.shape)
    pad = ((0, height - skin.shape[0]), (0, width - skin.shape[1]))
    relative = np.pad(relative, (*pad, (0, 0)))
    coverage, skin, known = np.pad(coverage, ((0, 0), *pad)), np.pad(skin, pad), np.pad(known, pad)
    context = _context(relative, skin, place)
    corners = [
        (y, x)
        for y in _starts(skin.shape[0])
        for x in _starts(skin.shape[1])
        if skin[y : y + TILE_PX, x : x + TILE_PX].mean() >= 0.2
    ]

    def pieces(values: npt.NDArray[Any], cell: int = 1) -> npt.NDArray[Any]:
        size = TILE_PX // cell
        if not corners:
            return np.zeros((0, *values.shape[:-2], size, size), values.dtype)
        return np.stack([values[..., y // cell : y // cell + size, x // cell : x // cell + size] for y, x in corners])

    return Tiles(
        pieces(relative.transpose(2, 0, 1).astype(np.float16)),
        pieces(np.rint(coverage * 255).astype(np.uint8)),
        pieces(skin),
        pieces(known),
        np.full(len(corners), native_px_per_mm, np.float32),
        pieces(context, CELL_PX),
    )


def _starts(length: int) -> npt.NDArray[np.int64]:
    """Where tiles begin along a side, whole cells, about an eighth of them or more overlapping."""
    count = max(int(np.ceil((length - TILE_PX) / (TILE_PX * 7 / 8))), 0) + 1
    return np.rint(np.linspace(0, (length - TILE_PX) // CELL_PX, count)).astype(np.int64) * CELL_PX


def save_part(path: Path, tiles: Tiles) -> None:
    """Write a part, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        np.savez(part, **{field.name: getattr(tiles, field.name) for field in fields(tiles)})


def load_part(path: Path) -> Tiles:
    """Read a part."""
    with np.load(path) as content:
        return Tiles(*(content[field.name] for field in fields(Tiles)))


def shown_in(tiles: Tiles) -> set[str]:
    """The findings of which a pixel is known and covered by more than half."""
    covered = (tiles.coverage > 127).transpose(1, 0, 2, 3)
    return {
        name
        for k, (name, mine) in enumerate(zip(MASK_FINDINGS, covered, strict=True))
        if (mine & ((tiles.known >> k) & 1 > 0)).any()
    }


def batches(parts: Sequence[Path], size: int, generator: np.random.Generator) -> Iterator[Tiles]:
    """One epoch: every tile once, in an order that the generator decides; the last, incomplete batches are left out."""
    order = generator.permutation(len(parts))
    for start in range(0, len(order), _GROUP):
        group = joined([load_part(parts[k]) for k in order[start : start + _GROUP]])
        shuffled = generator.permutation(len(group))
        for first in range(0, len(shuffled) - size + 1, size):
            yield group.take(shuffled[first : first + size])
