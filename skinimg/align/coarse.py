"""The first map between two photos: landmarks on a face, local features alone on a close-up."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.align.features import Features, find_features, match, smooth_map
from skinimg.align.refine import nodes_of
from skinimg.align.texture import FACTOR, NODE, Texture
from skinimg.align.warp import affine_map, sample
from skinimg.records import FloatArray, Frame

_NODE_MM = 0.8
_REACH_MM = 8.0  # landmarks are right to millimetres (SCIENCE.md 5): nothing further can be the same point
_LEAST_MATCHES = 30  # SCIENCE.md 5


def landmark_map(baseline: Frame, session: Frame, shape: tuple[int, int]) -> FloatArray:
    """Robust quadratic through all landmarks, on nodes; a quadratic averages the landmarks' own scatter away."""
    assert baseline.landmarks is not None
    assert session.landmarks is not None
    size = FACTOR * NODE
    return smooth_map(_to_grid(baseline.landmarks[:, :2], size), _to_grid(session.landmarks[:, :2], size), shape, (), (5.0,))[0]


def refine_by_features(base: Texture, other: Texture, to_other: FloatArray) -> tuple[FloatArray, int]:
    """A map through the features that both photos show near where `to_other` expects them, and their number.

    The map that came in is kept where there are too few.
    """
    ours, theirs = find_features(base), find_features(other)
    return _follow(ours, theirs, to_other, _REACH_MM)


def feature_map(base: Texture, other: Texture) -> tuple[FloatArray, int]:
    """First map of a close-up: any shift, rotation and scale. Second value: features that agree with it."""
    ours, theirs = find_features(base), find_features(other)
    first, second = match(ours, theirs)
    shape = nodes_of(base)
    if len(first) < 8:
        return affine_map(np.eye(2, 3, dtype=np.float32), shape), 0
    similarity, agree = cv2.estimateAffinePartial2D(
        _to_grid(first, NODE), _to_grid(second, NODE), method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=20000, confidence=0.9999
    )
    if similarity is None:
        return affine_map(np.eye(2, 3, dtype=np.float32), shape), 0
    to_other = affine_map(similarity.astype(np.float32), shape)
    mapping, count = _follow(ours, theirs, to_other, 4.0)
    return mapping, max(count, int(agree.sum()))


def _follow(ours: Features, theirs: Features, to_other: FloatArray, reach_mm: float) -> tuple[FloatArray, int]:
    own = _to_grid(ours.points, NODE)
    expected = sample(to_other, own[None])[0] if len(own) else own
    first, second = match(ours, theirs, (expected + 0.5) * NODE - 0.5, reach_mm / _NODE_MM * NODE)
    if len(first) < _LEAST_MATCHES:
        return to_other, len(first)
    mapping, keep = smooth_map(
        _to_grid(first, NODE), _to_grid(second, NODE), to_other.shape[:2], (12.0, 6.0), (5.0, 2.0, 1.0)
    )
    if keep.sum() < _LEAST_MATCHES:
        return to_other, int(keep.sum())
    return mapping, int(keep.sum())


def _to_grid(points: FloatArray, factor: int) -> FloatArray:
    """Pixel coordinates in a grid `factor` times coarser."""
    return np.asarray((points + 0.5) / factor - 0.5, dtype=np.float32)
