"""How many separate things there are: the pieces of a soft mask, counted at seven levels of probability.

At a single level a thing that is just visible makes or breaks a whole count, and so does one pixel that bridges two.
Here each level decides a seventh. A piece thus counts by how far it rises between the lowest and the highest level
above the rest or above the bridge to its neighbour: its persistence (Edelsbrunner 2002), which moves no further than
the probability does (Cohen-Steiner 2007).

How far counts of one photo stray when nothing but its pixels' grid, last digit or JPEG changes, and why these levels:
docs/benchmarks/counts.md.
"""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.findings import FINDINGS
from skinimg.base.parallel import each
from skinimg.base.records import FloatArray, Pieces, Segmentation

LEVELS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # of probability


def pieces_of(segmentation: Segmentation, pixel_area_mm2: FloatArray) -> dict[str, Pieces]:
    """Every connected piece (corners touch) of every finding that is counted, at each of LEVELS.

    pixel_area_mm2 : (h, w) area that each pixel of the frame stands for. What is smaller at a level than the smallest
    thing of its finding is left out there.
    """
    counted = [name for name in segmentation.findings if FINDINGS[name].kind == "object"]

    def pieces(name: str) -> Pieces:
        probability = segmentation.probability[segmentation.findings.index(name)]
        found = [_above(probability, level, pixel_area_mm2) for level in LEVELS]
        x, y, area = np.concatenate(found, axis=1)
        real = area >= FINDINGS[name].smallest_mm2
        return Pieces(x[real], y[real], area[real])

    return dict(zip(counted, each(pieces, counted), strict=True))


def _above(probability: FloatArray, level: float, pixel_area_mm2: FloatArray) -> FloatArray:
    """(3, n) centre x and y in pixels and area in mm2 of the pieces above one level."""
    mask = (probability > level).astype(np.uint8)
    n, _, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y = centres[1:].T
    at = np.rint(y).astype(np.int64), np.rint(x).astype(np.int64)
    return np.stack([x, y, stats[1:, cv2.CC_STAT_AREA] * pixel_area_mm2[at]]).astype(np.float32).reshape(3, n - 1)
