"""Head pose and iris scale from the 478 landmarks.

Pose: the rotation that brings the mean face onto the landmarks, in a frame with x to the image's right, y down and z
away from the camera.
"""

from __future__ import annotations

import numpy as np

from skinimg.base.records import FloatArray
from skinimg.base.rotation import rotation_between
from skinimg.face.mesh import LEFT_IRIS, RIGHT_IRIS, STEADY

IRIS_DIAMETER_MM = 11.7  # horizontal white to white, mean of adults (Ruefer 2005)
IRIS_DIAMETER_SD_MM = 0.5  # between people; 0.4 in Ruefer 2005


def pose_deg(landmarks: FloatArray, mean_shape: FloatArray) -> tuple[float, float, float]:
    """(yaw, pitch, roll) of landmarks (478, 3) against the frontal mean face (478, 3), degrees.

    yaw > 0: turned to the person's own left (the image's right); pitch > 0: looks up; roll > 0: tilted clockwise as
    seen. The mean face looks into the camera by definition, so pitch is relative to the average portrait.
    """
    # Lips, lids and jaw move with the expression: only the points on bone vote.
    rotation = rotation_between(mean_shape[STEADY], landmarks[STEADY])
    forward = rotation @ (0.0, 0.0, -1.0)  # the nose's direction: towards the camera in the mean face
    right = rotation @ (1.0, 0.0, 0.0)
    yaw = np.degrees(np.arctan2(forward[0], -forward[2]))
    pitch = np.degrees(np.arcsin(np.clip(-forward[1], -1, 1)))
    roll = np.degrees(np.arctan2(right[1], right[0]))
    return float(yaw), float(pitch), float(roll)


def px_per_mm(landmarks: FloatArray, relative_sd: float) -> tuple[float, float]:
    """Scale from the iris: (pixels per millimetre at the eyes' distance, its standard uncertainty).

    The diameter is the mean of both irises' horizontal diameters (lids hide the vertical one). `relative_sd` is the
    random error of that mean (landmark noise, from the weights card); the spread of people is 0.5 mm in 11.7 mm.
    """
    diameter_px = iris_diameter_px(landmarks)
    scale = diameter_px / IRIS_DIAMETER_MM
    spread = IRIS_DIAMETER_SD_MM / IRIS_DIAMETER_MM
    return scale, float(scale * np.hypot(spread, relative_sd))


def iris_diameter_px(landmarks: FloatArray) -> float:
    """Mean horizontal diameter of both irises."""
    return float(np.mean([np.linalg.norm(landmarks[iris[1]] - landmarks[iris[3]]) for iris in (RIGHT_IRIS, LEFT_IRIS)]))
