"""How slanted the skin is to the camera, from the landmarks: a cheek turned away shows less area than it has."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from skinimg.base.records import FloatArray

_STEP_PX = 24  # 2.4 mm: the surface is smooth
_SMOOTHING = 100.0  # px2: noise in the depth of the landmarks must not become slopes; not searched
_LARGEST = 2.0  # at 60 degrees; beyond, a pixel says too little about the skin behind it


def surface_factor(landmarks: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Surface area per projected area, (h, w) float32, 1 facing the camera, at most 2.

    A smoothing thin-plate spline through the landmarks is the face; the factor is sqrt(1 + (dz/dx)^2 + (dz/dy)^2).

    landmarks : (478, 3) x, y, z in pixels of the frame; shape : (h, w) of the frame
    """
    distinct = np.unique(np.round(landmarks, 1), axis=0).astype(np.float64)
    surface = RBFInterpolator(distinct[:, :2], distinct[:, 2], smoothing=_SMOOTHING, kernel="thin_plate_spline")
    low, high = distinct[:, :2].min(axis=0), distinct[:, :2].max(axis=0)
    xs, ys = (np.arange(0, side + _STEP_PX, _STEP_PX, dtype=np.float64) for side in (shape[1], shape[0]))
    x, y = np.meshgrid(xs, ys)
    # Outside the landmarks the face goes on as it ends there.
    places = np.column_stack([x.clip(low[0], high[0]).ravel(), y.clip(low[1], high[1]).ravel()])
    depth = surface(places).reshape(x.shape)
    by_y, by_x = np.gradient(depth, _STEP_PX)
    factor = np.sqrt(1 + by_x**2 + by_y**2).clip(1, _LARGEST).astype(np.float32)
    to_grid = np.array([[1 / _STEP_PX, 0, 0], [0, 1 / _STEP_PX, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(factor, to_grid, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(fine, np.float32)
