"""Skin on paper for the paired map: two sessions of a face of 14 x 18 cm, at points 1 mm apart."""

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import FloatArray, SkinAnchor
from skinimg.compare.paired_maps import PairedSkin
from skinimg.skin.optics import haemoglobin_density, melanin_density, skin_density

SHAPE = (180, 140)
MELANIN, BLOOD = 0.03, 0.012
ANCHOR = SkinAnchor(MELANIN, BLOOD, 40.0, (0.0, 0.0, 0.0))
LIGHT = np.array([0.05, -0.02, 0.03])  # another exposure and white balance, density
_GRID = np.linspace(-0.3, 0.6, 181)


def disc(x: float, y: float, radius: float, edge: float = 4.0) -> FloatArray:
    """1 inside a disc, falling over `edge` mm."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = np.hypot(columns - x, rows - y)
    return (1 / (1 + np.exp(np.clip((away - radius) / (edge / 4.4), -30, 30)))).astype(np.float32)


@dataclass(frozen=True)
class Pigment:
    """More or less of a pigment than plain skin, OD (h, w)."""

    melanin: FloatArray | float = 0.0
    haemoglobin: FloatArray | float = 0.0


def densities(pigment: Pigment, seed: int) -> FloatArray:
    """(h, w, 3) density of a face with its own unevenness, one and the same for every seed, and a photo's noise."""
    own = np.random.default_rng(0)
    uneven = [0.03 * _smooth(own), 0.02 * _smooth(own)]
    melanin = np.interp(uneven[0] + pigment.melanin, *_scale(MELANIN, melanin_density))
    blood = np.interp(uneven[1] + pigment.haemoglobin, *_scale(BLOOD, haemoglobin_density))
    noise = 0.01 * np.random.default_rng(seed).standard_normal((*SHAPE, 3))
    return (skin_density(melanin, blood) + noise).astype(np.float32)


def _smooth(rng: np.random.Generator) -> FloatArray:
    noise = cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), 8)
    return noise / noise.std()


def _scale(fraction: float, density_of) -> tuple[np.ndarray, np.ndarray]:
    fractions = np.geomspace(fraction / 4, min(fraction * 8, 0.3 if fraction > 0.02 else 0.08), 400)
    return density_of(fractions) - density_of(fraction), fractions


def pair(before: Pigment, after: Pigment, witnesses=({}, {}), slope: float = 0.0006) -> PairedSkin:
    """Two sessions in different light: another exposure and white balance, and a lamp from the side."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    shown = ((columns - 70) / 66) ** 2 + ((rows - 90) / 86) ** 2 < 1
    second = densities(after, 2) + LIGHT + (slope * (columns - 70))[..., None]
    left = (columns >= 70).astype(np.uint16)  # the person's left is at the right of the picture
    bits = (1 + 2 * left + 4 * (1 - left)).astype(np.uint16)
    return PairedSkin(
        densities(before, 1), second.astype(np.float32), shown, np.ones(SHAPE, np.float32), bits,
        ("face", "left_side", "right_side"), ANCHOR, witnesses,
    )  # fmt: skip
