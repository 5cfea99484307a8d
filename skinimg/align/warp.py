"""Dense maps between two pixel grids: make, sample, compose, invert.

A map is (h, w, 2) float32: for each pixel of its own grid the (x, y) of the same skin in the other grid, pixel centres
at integers. Maps are smooth, so they are computed at a coarser grid and enlarged; a point outside the other image is a
legal value.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.base.records import FloatArray


def pixel_grid(shape: tuple[int, int]) -> FloatArray:
    """The identity map, (h, w, 2)."""
    y, x = np.indices(shape, dtype=np.float32)
    return np.stack([x, y], axis=-1)


def affine_map(affine: npt.NDArray[np.floating], shape: tuple[int, int]) -> FloatArray:
    """The map (x, y) -> affine @ (x, y, 1) on a grid of this shape; affine : (2, 3)."""
    x, y = np.arange(shape[1]), np.arange(shape[0])[:, None]
    mapping = np.empty((*shape, 2), np.float32)
    for axis in (0, 1):
        across, down = affine[axis, 0] * x + affine[axis, 2], affine[axis, 1] * y
        np.add(across, down, out=mapping[..., axis], casting="same_kind")
    return mapping


def sample(image: FloatArray, at: FloatArray) -> FloatArray:
    """Image values at the points of a map, bilinear; the nearest border value outside."""
    return np.asarray(cv2.remap(image, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def inside(at: FloatArray, shape: tuple[int, int]) -> np.ndarray:
    """Where the points of a map fall inside an image of this shape, (h, w) bool."""
    return (at[..., 0] >= 0) & (at[..., 1] >= 0) & (at[..., 0] <= shape[1] - 1) & (at[..., 1] <= shape[0] - 1)


def nearest_affine(mapping: FloatArray) -> FloatArray:
    """Least-squares affine of a map, (2, 3) float64."""
    step = max(1, min(mapping.shape[:2]) // 40)
    points = pixel_grid(mapping.shape[:2])[::step, ::step].reshape(-1, 2).astype(np.float64)
    design = np.column_stack([points, np.ones(len(points))])
    solution = np.linalg.lstsq(design, mapping[::step, ::step].reshape(-1, 2).astype(np.float64), rcond=None)[0]
    return np.asarray(solution.T)


def compose(outer: FloatArray, inner: FloatArray) -> FloatArray:
    """outer(inner(x)): the affine part exactly, the smooth rest by interpolation, so it extends beyond the border."""
    affine = nearest_affine(outer)
    rest = outer - affine_map(affine, outer.shape[:2])
    return np.asarray(inner @ affine[:, :2].T + affine[:, 2] + sample(rest, inner), dtype=np.float32)


def invert(mapping: FloatArray, shape: tuple[int, ...], start: FloatArray | None = None) -> FloatArray:
    """The inverse map on a grid of `shape`, by fixed point around the affine part.

    Converges while the smooth rest bends by less than 1 px per px, which every accepted alignment keeps. From a `start`
    that is right to a fraction of a pixel two rounds are enough, else twelve.
    """
    affine = nearest_affine(mapping)
    rest = mapping - affine_map(affine, mapping.shape[:2])
    back = np.linalg.inv(affine[:, :2])
    straight = affine_map(np.column_stack([back, -back @ affine[:, 2]]), (shape[0], shape[1]))
    turn = back.T.astype(np.float32)
    guess = straight if start is None else start
    for _ in range(12 if start is None else 2):
        guess = straight - sample(rest, guess) @ turn
    return guess


def rescale(mapping: FloatArray, shape: tuple[int, ...], factor: float) -> FloatArray:
    """The same map between two grids `factor` times coarser (finer, below 1); `shape` is its own new grid.

    Grids of different pixel size share their corners, not the centre of their first pixel: that is how resize counts.
    """
    affine = nearest_affine(mapping)
    rest = mapping - affine_map(affine, mapping.shape[:2])
    covered = round(mapping.shape[1] / factor), round(mapping.shape[0] / factor)
    rest = cv2.resize(rest, covered, interpolation=cv2.INTER_LINEAR) / factor
    border = (0, max(0, shape[0] - covered[1]), 0, max(0, shape[1] - covered[0]))  # a remainder below one node
    rest = cv2.copyMakeBorder(rest, *border, cv2.BORDER_REPLICATE)[: shape[0], : shape[1]]
    linear = affine[:, :2]
    shift = ((linear - np.eye(2)) @ np.full(2, (factor - 1) / 2) + affine[:, 2]) / factor
    return np.asarray(affine_map(np.column_stack([linear, shift]), (shape[0], shape[1])) + rest, dtype=np.float32)


def jacobian_determinant(mapping: FloatArray) -> FloatArray:
    """Area in the other grid per area in its own, (h, w)."""
    dy, dx = np.asarray(np.gradient(mapping, axis=0)), np.asarray(np.gradient(mapping, axis=1))
    return np.asarray(dx[..., 0] * dy[..., 1] - dx[..., 1] * dy[..., 0], dtype=np.float32)
