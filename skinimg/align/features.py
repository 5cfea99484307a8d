"""Points that both photos show: SIFT on the skin's fine pattern, matched, and the smooth map through them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.align.texture import Texture
from skinimg.align.warp import pixel_grid
from skinimg.records import BoolArray, FloatArray

_RATIO = 0.85
_MOST_FEATURES = 2500


@dataclass(frozen=True)
class Features:
    """Points (n, 2) in texture pixels and their descriptors (n, 128)."""

    points: FloatArray
    descriptors: FloatArray


def find_features(texture: Texture) -> Features:
    """SIFT points where the texture may be believed."""
    picture = np.clip(128 + 32 * texture.value, 0, 255).astype(np.uint8)
    sift = cv2.SIFT_create(nfeatures=_MOST_FEATURES, contrastThreshold=0.02, edgeThreshold=12, sigma=1.6)
    keys, descriptors = sift.detectAndCompute(picture, (texture.weight > 0.99).astype(np.uint8))
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    points = np.array([key.pt for key in keys], dtype=np.float32)
    return Features(points, np.asarray(descriptors, dtype=np.float32))


def match(
    base: Features, other: Features, expected: FloatArray | None = None, reach_px: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Mutual nearest descriptors that pass the ratio test; (n, 2) base points and (n, 2) other points.

    expected : (n_base, 2) where each base point should lie in the other photo; only features within `reach_px` compete.
    """
    if len(base.points) < 2 or len(other.points) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    # SIFT descriptors are whole numbers: the products are exact in float32, so no order of summing can change a match.
    product = base.descriptors @ other.descriptors.T
    distance = (base.descriptors**2).sum(1)[:, None] + (other.descriptors**2).sum(1)[None] - 2 * product
    if expected is not None:
        apart = np.abs(expected[:, None, :] - other.points[None]).max(axis=-1)
        distance[apart > reach_px] = np.inf
    best = distance.argmin(axis=1)
    rows = np.arange(len(best))
    first = distance[rows, best]
    mutual = distance.argmin(axis=0)[best] == rows
    distance[rows, best] = np.inf
    # The same dark dot often gives two keypoints: the runner-up must be another place.
    second = distance.min(axis=1)
    good = mutual & np.isfinite(first) & (first < _RATIO**2 * second)
    return base.points[good], other.points[best[good]]


def smooth_map(
    base: FloatArray, other: FloatArray, shape: tuple[int, int], widths_px: tuple[float, ...], gates_px: tuple[float, ...]
) -> tuple[FloatArray, BoolArray]:
    """A smooth map through matched points, and which of them it believes.

    A robust quadratic first, then Gaussian kernel regression of the rest at narrowing widths; at each, points further
    than the gate from the map are dropped. Needs at least 12 points.
    base, other : (n, 2) matched points; widths_px, gates_px : one per round, the first gate is the quadratic's.
    """
    centre, span = base.mean(axis=0), float(base.std()) + 1e-6
    step = 4
    grid = pixel_grid((shape[0] // step + 2, shape[1] // step + 2)) * step
    coefficients, keep = _robust_quadratic(_quadratic(base, centre, span), other, gates_px[0])
    at_points = _quadratic(base, centre, span) @ coefficients
    at_grid = _quadratic(grid.reshape(-1, 2), centre, span) @ coefficients
    for width, gate in zip(widths_px, gates_px[1:], strict=True):
        rest = other[keep] - at_points[keep]
        at_points = at_points + _kernel_mean(base, base[keep], rest, width)
        at_grid = at_grid + _kernel_mean(grid.reshape(-1, 2), base[keep], rest, width)
        keep = np.linalg.norm(other - at_points, axis=1) < gate
    at = pixel_grid(shape) / step
    mapping = cv2.remap(at_grid.reshape(grid.shape).astype(np.float32), at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    return np.asarray(mapping, dtype=np.float32), keep


def _quadratic(points: FloatArray, centre: FloatArray, span: float) -> FloatArray:
    x, y = ((points - centre) / span).T.astype(np.float64)
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])


def _robust_quadratic(design: FloatArray, target: FloatArray, gate: float) -> tuple[FloatArray, BoolArray]:
    """Cauchy-weighted least squares with a little ridge on the bending; its coefficients (6, 2) and the points it keeps."""
    weight = np.ones(len(design))
    ridge = np.diag([0, 0, 0, 1, 1, 1]) * 0.01 * len(design)
    scale = 20 * gate
    for _ in range(25):
        weighted = design * weight[:, None]
        coefficients = np.linalg.solve(weighted.T @ design + ridge + 1e-9 * np.eye(6), weighted.T @ target)
        error = np.linalg.norm(target - design @ coefficients, axis=1)
        scale = max(gate, 0.7 * scale)
        weight = 1 / (1 + (error / (0.5 * scale)) ** 2) ** 2
    return coefficients, error < gate


def _kernel_mean(at: FloatArray, points: FloatArray, values: FloatArray, width: float) -> FloatArray:
    """Gaussian-weighted mean of values at points, shrunk to 0 where fewer than about two points are near."""
    if len(points) == 0:
        return np.zeros((len(at), 2))
    apart = ((at**2).sum(1)[:, None] + (points**2).sum(1)[None] - 2 * at @ points.T).astype(np.float32)
    kernel = np.exp(-np.maximum(apart, 0) / (2 * width * width))
    return np.asarray(kernel @ values / (kernel.sum(axis=1, keepdims=True) + 2.0))
