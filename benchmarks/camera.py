"""The same person before the camera once more: another exposure, white balance, lamp, pose, focus, noise and file."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from skinimg.base.records import Face, FloatArray
from skinimg.photo.colour import linear_to_srgb8

_EXPOSURE, _WHITE_BALANCE, _GRADIENT = 0.06, 0.025, 0.08  # SD of ln; ln from the middle of the face to its rim


def rephotographed(linear: FloatArray, face: Face, rng: np.random.Generator) -> FloatArray:
    """(H, W, 3) linear sRGB of a new photo of what `linear` shows."""
    height, width = linear.shape[:2]
    centre = face.landmarks[:, :2].mean(axis=0)
    half = float(np.ptp(face.landmarks[:, 1])) / 2
    in_place = moved(linear, face, rng)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = float(rng.uniform(0, 2 * np.pi))
    along = ((x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)) / half
    gains = np.exp(rng.normal(0, _EXPOSURE) + rng.normal(0, _WHITE_BALANCE, 3))
    lit = in_place * np.exp(_GRADIENT * along)[..., None] * gains
    soft = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), float(rng.uniform(0.3, 0.9)))
    noise = rng.standard_normal(soft.shape, np.float32) * np.sqrt(1e-4 * np.maximum(soft, 0) + 1e-6)
    return (soft + noise).astype(np.float32)


def write_jpeg(path: str, linear: FloatArray, rng: np.random.Generator) -> None:
    """An 8-bit file as phones and cameras write them."""
    quality, subsampling = int(rng.integers(90, 97)), int(rng.choice((0, 2)))
    Image.fromarray(linear_to_srgb8(linear)).save(path, quality=quality, subsampling=subsampling)


def moved(image: FloatArray, face: Face, rng: np.random.Generator) -> FloatArray:
    """(H, W, ...) turned by about 1.5 degrees, 2 % nearer or farther, shifted, and in slightly another perspective.

    It is what `rephotographed` does first: a map of marks, moved by a generator of the same seed, stays on its photo.
    """
    height, width = image.shape[:2]
    centre = face.landmarks[:, :2].mean(axis=0)
    half_px = float(np.ptp(face.landmarks[:, 1])) / 2
    angle, zoom = np.radians(rng.normal(0, 1.5)), np.exp(rng.normal(0, 0.02))
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    square = half_px * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    seen = square @ turn.T + rng.normal(0, 0.02 * half_px, 2) + rng.normal(0, 0.01 * half_px, (4, 2))
    mapping = cv2.getPerspectiveTransform((square + centre).astype(np.float32), (seen + centre).astype(np.float32))
    return cv2.warpPerspective(image, mapping, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
