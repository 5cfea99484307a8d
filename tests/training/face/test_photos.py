"""The photos that the face model learns from: who is held out, faces of one size, who is drawn often."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from skinimg.face.crop import place_of
from skinimg.training.face.photos import CANVAS_PX, CANVAS_RADIUS_PX, Faces, held_out_people, skin_ita_deg
from tests.training.face.drawn_faces import CHEEK, CHEEK_LANDMARK, DARK_SKIN, SKIN, dot, landmarks_of, photo_of


def strangers(n: int) -> np.ndarray:
    """Canvases (n, 384, 384, 3) that do not look like each other."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (n, 24, 24, 3), np.uint8)
    return np.stack([cv2.resize(one, (CANVAS_PX, CANVAS_PX)) for one in small])


def test_both_names_of_one_portrait_are_held_out_if_one_is() -> None:
    names, canvases = np.array([f"b{k:06d}.jpg" for k in range(40)]), strangers(40)
    alone = held_out_people(names, canvases)
    assert 1 <= alone.sum() <= 12
    held, trained_on = np.flatnonzero(alone)[0], np.flatnonzero(~alone)[0]
    canvases[trained_on] = np.clip(canvases[held] * 0.9 + 10, 0, 255)  # another print of it
    both = held_out_people(names, canvases)
    assert both[trained_on]
    np.testing.assert_array_equal(np.delete(both, trained_on), np.delete(alone, trained_on))


def test_who_is_held_out_does_not_depend_on_the_others() -> None:
    names, canvases = np.array([f"b{k:06d}.jpg" for k in range(40)]), strangers(40)
    every = held_out_people(names, canvases)
    np.testing.assert_array_equal(held_out_people(names[30:5:-1], canvases[30:5:-1]), every[30:5:-1])


def test_every_face_has_the_same_size_and_its_landmarks_lie_on_it(faces: Faces) -> None:
    assert [level.shape for level in faces.canvas] == [(10, side, side, 3) for side in (384, 192, 96)]
    for k in range(8):  # those in colour
        place = place_of(faces.landmarks[k])
        assert place.radius == pytest.approx(CANVAS_RADIUS_PX, rel=1e-3)
        np.testing.assert_allclose([place.x, place.y], (CANVAS_PX - 1) / 2, atol=0.1)
        for level, step in zip(faces.canvas, (1, 2, 4), strict=True):
            found = step * dot(level[k], CHEEK) + (step - 1) / 2
            np.testing.assert_allclose(found, faces.landmarks[k, CHEEK_LANDMARK, :2], atol=1)


def test_dark_skin_in_colour_is_drawn_more_often_and_nobody_who_is_held_out(faces: Faces) -> None:
    faces = replace(faces, held_out=np.arange(10) == 4)
    rng = np.random.default_rng(0)
    drawn = np.bincount([faces.someone(rng) for _ in range(2000)], minlength=10)
    assert drawn[4] == 0
    np.testing.assert_array_equal(faces.weight[[0, 1, 9]], [4.0, 1.3, 1.0])
    np.testing.assert_allclose(drawn[faces.trained_on] / 2000, faces.weight[faces.trained_on] / 13.8, atol=0.03)


def test_tone_of_the_cheeks() -> None:
    points = landmarks_of(np.random.default_rng(3))
    light, dark = photo_of(points, SKIN), photo_of(points, DARK_SKIN)
    assert skin_ita_deg(light, points) > 28
    assert skin_ita_deg(dark, points) < 10
    assert np.isnan(skin_ita_deg(light, points + 10_000))
