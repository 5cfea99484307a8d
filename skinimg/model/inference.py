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
from skinimg.model.network import GRID_PX, REACH_PX


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

    top: int
    left: int
    height: int
    width: int
    own: tuple[slice, slice]  # in the tile's pixels
    place: tuple[slice, slice]  # in the frame's

    def of(self, x: Tensor) -> Tensor:
        return x[:, self.top : self.top + self.height, self.left : self.left + self.width]


def run(network: nn.Module, x: Tensor, options: InferenceOptions) -> tuple[Tensor, InferenceOptions]:
    """Logits (5, h, w) of the planes (5, h, w) of one frame, float32 on the CPU, and the options that memory allowed.

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
    height, width = x.shape[1:]
    margin = (0, -width % GRID_PX, 0, -height % GRID_PX)
    padded = nn.functional.pad(x, margin) if any(margin) else x
    result = torch.full((len(MASK_FINDINGS), *padded.shape[1:]), -30.0)
    with torch.inference_mode(), torch.autocast(options.device, torch.bfloat16, enabled=options.half):
        for tiles in _batches(list(_tiles(padded, options.tile_px)), options.batch):
            seen = [tile.of(padded)[None] for tile in tiles]
            logits = network((torch.cat(seen) if len(seen) > 1 else seen[0]).to(options.device))
            for tile, answer in zip(tiles, logits, strict=True):
                result[(slice(None), *tile.place)] = answer[(slice(None), *tile.own)]
    return result[:, :height, :width]


def _tiles(x: Tensor, tile_px: int) -> Iterator[_Tile]:
    """Tiles of the part of the frame that shows skin, each with a margin of REACH_PX."""
    height, width = x.shape[1:]
    skin = x[3] > 0
    for top in range(0, height, tile_px):
        for left in range(0, width, tile_px):
            rows, columns = _extent(skin[top : top + tile_px, left : left + tile_px])
            if rows is None or columns is None:
                continue
            low_y, high_y = top + rows[0], min(top + rows[1], height)
            low_x, high_x = left + columns[0], min(left + columns[1], width)
            y0, y1 = max(low_y - REACH_PX, 0), min(high_y + REACH_PX, height)
            x0, x1 = max(low_x - REACH_PX, 0), min(high_x + REACH_PX, width)
            yield _Tile(
                y0, x0, y1 - y0, x1 - x0,
                (slice(low_y - y0, high_y - y0), slice(low_x - x0, high_x - x0)),
                (slice(low_y, high_y), slice(low_x, high_x)),
            )  # fmt: skip


def _extent(skin: Tensor) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """First and last row and column with skin, widened to the grid; None without any."""
    found = []
    for axis in (1, 0):
        at = torch.nonzero(skin.any(dim=axis)).flatten()
        if not len(at):
            return None, None
        found.append((int(at[0]) // GRID_PX * GRID_PX, -(-(int(at[-1]) + 1) // GRID_PX) * GRID_PX))
    return found[0], found[1]


def _batches(tiles: list[_Tile], size: int) -> Iterator[list[_Tile]]:
    """Tiles of one shape together, `size` at a time."""
    by_shape: dict[tuple[int, int], list[_Tile]] = {}
    for tile in tiles:
        by_shape.setdefault((tile.height, tile.width), []).append(tile)
    for same in by_shape.values():
        yield from (same[k : k + size] for k in range(0, len(same), size))
