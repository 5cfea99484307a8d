"""The turn from one set of points to another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation


def rotation_between(start: npt.NDArray[np.floating], end: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """(3, 3) rotation that lays points (n, 3) on others best, each about their own middle (Kabsch 1976): no reflection.

    Points are columns: end = rotation @ start.
    """
    here, there = (points.astype(np.float64) - points.mean(axis=0, dtype=np.float64) for points in (start, end))
    turn, _ = Rotation.align_vectors(there, here)
    return np.asarray(turn.as_matrix(), np.float64)
