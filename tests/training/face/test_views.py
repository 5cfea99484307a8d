"""Faces as other cameras would have taken them: what is outside the photo, what hides it, what its light does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skinimg.training.face.backdrops import Backdrops
from skinimg.training.face.photos import Faces
from skinimg.training.face.views import developed, occluded, warped
from tests.training.face.drawn_faces import CHEEK, dot

PLAIN = Backdrops((np.full((256, 256, 3), 7, np.uint8),))


def test_a_backdrop_begins_where_the_photo_ends(faces: Faces) -> None:
    white = tuple(np.full_like(level, 255) for level in faces.canvas)
    faces = replace(faces, canvas=white)
    matrix = np.array([[0.24, 0.08, 5], [-0.08, 0.24, 35]])  # small enough for all corners of the photo to be seen
    corners = faces.corners[0] @ matrix[:, :2].T + matrix[:, 2]
    assert ((corners > 0) & (corners < 127)).all()
    seen = [warped(faces, 0, matrix, 128, PLAIN, np.random.default_rng(seed)) for seed in range(12)]
    behind = [image for image in seen if (image == 7).any()]
    assert 3 <= len(behind) < 12  # else the photo's border goes on
    for image in behind:
        assert np.isin(image, (7, 255)).all()
        (x, y), (next_x, next_y) = corners.T, np.roll(corners, -1, axis=0).T
        area = abs((x * next_y - next_x * y).sum()) / 2
        assert (image[..., 0] == 255).sum() == pytest.approx(area, rel=0.1)


def test_every_level_of_the_pyramid_shows_the_face_in_the_same_place(faces: Faces) -> None:
    """At the sizes at which one level takes over from the next."""
    for scale in (0.6, 0.3):
        cheeks = []
        for size in (scale * 0.999, scale * 1.001):
            matrix = np.array([[size, 0, 64 - size * 191.5], [0, size, 64 - size * 191.5]])
            cheeks.append(dot(warped(faces, 1, matrix, 128, PLAIN, np.random.default_rng(1)), CHEEK))
        np.testing.assert_allclose(cheeks[0], cheeks[1], atol=0.15)  # half a pixel of the larger level is 0.3


def test_something_hides_a_part(backdrops: Backdrops) -> None:
    image = np.full((128, 128, 3), 77, np.uint8)
    hidden = [(occluded(image, backdrops, np.random.default_rng(k)) != 77).any(axis=2).mean() for k in range(30)]
    assert np.mean(hidden) > 0 and max(hidden) < 0.4
    assert sum(share > 0 for share in hidden) > 25


def test_photos_stay_in_range_and_follow_the_seed(faces: Faces) -> None:
    image = faces.canvas[0][1][128:256, 128:256]
    for seed in range(25):
        x = developed(image, np.random.default_rng(seed))
        assert x.shape == (128, 128, 3) and x.dtype == np.float32
        assert x.min() >= -1 and x.max() <= 1
        np.testing.assert_array_equal(x, developed(image, np.random.default_rng(seed)))
    brightness = [developed(image, np.random.default_rng(seed)).mean() for seed in range(25)]
    assert np.std(brightness) > 0.1
