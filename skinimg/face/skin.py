"""Which pixels of a face are usable skin: no eyes, lips, brows, nostrils, hair, beard, glasses, background, neck.

Geometry comes from the landmarks. The rest is decided by this very photo: cheeks and forehead are the seeds of a robust
model of this person's skin (log-chromaticity, brightness as a smooth field, fine texture), and what does not fit is not
skin. Nothing in it is absolute, so it does not depend on the skin's tone, the exposure or the white balance.
"""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray
from skinimg.base.settings import LARGEST_MARK_MM2
from skinimg.face import mesh
from skinimg.face.regions import fill_outline, lift_rim

_WORK_PX_PER_MM = 2.0  # hair, glasses and beard show at this scale; a pore or a fine line does not
_EYE_DISTANCE_MM = 63.0  # between the pupils, mean of adults; only sets the sizes below
_DARKEST = 1e-3  # floor of linear light before the logarithm

# Limits in robust standard deviations, with floors on these deviations in units of ln (linear light).
_CHROMA_LIMIT, _CHROMA_FLOOR = 4.5, 0.06
_BRIGHT_LIMIT, _LIGHT_FLOOR = 5.0, 0.18
# Hair hangs into the forehead, where skin is smooth and evenly lit: strict limits. Below the brows, folds are rougher
# and the nose throws shadows that are still skin. Measured on the portraits, in units of the seeds' median texture:
# fringes 2.3 to 8, wrinkled foreheads 1.3 to 1.8, smile folds up to 3.5.
_FOREHEAD_DARK_LIMIT, _LOWER_DARK_LIMIT = 4.0, 6.0
_FOREHEAD_TEXTURE_LIMIT, _LOWER_TEXTURE_LIMIT = 2.2, 4.0
_TEXTURE_FLOOR = 0.03
_TEXTURE_CLIP = 0.3  # one dark mole is not a rough surface

_SEEDS = (50, 280, 205, 425, 101, 330, 117, 346, 151, 108, 337, 9)
_SEED_RADIUS_MM = 7.0
_PIECE_SHARE = 0.02  # of the face: smaller islands of skin are dropped


def skin_mask(linear: FloatArray, landmarks: FloatArray) -> BoolArray:
    """Usable skin of one face, (h, w).

    linear: (h, w, 3) linear RGB; landmarks: (478, 2 or 3) in its pixels.
    """
    h, w = linear.shape[:2]
    points = lift_rim(landmarks)
    zoom = _WORK_PX_PER_MM * _EYE_DISTANCE_MM / max(float(np.linalg.norm(points[473] - points[468])), 1.0)
    zoom = min(zoom, 1.0)
    size = (max(round(w * zoom), 8), max(round(h * zoom), 8))
    small = cv2.resize(linear, size, interpolation=cv2.INTER_AREA)
    points = (points + 0.5) * (size[0] / w, size[1] / h) - 0.5
    px_per_mm = float(np.linalg.norm(points[473] - points[468])) / _EYE_DISTANCE_MM
    oval = fill_outline(points[mesh.OVAL], small.shape)
    allowed = oval & ~_features(points, small.shape, px_per_mm)
    fits = _fits_skin(small, allowed, points, px_per_mm)
    skin = _tidy(fits, allowed, px_per_mm)
    return cv2.resize(skin.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR) > 0.5


def _features(points: FloatArray, shape: tuple[int, ...], px_per_mm: float) -> BoolArray:
    """Eyes with lashes, lips, brows and nostrils, each with the margin (mm) that its soft edge needs.

    Nostrils and corners of the mouth lie in shade that is no mark, and a landmark is off by 1.8 mm (median).
    """
    mask = np.zeros(shape[:2], np.bool_)
    margins = (
        (mesh.RIGHT_EYE, 2.5), (mesh.LEFT_EYE, 2.5), (mesh.LIPS, 1.5), (mesh.RIGHT_BROW, 1.5), (mesh.LEFT_BROW, 1.5),
        (mesh.RIGHT_NOSTRIL, 2.5), (mesh.LEFT_NOSTRIL, 2.5), *((corner, 4.0) for corner in mesh.MOUTH_CORNERS),
    )  # fmt: skip
    for outline, margin_mm in margins:
        mask |= _grow(
            fill_outline(cv2.convexHull(points[outline].astype(np.float32))[:, 0], shape), margin_mm * px_per_mm
        )
    return mask


