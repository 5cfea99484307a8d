"""A face as another camera would have taken it: nearer or turned, partly hidden, in another light."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import ByteArray, FloatArray
from skinimg.training.face.backdrops import Backdrops
from skinimg.training.face.photos import Faces

_GREY_SHARES = np.array([[0.3], [0.59], [0.11]], np.float32)
_GREY_SPREAD = 0.02  # between the channels: less has no colour
_MELANIN_SLOPE = np.array([0.3, 0.6, 1.0], np.float32)
_MELANIN = np.array([0.35, 0.65, 1.0], np.float32)


def warped(
    faces: Faces, index: int, matrix: FloatArray, size: int, backdrops: Backdrops, rng: np.random.Generator
) -> ByteArray:
    """One photo through `matrix` (canvas -> window), (size, size, 3), from the pyramid level that does not alias."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    level = 0 if scale > 0.6 else 1 if scale > 0.3 else 2
    step = 2**level
    small = matrix.copy()
    small[:, :2] *= step
    small[:, 2] += matrix[:, :2] @ np.full(2, (step - 1) / 2)
    out: ByteArray = cv2.warpAffine(
        faces.canvas[level][index], small, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if rng.random() < 0.6:  # outside the photo: a backdrop instead of its repeated border
        corners = faces.corners[index] @ matrix[:, :2].T + matrix[:, 2]
        inside = np.zeros((size, size), np.uint8)
        cv2.fillConvexPoly(inside, corners.round().astype(np.int32), 1)
        out = np.where(inside[..., None] > 0, out, backdrops.piece(rng, size))
    return out


def occluded(image: ByteArray, backdrops: Backdrops, rng: np.random.Generator) -> ByteArray:
    """A box, disc or bar of a colour or of a backdrop over part of the image (size, size, 3)."""
    size = image.shape[0]
    mask = np.zeros((size, size), np.uint8)
    centre = tuple(int(v) for v in rng.integers(0, size, 2))
    axes = tuple(int(v) for v in rng.uniform(0.05, 0.22, 2) * size)
    if rng.random() < 0.5:
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    else:
        cv2.rectangle(mask, centre, (centre[0] + 2 * axes[0], centre[1] + 2 * axes[1]), 1, -1)
    plain = rng.random() >= 0.5
    other = rng.integers(0, 256, 3).astype(np.uint8) if plain else backdrops.one(rng)[:size, :size]
    return np.where(mask[..., None] > 0, other, image)


def developed(image: ByteArray, rng: np.random.Generator) -> FloatArray:
    """Camera, light, skin tone, film: (h, w, 3) RGB bytes in, float32 in [-1, 1] out."""
    x: FloatArray = _compressed(image, rng).astype(np.float32) / np.float32(255)
    grey = bool(np.ptp(x[::8, ::8], axis=2).mean() < _GREY_SPREAD)
    x = _lit(_toned(x, grey, rng), rng)
    x = (x - 0.5) * np.float32(np.exp(rng.normal(0, 0.25))) + 0.5 + np.float32(rng.normal(0, 0.1))
    if rng.random() < 0.3:
        x = x + rng.normal(0, rng.uniform(0.005, 0.06), (*x.shape[:2], 1 if grey else 3)).astype(np.float32)
    return np.clip(x, 0, 1) * 2 - 1


def _compressed(image: ByteArray, rng: np.random.Generator) -> ByteArray:
    """Blurred by the lens, packed as JPEG, or neither."""
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.8))
    if rng.random() < 0.15:
        packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))])[1]
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return image


def _toned(x: FloatArray, grey: bool, rng: np.random.Generator) -> FloatArray:
    """Without colour, or on darker or paler skin: density grows with melanin's slope over R, G, B."""
    if not grey and rng.random() < 0.2:
        return np.repeat(x @ _GREY_SHARES, 3, axis=2)
    if rng.random() < 0.5:
        x = x ** (1 + rng.uniform(0, 0.5) * _MELANIN_SLOPE) * np.exp(-rng.uniform(0, 0.9) * _MELANIN)
        x = x / max(x.max(), 0.3)
    return x


def _lit(x: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Brighter or darker, of another white, from one side."""
    x = x ** np.float32(np.exp(rng.normal(0, 0.35)))
    x = x * np.exp(rng.normal(0, 0.07, 3)).astype(np.float32)
    if rng.random() < 0.5:
        h, w = x.shape[:2]
        across, down = np.linspace(-1, 1, w, dtype=np.float32)[None], np.linspace(-1, 1, h, dtype=np.float32)[:, None]
        ramp = across * rng.normal(0, 0.4) + down * rng.normal(0, 0.3)
        x = x * np.exp(ramp)[..., None]
    return x
