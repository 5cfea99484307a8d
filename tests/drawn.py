"""Skin drawn by the tests themselves, from the optical model, so that the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from skinimg.skin.optics import skin_density


@dataclass(frozen=True)
class Spot:
    """A round spot: place and radius in mm, and how many times the melanin of the skin it has."""

    x_mm: float
    y_mm: float
    radius_mm: float
    factor: float


SPOTS = (
    Spot(10, 12, 1.5, 2.2),
    Spot(30, 10, 2.0, 2.0),
    Spot(22, 28, 2.5, 1.8),
    Spot(42, 38, 1.8, 2.4),
    Spot(12, 42, 2.2, 2.0),
    Spot(48, 16, 1.6, 2.2),
)


def skin_patch(
    spots: tuple[Spot, ...] = SPOTS,
    *,
    size_mm: float = 60.0,
    melanin: float = 0.03,
    blood: float = 0.012,
    seed: int = 0,
    noise_seed: int = 0,
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> npt.NDArray[np.float32]:
    """(h, w, 3) linear sRGB at 0.1 mm/px: `seed` is the person, `noise_seed` the photo's noise, `gains` its light."""
    n = round(size_mm * 10)
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:n, 0:n] * 0.1
    factor = np.ones((n, n))
    for spot in spots:
        distance = np.hypot(xs - spot.x_mm, ys - spot.y_mm)
        factor += (spot.factor - 1) * np.clip((spot.radius_mm - distance) / 0.2 + 0.5, 0, 1)
    relief = sum(
        amount * cv2.GaussianBlur(rng.standard_normal((n, n)), (0, 0), sigma) * sigma
        for amount, sigma in ((0.05, 1.5), (0.05, 4), (0.08, 12))
    )
    density = skin_density(melanin * factor, np.full((n, n), blood)) + relief[..., None] + 0.4
    noise = np.random.default_rng(noise_seed + 1).normal(0, 0.004, density.shape)
    return (np.exp(-density) * np.asarray(gains) + noise).astype(np.float32)


def save(linear: npt.NDArray[np.float32], path: Path) -> Path:
    """As an 8-bit PNG."""
    from skinimg.photo.colour import linear_to_srgb8

    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), linear_to_srgb8(linear)[..., ::-1])
    return path