def _fits_skin(linear: FloatArray, allowed: BoolArray, points: FloatArray, px_per_mm: float) -> BoolArray:
    log = np.log(np.maximum(linear, _DARKEST)).astype(np.float32)
    smooth = cv2.GaussianBlur(log, (0, 0), max(0.8 * px_per_mm, 0.5))
    light = smooth.mean(axis=2)
    chroma = np.stack([smooth[..., 0] - smooth[..., 1], smooth[..., 1] - smooth[..., 2]], axis=2)
    texture = _texture(log[..., 1], px_per_mm)
    forehead = fill_outline(points[mesh.FOREHEAD], allowed.shape)
    dark_limit = np.where(forehead, _FOREHEAD_DARK_LIMIT, _LOWER_DARK_LIMIT)
    texture_limit = np.where(forehead, _FOREHEAD_TEXTURE_LIMIT, _LOWER_TEXTURE_LIMIT)
    seeds = _seeds(points, allowed, px_per_mm)
    if seeds.sum() < 30:
        return np.zeros_like(allowed)
    rough = np.median(texture[seeds])
    # Beard or hair may cover a seed: the model is fitted again on the pixels that fitted it.
    fits = seeds
    for _ in range(3):
        residual, light_sd = _light_residual(light, fits)
        deviation = _chroma_deviation(chroma, fits)
        fits = (
            allowed
            & (deviation < _CHROMA_LIMIT)
            & (residual > -dark_limit * light_sd)
            & (residual < _BRIGHT_LIMIT * light_sd)
            & (texture < np.maximum(texture_limit * rough, _TEXTURE_FLOOR))
        )
        if fits.sum() < 30:
            return np.zeros_like(allowed)
    return fits


def _texture(green_log: FloatArray, px_per_mm: float) -> FloatArray:
    """Local contrast of structures below 2 mm, averaged over 3 mm: hair and stubble are rough, skin is not."""
    fine = green_log - cv2.GaussianBlur(green_log, (0, 0), max(1.0 * px_per_mm, 0.8))
    fine = np.clip(fine, -_TEXTURE_CLIP, _TEXTURE_CLIP)
    return np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 2.0 * px_per_mm))


def _seeds(points: FloatArray, allowed: BoolArray, px_per_mm: float) -> BoolArray:
    mask = np.zeros(allowed.shape, np.uint8)
    for x, y in points[list(_SEEDS)]:
        cv2.circle(mask, (round(float(x)), round(float(y))), max(round(_SEED_RADIUS_MM * px_per_mm), 1), 1, -1)
    return (mask > 0) & allowed


def _chroma_deviation(chroma: FloatArray, fits: BoolArray) -> FloatArray:
    """Mahalanobis distance of each pixel's log-chromaticity from the skin's, from robust axes."""
    sample = chroma[fits]
    centre = np.median(sample, axis=0)
    inner = sample[np.linalg.norm(sample - centre, axis=1) <= np.quantile(np.linalg.norm(sample - centre, axis=1), 0.8)]
    # The inner 80 % of a two-dimensional normal distribution have 0.55 of its variance.
    covariance = np.cov(inner.T) / 0.55 + np.eye(2) * _CHROMA_FLOOR**2
    away = chroma - centre
    return np.sqrt(np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(covariance), away))


def _light_residual(light: FloatArray, fits: BoolArray) -> tuple[FloatArray, float]:
    """ln brightness minus a quadratic surface through the skin (the light's own slope), and its robust spread."""
    h, w = light.shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2)
    a, b = terms[fits], light[fits]
    keep = np.ones(len(b), np.bool_)
    for _ in range(3):
        # Normal equations: six terms of one size on 100,000 pixels, so nothing is lost, and a tenth of the time of lstsq.
        kept = a[keep]
        weight = np.linalg.solve(kept.T @ kept, kept.T @ b[keep])
        error = b - a @ weight
        spread = 1.4826 * np.median(np.abs(error - np.median(error)))
        keep = np.abs(error) < 2.5 * max(spread, 0.05)
    return light - (terms @ weight).astype(np.float32), max(float(spread), _LIGHT_FLOOR)


def _tidy(fits: BoolArray, allowed: BoolArray, px_per_mm: float) -> BoolArray:
    """Without crumbs and ragged edges; small holes are marks on the skin and belong to it."""
    radius = max(round(1.0 * px_per_mm), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    skin = cv2.morphologyEx(fits.astype(np.uint8), cv2.MORPH_OPEN, disc)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - skin, connectivity=4)
    small_holes = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] < LARGEST_MARK_MM2 * px_per_mm**2]
    skin = skin.astype(np.bool_) | (np.isin(labels, small_holes) & allowed)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(skin.astype(np.uint8), connectivity=4)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] > _PIECE_SHARE * allowed.sum()]
    return np.isin(labels, large)


def _grow(mask: BoolArray, radius_px: float) -> BoolArray:
    radius = max(round(radius_px), 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.dilate(mask.astype(np.uint8), disc).astype(np.bool_)
