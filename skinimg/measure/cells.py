"""Sums over cells of skin: of a region, per tile, and resampled by tiles (the paired bootstrap of docs/CONSTANTS.md 8)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skinimg.base.records import BoolArray, CellTotals

Totals = dict[str, npt.NDArray[np.float64]]  # quantity -> () or (n,), see metrics.py


def in_region(cells: CellTotals, bit: int) -> BoolArray:
    """(n,) cells of region number `bit`."""
    return (cells.region_bits >> np.uint16(bit)) & 1 == 1


def region_totals(cells: CellTotals, bit: int, finding: str) -> Totals:
    """Totals of one region: quantity -> () array."""
    inside = in_region(cells, bit)
    return {name: np.asarray(values[inside].sum()) for name, values in cells.totals[finding].items()}


def totals_by_tile(cells: CellTotals, bit: int, finding: str, tiles: npt.NDArray[np.int64]) -> Totals:
    """Totals of a region in each of the sorted `tiles`, which hold every tile of the cells: quantity -> (tiles,)."""
    inside = in_region(cells, bit)
    at = np.searchsorted(tiles, cells.tile[inside])
    return {
        name: np.bincount(at, values[inside], minlength=len(tiles)).astype(np.float64)
        for name, values in cells.totals[finding].items()
    }


def resampled_tiles(tiles: int, samples: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each tile is drawn in each resample: (samples, tiles). One draw serves both sessions of a pair."""
    if tiles == 0:
        return np.zeros((samples, 0))
    return np.random.default_rng(seed).multinomial(tiles, np.full(tiles, 1 / tiles), size=samples).astype(np.float64)


def resampled(totals: Totals, weights: npt.NDArray[np.float64]) -> Totals:
    """Totals per tile -> totals of every resample: quantity -> (samples,)."""
    return {name: weights @ values for name, values in totals.items()}
