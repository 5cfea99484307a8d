"""The first map between two photos: landmarks on a face, local features alone on a close-up."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.align.features import Features, find_features, frame_to_nodes, match
from skinimg.align.refine import nodes_of
from skinimg.align.scattered import smooth_map
from skinimg.align.texture import Texture
from skinimg.align.warp import affine_map, sample
from skinimg.base.parallel import each
from skinimg.base.records import FloatArray

# Everything here is in node pixels of 0.8 mm.
_LANDMARK_REACH = 10.0  # 8 mm: landmarks are right to millimetres (docs/CONSTANTS.md 5)
_FEATURE_REACH = 6.0
_GATE, _ROUNDS = 5.0, ((12.0, 2.0), (6.0, 1.0))
_LEAST_MATCHES = 30  # docs/CONSTANTS.md 5
_LEAST_SUPPORT = 8  # chance gives up to 5 among 200 matches


@dataclass(frozen=True)
class CoarseMap:
    """to_other : (n_h, n_w, 2) node pixels. agreeing of candidates : how many features near their place support it."""

    to_other: FloatArray
    agreeing: int
    candidates: int


def landmark_map(base: FloatArray, other: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Robust quadratic through all landmarks (478, 3), frame pixels: it averages the landmarks' own scatter away."""
    return smooth_map(frame_to_nodes(base[:, :2]), frame_to_nodes(other[:, :2]), shape, _GATE)[0]


def face_map(base: Texture, other: Texture, by_landmarks: FloatArray) -> CoarseMap:
    """The map through features near where the landmarks expect them; the landmarks' own map where there are too few."""
    levels = (1,)  # 0.4 mm/px: as much as most portraits carry, and a quarter of the time of 0.2
    ours, theirs = each(lambda texture: find_features(texture, levels), (base, other))
    return _follow(ours, theirs, by_landmarks, _LANDMARK_REACH)


def patch_map(base: Texture, other: Texture) -> CoarseMap | None:
    """First map of a close-up: any shift, rotation and scale; None where no similarity explains 8 features."""
    levels = (0, 1, 2)  # pores, pores in groups, marks: which of them survives a change of light differs by photo
    ours, theirs = find_features(base, levels), find_features(other, levels)
    pairs = [match(a, b) for a, b in zip(ours, theirs, strict=True)]
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    if len(first) < _LEAST_SUPPORT:
        return None
    similarity, agree = cv2.estimateAffinePartial2D(
        first, second, method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=20000, confidence=0.9999
    )
    if similarity is None or agree.sum() < _LEAST_SUPPORT:
        return None
    rough = affine_map(similarity.astype(np.float32), nodes_of(base))
    return _follow(ours, theirs, _follow(ours, theirs, rough, _FEATURE_REACH).to_other, _FEATURE_REACH)


def _follow(ours: list[Features], theirs: list[Features], to_other: FloatArray, reach: float) -> CoarseMap:
    """Match again, only near the place that a map expects, and draw the map through what agrees."""
    pairs = [
        match(a, b, sample(to_other, a.points[None])[0], reach)
        for a, b in zip(ours, theirs, strict=True)
        if len(a.points)
    ]
    if not pairs:
        return CoarseMap(to_other, 0, 0)
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    if len(first) < _LEAST_MATCHES:
        return CoarseMap(to_other, 0, len(first))
    mapping, keep = smooth_map(first, second, (to_other.shape[0], to_other.shape[1]), _GATE, _ROUNDS)
    kept = int(keep.sum())
    return CoarseMap(mapping if kept >= _LEAST_MATCHES else to_other, kept, len(first))
