"""How many separate things there are: the pieces of a soft mask, counted at seven levels of probability.

At a single level a thing that is just visible makes or breaks a whole count, and so does one pixel that bridges two.
Here each level decides a seventh. A piece thus counts by how far it rises between the lowest and the highest level
above the rest or above the bridge to its neighbour: its persistence (Edelsbrunner 2002), which moves no further than
the probability does (Cohen-Steiner 2007).

How far counts of one photo stray when nothing but its pixels' grid, last digit or JPEG changes, and why these levels:
docs/benchmarks/counts.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from skinimg.base.findings import FINDINGS
from skinimg.base.parallel import each
from skinimg.base.records import FloatArray, Pieces, Segmentation

LEVELS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # of probability
_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))  # rows down, columns right: half of the eight, each pair once


def pieces_of(segmentation: Segmentation, pixel_area_mm2: FloatArray) -> dict[str, Pieces]:
    """Every connected piece (corners touch) of every finding that is counted, at each of LEVELS.

    pixel_area_mm2 : (h, w) area that each pixel of the frame stands for. What is smaller at a level than the smallest
    thing of its finding is left out there.
    """
    counted = [name for name in segmentation.findings if FINDINGS[name].kind == "object"]

    def pieces(name: str) -> Pieces:
        probability = segmentation.probability[segmentation.findings.index(name)]
        # Few pixels lie above the lowest level: a graph of them costs a sixth of labelling the frame seven times.
        y, x = np.nonzero(probability > LEVELS[0])
        pixels = np.stack([x, y, pixel_area_mm2[y, x]])
        pairs = _touching(y, x, probability.shape)
        found = [_above(level, probability[y, x], pixels, pairs) for level in LEVELS]
        x_px, y_px, area_mm2 = np.concatenate(found, axis=1).astype(np.float32)
        real = area_mm2 >= FINDINGS[name].smallest_mm2
        return Pieces(x_px[real], y_px[real], area_mm2[real])

    return dict(zip(counted, each(pieces, counted), strict=True))


def _touching(y: npt.NDArray[np.int64], x: npt.NDArray[np.int64], shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """(2, m) numbers of the pixels that touch each other, of n pixels at rows y and columns x."""
    number = np.full((shape[0] + 1, shape[1] + 2), -1, np.int32)  # a rim, so that no neighbour lies outside
    number[y, x + 1] = np.arange(len(y))
    beside = [number[y + down, x + 1 + right] for down, right in _NEIGHBOURS]
    return np.concatenate([np.stack([np.flatnonzero(other >= 0), other[other >= 0]]) for other in beside], axis=1)


def _above(
    level: float, height: FloatArray, pixels: npt.NDArray[np.float64], pairs: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """(3, pieces) middle x and y in pixels and area in mm2 of the pieces above one level.

    height : (n,) probability of the pixels; pixels : (3, n) x, y and area of each; pairs : of `_touching`
    """
    here = np.flatnonzero(height > level)
    one, other = pairs[:, height[pairs].min(axis=0) > level]
    graph = coo_matrix((np.ones(len(one), np.bool_), (one, other)), shape=(len(height), len(height)))
    piece = np.unique(connected_components(graph, directed=False)[1][here], return_inverse=True)[1]
    x, y, area = (np.bincount(piece, values[here]) for values in pixels)
    size = np.bincount(piece)
    return np.stack([x / size, y / size, area])
