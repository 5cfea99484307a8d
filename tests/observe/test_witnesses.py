"""A plain background is read, a pattern is not; the whites of the eyes are found between lids and iris."""

import numpy as np
import pytest

from skinimg.base.records import Face
from skinimg.face import mesh
from skinimg.observe.witnesses import EYES, SIDES, background, eye_whites

GREY = np.array([0.5, 0.55, 0.6], np.float32)


def face(x0=250.0, x1=550.0, y0=300.0, y1=700.0):
    landmarks = np.tile(np.float32([(x0 + x1) / 2, (y0 + y1) / 2, 0]), (478, 1))
    landmarks[0, :2], landmarks[1, :2] = (x0, y0), (x1, y1)
    return Face(landmarks, 1.0, 0.0, 0.0, 0.0, 3.0, 0.2)


def wall():
    return np.tile(GREY, (900, 800, 1)) * np.linspace(0.9, 1.1, 800, dtype=np.float32)[None, :, None]


def test_a_plain_wall_is_read_on_all_sides_whatever_the_gradient():
    found = background(wall(), face())
    assert tuple(found) == SIDES
    for density in found.values():
        np.testing.assert_allclose(np.diff(density), np.diff(-np.log(GREY)), atol=0.01)


@pytest.mark.parametrize("spoil", ["pattern", "clipped", "black"])
def test_what_is_no_plain_wall_is_not_read(spoil):
    photo = wall()
    if spoil == "pattern":
        photo[::2, :, 0] *= np.random.default_rng(0).uniform(0.3, 1.5, (450, 800)).astype(np.float32)
        photo[(np.arange(900) // 40) % 2 == 0] *= np.float32([1.3, 0.9, 0.6])
    else:
        photo[:] = 1.0 if spoil == "clipped" else 0.001
    assert background(photo, face()) == {}


def test_no_side_is_read_where_the_face_reaches_it():
    assert SIDES[0] not in background(wall(), face(x0=20.0))


def test_a_narrow_strip_beside_the_ears_is_enough_and_nothing_else_is_in_it():
    photo = wall()
    photo[:, 30:770] = (0.4, 0.25, 0.2)  # the head, with its ears
    found = background(photo, face(x0=100.0, x1=700.0, y0=150.0))
    assert set(found) == set(SIDES[:2])
    for density in found.values():
        np.testing.assert_allclose(np.diff(density), np.diff(-np.log(GREY)), atol=0.01)


def _eyes(white):
    photo = np.full((400, 600, 3), 0.25, np.float32)
    landmarks = np.zeros((478, 3), np.float32)
    for outline, iris, x in ((mesh.RIGHT_EYE, mesh.RIGHT_IRIS, 150), (mesh.LEFT_EYE, mesh.LEFT_IRIS, 450)):
        angle = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        landmarks[outline, 0], landmarks[outline, 1] = x + 140 * np.cos(angle), 200 + 55 * np.sin(angle)
        photo[145:255, x - 140 : x + 140] = white
        landmarks[iris, :2] = (x, 200)
        landmarks[iris[1:], :2] += 58 * np.float32([(-1, 0), (0, -1), (1, 0), (0, 1)])
        photo[142:258, x - 58 : x + 58] = 0.05
    return photo, landmarks


def test_the_whites_of_the_eyes_are_read_without_the_iris():
    photo, landmarks = _eyes(np.float32([0.6, 0.5, 0.45]))
    np.testing.assert_allclose(eye_whites(photo, landmarks, 0.1)[EYES], -np.log([0.6, 0.5, 0.45]), atol=0.02)


def test_closed_eyes_have_none():
    photo, landmarks = _eyes(np.float32([0.6, 0.5, 0.45]))
    landmarks[:, 1] = 200
    assert eye_whites(photo, landmarks, 0.1) == {}
