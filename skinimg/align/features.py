"""Points that both photos show: SIFT on the skin's fine pattern, matched by look and, where known, by place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.align.texture import FACTOR, NODE, Texture, coarser
from skinimg.base.records import FloatArray

_RATIO = 0.85
_MOST_FEATURES = 2500  # per level: their comparison stays under 0.1 s


@dataclass(frozen=True)
class Features:
    """Points (n, 2) in node pixels and their descriptors (n, 128)."""

    points: FloatArray
    descriptors: FloatArray


def find_features(texture: Texture, levels: tuple[int, ...]) -> list[Features]:
    """SIFT points where the texture may be believed, one record per level (0 = 0.2 mm/px, 1 = 0.4, 2 = 0.8)."""
    found = []
    for level in range(max(levels) + 1):
        texture = coarser(texture) if level else texture
        if level in levels:
            found.append(_sift(texture, NODE / 2**level))
    return found


def match(
    base: Features, other: Features, expected: FloatArray | None = None, reach: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Mutual nearest descriptors that pass the ratio test; (n, 2) base points and (n, 2) other points, in nodes.

    expected : (n_base, 2) where each base point should lie in the other photo; only features within `reach` compete.
    """
    if len(base.points) < 2 or len(other.points) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    # SIFT descriptors are whole numbers: the products are exact in float32, so no order of summing can change a match.
    distance = -2 * (base.descriptors @ other.descriptors.T)
    distance += (base.descriptors**2).sum(1)[:, None]
    distance += (other.descriptors**2).sum(1)
    if expected is not None:
        for axis in (0, 1):
            distance[np.abs(expected[:, axis, None] - other.points[:, axis]) > reach] = np.inf
    best = distance.argmin(axis=1)
    rows = np.arange(len(best))
    first = distance[rows, best]
    mutual = distance.argmin(axis=0)[best] == rows
    distance[rows, best] = np.inf
    good = mutual & np.isfinite(first) & (first < _RATIO**2 * distance.min(axis=1))
    return base.points[good], other.points[best[good]]


def frame_to_nodes(points: FloatArray) -> FloatArray:
    """Frame pixels as node pixels."""
    return _coarse_points(points, FACTOR * NODE)


def _sift(texture: Texture, texture_px_per_node: float) -> Features:
    picture = np.clip(128 + 32 * texture.value, 0, 255).astype(np.uint8)
    sift = cv2.SIFT.create(nfeatures=_MOST_FEATURES, contrastThreshold=0.02, edgeThreshold=12, sigma=1.6)
    keys, descriptors = sift.detectAndCompute(picture, (texture.weight > 0.99).astype(np.uint8))
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    points = np.array([key.pt for key in keys], dtype=np.float32)
    return Features(_coarse_points(points, texture_px_per_node), np.asarray(descriptors, dtype=np.float32))


def _coarse_points(points: FloatArray, factor: float) -> FloatArray:
    return np.asarray((points + 0.5) / factor - 0.5, dtype=np.float32)
