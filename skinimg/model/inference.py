"""Run the network over a frame of any size: tiles with a margin as wide as the network can see.

Every tile's own pixels see exactly what they would see in one pass over the whole frame, so the result does not depend
on tile or batch size, and there is no seam to blend away: a Gaussian blend of overlapping tiles, the usual way, hides
seams but gives every tile size its own answer, at up to four times the work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from skinimg.base.errors import DeviceError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.model.network import BLOCK_PX, GRID_PX, REACH_PX, SKIN


@dataclass(frozen=True)
class InferenceOptions:
    """How a network is run; none of it changes the result beyond rounding."""

    device: str = "cpu"
    tile_px: int = 2048  # a face at the working scale is 1,300 to 1,900 px wide: one tile, no margin computed twice
    batch: int = 1
    half: bool = False  # bfloat16: half the memory, and faster where `device.bfloat16_pays`


@dataclass(frozen=True)
class _Tile:
    """A piece of the frame: what the network sees, and which part of that is its own to answer."""

    sees: tuple[slice, slice]  # in the frame's blocks
    own: tuple[slice, slice]  # in the tile's pixels
    place: tuple[slice, slice]  # in the frame's pixels


def run(network: nn.Module, x: Tensor, options: InferenceOptions) -> tuple[Tensor, InferenceOptions]:
    """Logits (5, h, w) of the planes of one frame, float32 on the CPU, and the options that memory allowed.

    x : (31, h / 2, w / 2) of `network.planes`

    Where there is no skin in a tile, nothing is computed and the logits are -30.

    Raises
    ------
    DeviceError
        Not even the smallest tile fits into the device's memory.
    """
    while True:
        try:
            return _run(network, x, options), options
        except torch.OutOfMemoryError as error:
            options = _smaller(options, error)
            if options.device == "cuda":
                torch.cuda.empty_cache()


def _smaller(options: InferenceOptions, error: torch.OutOfMemoryError) -> InferenceOptions:
    if options.batch > 1:
        return InferenceOptions(options.device, options.tile_px, options.batch // 2, options.half)
    if options.tile_px > 8 * GRID_PX:
        return InferenceOptions(options.device, options.tile_px // 2 // GRID_PX * GRID_PX, 1, options.half)
    raise DeviceError(
        f"{options.device} has too little memory for one tile",
        found=str(error).splitlines()[0],
        next_step="Close other programs that use it, or use --device cpu.",
    ) from error


def _run(network: nn.Module, x: Tensor, options: InferenceOptions) -> Tensor:
    height, width = (side * BLOCK_PX for side in x.shape[1:])
    number = torch.bfloat16 if options.half else torch.float32  # autocast would round a copy of twice the size
    result = torch.full((len(MASK_FINDINGS), height, width), -30.0)
    with torch.inference_mode(), torch.autocast(options.device, torch.bfloat16, enabled=options.half):
        for tiles in _batches(list(_tiles(x, options.tile_px)), options.batch):
            seen = [x[(slice(None), *tile.sees)][None] for tile in tiles]
            logits = network((torch.cat(seen) if len(seen) > 1 else seen[0]).to(options.device, number))
            for tile, answer in zip(tiles, logits, strict=True):
                result[(slice(None), *tile.place)] = answer[(slice(None), *tile.own)]
    return result


def _tiles(x: Tensor, tile_px: int) -> Iterator[_Tile]:
    """Tiles of the part of the frame that shows skin, each with a margin of REACH_PX."""
    skin = x[SKIN].amax(dim=0) > 0  # of each block
    height, width = (side * BLOCK_PX for side in skin.shape)
    size = tile_px // BLOCK_PX
    for top in range(0, skin.shape[0], size):
        for left in range(0, skin.shape[1], size):
            rows, columns = (_extent(skin[top : top + size, left : left + size], axis) for axis in (1, 0))
            if rows is None or columns is None:
                continue
            sees, own, place = zip(
                _span(rows, top * BLOCK_PX, height), _span(columns, left * BLOCK_PX, width), strict=True
            )
            yield _Tile(sees, own, place)


def _extent(skin: Tensor, axis: int) -> tuple[int, int] | None:
    """First row or column with skin and the one after the last, in pixels widened to the grid; None without any.

    skin : (rows, columns) bool, of blocks
    """
    at = torch.nonzero(skin.any(dim=axis)).flatten() * BLOCK_PX
    if not len(at):
        return None
    return int(at[0]) // GRID_PX * GRID_PX, (int(at[-1]) // GRID_PX + 1) * GRID_PX


def _span(found: tuple[int, int], start: int, side: int) -> tuple[slice, slice, slice]:
    """Along one side of `side` pixels: the blocks that the tile at `start` sees, its own pixels, and their place."""
    low, high = start + found[0], min(start + found[1], side)
    first, last = max(low - REACH_PX, 0), min(high + REACH_PX, side)
    return slice(first // BLOCK_PX, last // BLOCK_PX), slice(low - first, high - first), slice(low, high)


def _batches(tiles: list[_Tile], size: int) -> Iterator[list[_Tile]]:
    """Tiles of one shape together, `size` at a time."""
    by_shape: dict[tuple[int, ...], list[_Tile]] = {}
    for tile in tiles:
        by_shape.setdefault(tuple(span.stop - span.start for span in tile.sees), []).append(tile)
    for same in by_shape.values():
        yield from (same[k : k + size] for k in range(0, len(same), size))
