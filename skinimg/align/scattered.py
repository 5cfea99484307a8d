"""A smooth map through scattered pairs of points, some of them wrong."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skinimg.align.warp import pixel_grid
from skinimg.records import BoolArray, FloatArray

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
    for width, narrower in rounds:
        rest = other[keep] - at_points[keep]
        at_points = at_points + _kernel_mean(base, base[keep], rest, width)
        at_grid = at_grid + _kernel_mean(grid, base[keep], rest, width)
        keep = np.linalg.norm(other - at_points, axis=1) < narrower
    return at_grid.reshape(*shape, 2).astype(np.float32), keep


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


def _kernel_mean(at: FloatArray, points: FloatArray, values: Points, width: float) -> Points:
    """Gaussian-weighted mean of values at points, shrunk to 0 where fewer than about two points are near."""
    if len(points) == 0:
        return np.zeros((len(at), 2))
    kernel = np.exp(-((at[:, 0, None] - points[:, 0]) ** 2) / (2 * width * width))
    kernel *= np.exp(-((at[:, 1, None] - points[:, 1]) ** 2) / (2 * width * width))
    return np.asarray(kernel @ values / (kernel.sum(axis=1, keepdims=True) + 2.0), dtype=np.float64)
