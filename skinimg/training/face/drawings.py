"""Pictures without a face in them, drawn: clutter, rows of fields, bare skin. Each is (size, size, 3) RGB bytes."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import ByteArray, FloatArray

_MELANIN, _BLOOD = np.array([0.35, 0.65, 1.0]), np.array([0.1, 0.6, 0.5])  # density in R, G, B per unit


def clutter(rng: np.random.Generator, size: int) -> ByteArray:
    """Lines, boxes, discs and stripes: what a face is not."""
    image = np.full((size, size, 3), rng.integers(0, 256, 3), np.uint8)
    for _ in range(rng.integers(1, 40)):
        _add_thing(image, rng)
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 8))
    coarse = rng.normal(0, rng.uniform(0, 40), (size // int(rng.integers(1, 16)) + 1,) * 2 + (1,)).astype(np.float32)
    coarse = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(image + coarse, 0, 255).astype(np.uint8)


def _add_thing(image: ByteArray, rng: np.random.Generator) -> None:
    """One thing of a plain colour, drawn into the image."""
    colour = _integers(rng, 0, 256, 3)
    a, b = (_integers(rng, 0, len(image), 2) for _ in range(2))
    kind = rng.integers(4)
    if kind == 0:
        cv2.line(image, a, b, colour, int(rng.integers(1, 12)))
    elif kind == 1:
        cv2.rectangle(image, a, b, colour, int(rng.choice([-1, 2, 6])))
    elif kind == 2:
        cv2.ellipse(image, a, _integers(rng, 3, 60, 2), float(rng.uniform(0, 180)), 0, 360, colour, -1)
    else:
        cv2.putText(image, "ABX85", a, 0, float(rng.uniform(0.3, 3)), colour, int(rng.integers(1, 5)))


def grid(rng: np.random.Generator, size: int) -> ByteArray:
    """Rows of coloured fields on a dark or light ground: cards, keyboards, windows, flags."""
    image = np.full((size, size, 3), rng.integers(0, 256, 3), np.uint8)
    step_x, step_y = rng.integers(8, 70, 2)
    gap, left, top = rng.uniform(0.5, 1.0), *rng.integers(0, 60, 2)
    for y in range(top, size, step_y):
        for x in range(left, size, step_x):
            corner = (int(x + gap * step_x), int(y + gap * step_y))
            cv2.rectangle(image, (x, y), corner, _integers(rng, 0, 256, 3), -1)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.normal(0, 15)), float(rng.uniform(0.7, 1.5)))
    return cv2.warpAffine(image, turn, (size, size), borderMode=cv2.BORDER_REFLECT)


def bare_skin(rng: np.random.Generator, size: int) -> ByteArray:
    """A close-up of skin: uneven tone, dark and red marks, fine relief, light from one side."""
    image = rng.uniform(0.2, 1.8) * _MELANIN + rng.uniform(0.1, 0.5) * _BLOOD
    image = image + 0.08 * _field(rng, size, 30) * _MELANIN + 0.1 * _field(rng, size, 40) * _BLOOD
    image = image + rng.uniform(0, 0.25) * _field(rng, size, size / 3)
    image = image + rng.uniform(0.01, 0.12) * _field(rng, size, rng.uniform(1.5, 6))
    image = image + _marks(rng, size) * (_MELANIN if rng.random() < 0.5 else _BLOOD)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    image = image + (rng.normal(0, 0.4) * x + rng.normal(0, 0.4) * y + rng.normal(0, 0.3) * (x * x + y * y))[..., None]
    return (255 * np.clip(np.exp(-image), 0, 1) ** (1 / 2.2)).astype(np.uint8)


def _field(rng: np.random.Generator, size: int, cell: float) -> FloatArray:
    """(size, size, 1) of SD about 1 that varies over `cell` pixels."""
    n = max(int(size / cell), 2)
    coarse = rng.normal(0, 1, (n, n)).astype(np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]


def _marks(rng: np.random.Generator, size: int) -> FloatArray:
    """Density (size, size, 1) of a few dozen soft, round marks."""
    marks = np.zeros((size, size, 1), np.float32)
    for _ in range(rng.integers(0, 40)):
        centre = _integers(rng, 0, size, 2)
        radius = int(np.exp(rng.uniform(0, 3)))
        axes = (radius, max(int(radius * rng.uniform(0.4, 1)), 1))
        turn, depth = float(rng.uniform(0, 180)), float(rng.uniform(0.1, 0.9))
        cv2.ellipse(marks, centre, axes, turn, 0, 360, depth, -1)
    return cv2.GaussianBlur(marks, (0, 0), rng.uniform(0.7, 4))[..., None]


def _integers(rng: np.random.Generator, low: int, high: int, count: int) -> tuple[int, ...]:
    """As cv2 wants colours and points."""
    return tuple(int(v) for v in rng.integers(low, high, count))
