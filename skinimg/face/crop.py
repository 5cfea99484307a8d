"""The normal frame of a face: upright, centred, of one size. The networks are trained and run in it.

A face's `radius` is the root mean square distance of its 478 landmarks from their mean: unlike the distance between the
eyes it hardly shrinks when the head turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import FloatArray

CROP_SIDE_RADII = 3.6  # the face's height is about 3 radii, so a fifth of the crop is margin
RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS = (33, 133), (362, 263)  # the person's own right is on the image's left


@dataclass(frozen=True)
class FacePlace:
    """Where a face is: centre (x, y) and radius in pixels, roll in radians (clockwise as seen, x towards y)."""

    x: float
    y: float
    radius: float
    roll: float


def place_of(landmarks: FloatArray) -> FacePlace:
    """The place of a face from its landmarks, (478, 2 or 3) in pixels."""
    xy = landmarks[:, :2].astype(np.float64)
    centre = xy.mean(0)
    eyes = xy[list(LEFT_EYE_CORNERS)].mean(0) - xy[list(RIGHT_EYE_CORNERS)].mean(0)
    radius = np.sqrt(((xy - centre) ** 2).sum(1).mean())
    return FacePlace(float(centre[0]), float(centre[1]), float(radius), float(np.arctan2(eyes[1], eyes[0])))


def crop_matrix(place: FacePlace, crop_px: int) -> FloatArray:
    """(2, 3) affine map from the photo's pixels to those of the upright crop around `place`."""
    scale = crop_px / (CROP_SIDE_RADII * place.radius)
    cos, sin = scale * np.cos(place.roll), scale * np.sin(place.roll)
    turn = np.array([[cos, sin], [-sin, cos]])
    middle = (crop_px - 1) / 2
    return np.column_stack([turn, middle - turn @ (place.x, place.y)]).astype(np.float64)


def cut(pixels: np.ndarray, matrix: FloatArray, crop_px: int) -> np.ndarray:
    """The crop itself, (crop_px, crop_px, 3): bilinear, the photo's border repeated outside it.

    The caller has shrunk the photo before (`cv2.INTER_AREA`), so that this step does not alias.
    """
    return cv2.warpAffine(pixels, matrix, (crop_px, crop_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def to_crop_sides(landmarks: FloatArray, matrix: FloatArray, crop_px: int) -> FloatArray:
    """Landmarks (478, 3) in photo pixels -> crop sides, origin at the crop's centre; z scaled alike."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    xy = landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    return np.column_stack([(xy + 0.5) / crop_px - 0.5, landmarks[:, 2] * scale / crop_px]).astype(np.float32)


def from_crop_sides(landmarks: FloatArray, matrix: FloatArray, crop_px: int) -> FloatArray:
    """The inverse of `to_crop_sides`."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    xy = (landmarks[:, :2] + 0.5) * crop_px - 0.5
    xy = (xy - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    return np.column_stack([xy, landmarks[:, 2] * crop_px / scale]).astype(np.float32)
