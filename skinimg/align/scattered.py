"""A smooth map through scattered pairs of points, some of them wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skinimg.align.texture import blur
from skinimg.align.warp import pixel_grid, sample
from skinimg.base.records import BoolArray, FloatArray

Points = npt.NDArray[np.float64]
Rounds = tuple[tuple[float, float], ...]


def smooth_map(
    base: FloatArray,
    other: FloatArray,
    shape: tuple[int, int],
    gate: float,
    rounds: Rounds = (),
) -> tuple[FloatArray, BoolArray]:
    """The map (h, w, 2) and which points it believes.

    A robust quadratic first, then Gaussian kernel regression of what it leaves.
    base, other : (n, 2) matched points, at least 6; gate : points further from the quadratic are left out;
    rounds : (width of the kernel, gate after it), narrowing. All in pixels of the map.
    """
    centre, span = base.mean(axis=0), float(base.std()) + 1e-6
    grid = pixel_grid(shape).reshape(-1, 2)
    design = _quadratic(base, centre, span)
    coefficients = _robust_fit(design, other, gate)
    at_points, at_grid = design @ coefficients, _quadratic(grid, centre, span) @ coefficients
    keep = np.asarray(np.linalg.norm(other - at_points, axis=1) < gate)
    mapping = at_grid.reshape(*shape, 2).astype(np.float32)
    for width, narrower in rounds:
        rest, without_self = _kernel_mean(base, other - at_points, keep, shape, width)
        # A point must be foretold by the others: by itself it always agrees, also between strangers.
        keep = np.linalg.norm(other - at_points - without_self, axis=1) < narrower
        at_points = at_points + sample(rest, base[None])[0]
        mapping = mapping + rest
    return mapping, keep


def _quadratic(points: FloatArray, centre: FloatArray, span: float) -> Points:
    x, y = ((points - centre) / span).T.astype(np.float64)
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def _robust_fit(design: Points, target: FloatArray, gate: float) -> Points:
    """Graduated Cauchy least squares with a little ridge on the bending; (6, 2)."""
    weight = np.ones(len(design))
    ridge = np.diag([1e-6, 1e-6, 1e-6, 0.01, 0.01, 0.01]) * len(design)
    scale = 20 * gate
    coefficients = np.zeros((6, 2))
    for _ in range(20):
        weighted = design * weight[:, None]
        coefficients = np.linalg.solve(weighted.T @ design + ridge, weighted.T @ target)
        error = np.linalg.norm(target - design @ coefficients, axis=1)
        scale = max(gate, 0.7 * scale)
        weight = 1 / (1 + (error / (0.5 * scale)) ** 2) ** 2
    return coefficients


def _kernel_mean(
    points: FloatArray, values: Points, keep: BoolArray, shape: tuple[int, int], width: float
) -> tuple[FloatArray, FloatArray]:
    """Gaussian-weighted mean of the kept values, shrunk to 0 where fewer than about two points are near.

    Returns it at every pixel (h, w, 2), and at every point without that point's own part (n, 2). Points are moved to
    the nearest pixel, which is little beside the kernel's width.
    """
    columns = np.clip(np.rint(points[:, 0]).astype(int), 0, shape[1] - 1)
    rows = np.clip(np.rint(points[:, 1]).astype(int), 0, shape[0] - 1)
    own = np.column_stack([values, np.ones(len(values))]) * keep[:, None]
    sums = np.zeros((*shape, 3), np.float32)
    np.add.at(sums, (rows, columns), own)
    sums = blur(sums, width)
    peak = 1 / (2 * np.pi * width * width)  # of the kernel, whose sum is 1
    others = np.maximum(sums[rows, columns] - peak * own, [-np.inf, -np.inf, 0])
    mean = sums[..., :2] / (sums[..., 2:] + 2 * peak)
    without_self = others[:, :2] / (others[:, 2:] + 2 * peak)
    return np.asarray(mean, dtype=np.float32), np.asarray(without_self, dtype=np.float32)
