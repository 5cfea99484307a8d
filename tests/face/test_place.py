"""Where on the face a cell lies, and what is near."""

from __future__ import annotations

import numpy as np
import pytest

from skinimg.face import mesh
from skinimg.face.place import place_planes
from skinimg.model.context import CELL_PX, N_ANATOMY

LIPS, EYES, _NOSTRILS, _BROWS, BORDER, ASIDE, UP, KNOWN = range(N_ANATOMY)


def drawn_face() -> np.ndarray:
    """Landmarks (478, 3) of a face 100 mm wide: an oval, two eyes, lips and a nose in their places."""
    points = np.full((478, 3), 600.0, np.float32)

    def ring(outline: list[int], x: float, y: float, wide: float, high: float) -> None:
        at = np.linspace(0, 2 * np.pi, len(outline), endpoint=False) - np.pi / 2
        points[outline, 0], points[outline, 1] = x + wide * np.cos(at), y + high * np.sin(at)

    ring(mesh.OVAL, 600, 700, 500, 600)
    ring(mesh.RIGHT_EYE, 400, 500, 100, 40)
    ring(mesh.LEFT_EYE, 800, 500, 100, 40)
    ring(mesh.LIPS, 600, 1000, 150, 60)
    points[468, :2], points[473, :2], points[4, :2] = (400, 500), (800, 500), (600, 750)
    return points


def cell(x: float, y: float) -> tuple[int, int]:
    return int(y) // CELL_PX, int(x) // CELL_PX


def test_what_is_near_is_told_in_millimetres() -> None:
    planes = place_planes(drawn_face(), (1400, 1200))
    assert planes.shape == (N_ANATOMY, 88, 75)
    assert planes[LIPS][cell(600, 1000)] > 1.5  # 6 mm inside
    assert planes[LIPS][cell(600, 1060)] == pytest.approx(1, abs=0.2)
    assert planes[LIPS][cell(600, 1100)] == pytest.approx(0.5, abs=0.2)  # 4 of 8 mm away
    assert planes[LIPS][cell(600, 1200)] == 0
    assert planes[EYES][cell(400, 500)] > 1
    assert planes[BORDER][cell(600, 750)] == 0
    assert planes[BORDER][cell(20, 20)] == 2
    assert (planes[KNOWN] == 1).all()


def test_the_place_is_the_same_on_both_sides_of_the_nose() -> None:
    planes = place_planes(drawn_face(), (1400, 1200))
    assert planes[ASIDE][cell(360, 750)] == pytest.approx(planes[ASIDE][cell(840, 750)], abs=0.05)
    assert planes[UP][cell(600, 400)] > 0 > planes[UP][cell(600, 1100)]
