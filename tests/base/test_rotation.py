"""The turn between two sets of points."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from skinimg.base.rotation import rotation_between

POINTS = np.random.default_rng(3).normal(size=(40, 3)) * (80, 110, 60) + (500, 400, 0)


def test_a_known_turn_is_found_wherever_the_points_are():
    turn = Rotation.from_euler("yxz", (25, -8, 3), degrees=True).as_matrix()
    moved = POINTS @ turn.T + (30, -20, 5)
    assert rotation_between(POINTS.astype(np.float32), moved.astype(np.float32)) == pytest.approx(turn, abs=1e-6)


def test_a_mirror_image_is_no_turn():
    found = rotation_between(POINTS, POINTS * (-1, 1, 1))
    assert np.linalg.det(found) == pytest.approx(1)
