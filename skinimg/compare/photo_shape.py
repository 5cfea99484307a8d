"""What two sets of landmarks say once the head's turn is taken out: expression, the shape of the bones, nodding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skinimg.base.records import FloatArray
from skinimg.base.rotation import rotation_between
from skinimg.face import mesh

Points = npt.NDArray[np.float64]


def expression_percent(a: FloatArray, b: FloatArray) -> float:
    """90th percentile of what is left between two landmark sets (478, 3) after turn, shift and scale, % of the size.

    The part of the face that moves, not the part that cannot.
    """
    return 100 * float(np.percentile(_left_over(a, b), 90))


def shape_percent(a: FloatArray, b: FloatArray) -> float:
    """RMS of what is left between the points on bone after turn, shift and scale, % of their size.

    No expression moves them, so they tell one head from another.
    """
    return 100 * float(np.sqrt(np.mean(_left_over(a[mesh.STEADY], b[mesh.STEADY]) ** 2)))


def pitch_between(a: FloatArray, b: FloatArray) -> float:
    """Nod from the first set of landmarks to the second, degrees, positive up."""
    # The turn lays the second on the first, so the nod is its inverse; y points down and z away from the camera.
    turn = rotation_between(b[mesh.STEADY], a[mesh.STEADY])
    return float(np.degrees(np.arcsin(np.clip(turn[2, 1], -1, 1))))


def _left_over(a: FloatArray, b: FloatArray) -> Points:
    """(n,) distances in the plane of the picture, as shares of the RMS radius."""
    ours, theirs = _normalised(a), _normalised(b)
    return np.asarray(np.linalg.norm((theirs @ rotation_between(theirs, ours).T - ours)[:, :2], axis=1))


def _normalised(landmarks: FloatArray) -> Points:
    centred = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    return np.asarray(centred / np.sqrt((centred**2).sum(axis=1).mean()))
