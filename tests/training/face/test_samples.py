"""What the networks are shown: the answer lies where the picture has it, mirrored or not; one seed gives one sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skinimg.model.card import FaceCard
from skinimg.model.weights import load_weights
from skinimg.training.face import samples
from skinimg.training.face.backdrops import Backdrops
from skinimg.training.face.photos import Faces
from skinimg.training.face.samples import FINDER_RADIUS_PX, batches, finder_sample, landmark_sample
from tests.training.face.drawn_faces import CHEEK, CHEEK_LANDMARK, LEFT_EYE, RIGHT_EYE, dot


@pytest.fixture
def mirror() -> np.ndarray:
    return load_weights("face", FaceCard)[0]["mirror"].long().numpy()


@pytest.fixture
def as_drawn(monkeypatch: pytest.MonkeyPatch) -> Backdrops:
    """Samples show what was drawn: nothing before the face, grey behind it, no other light."""
    monkeypatch.setattr(samples, "developed", lambda image, rng: image)
    monkeypatch.setattr(samples, "occluded", lambda image, backdrops, rng: image)
    return Backdrops((np.full((256, 256, 3), 128, np.uint8),))


def test_landmarks_of_a_mirrored_sample_are_those_of_the_mirror_image(
    faces: Faces, as_drawn: Backdrops, mirror: np.ndarray
) -> None:
    mirrored = []
    for seed in range(40):
        image, target, there = landmark_sample(faces, as_drawn, seed % 8, mirror, np.random.default_rng(seed))
        if not there:
            assert not target.any()
            continue
        assert target[33, 0] < target[263, 0]  # as the crop shows it, whoever's right it was
        cheek = (dot(image.transpose(1, 2, 0), CHEEK) + 0.5) / 128 - 0.5
        other = mirror[CHEEK_LANDMARK]
        distances = np.linalg.norm(target[[CHEEK_LANDMARK, other], :2] - cheek, axis=1)
        assert distances.min() < 0.01
        mirrored.append(bool(distances.argmin()))
    assert 8 < sum(mirrored) < len(mirrored) - 8


def test_the_finder_is_told_place_size_and_roll(faces: Faces, as_drawn: Backdrops) -> None:
    seen, mirrored = 0, 0
    for seed in range(120):
        image, (x, y, radius, roll) = finder_sample(faces, as_drawn, seed % 8, np.random.default_rng(seed))
        assert radius == 0 or 0.8 * FINDER_RADIUS_PX[0] <= radius <= 1.2 * FINDER_RADIUS_PX[1]
        if radius < 12 or not (1.5 * radius < x < 128 - 1.5 * radius and 1.5 * radius < y < 128 - 1.5 * radius):
            continue
        eyes = np.array([dot(image.transpose(1, 2, 0), colour) for colour in (RIGHT_EYE, LEFT_EYE)])
        mirrored += eyes[0, 0] > eyes[1, 0]
        across = np.diff(eyes[eyes[:, 0].argsort()], axis=0)[0]
        assert np.arctan2(across[1], across[0]) == pytest.approx(roll, abs=0.06)
        assert np.linalg.norm(across) == pytest.approx(1.21 * radius, rel=0.06)
        down = np.array([-np.sin(roll), np.cos(roll)])
        np.testing.assert_allclose(eyes.mean(0) + 0.66 * radius * down, [x, y], atol=0.1 * radius)
        seen += 1
    assert seen > 15 and 3 < mirrored < seen - 3


def test_one_seed_one_sample_of_the_right_form(faces: Faces, backdrops: Backdrops, mirror: np.ndarray) -> None:
    absent = 0
    for seed in range(40):
        image, target, there = landmark_sample(faces, backdrops, seed % 10, mirror, np.random.default_rng(seed))
        again = landmark_sample(faces, backdrops, seed % 10, mirror, np.random.default_rng(seed))
        np.testing.assert_array_equal(image, again[0])
        np.testing.assert_array_equal(target, again[1])
        assert image.shape == (3, 128, 128) and image.dtype == np.float32 and np.abs(image).max() <= 1
        assert target.shape == (478, 3) and target.dtype == np.float32
        assert there == again[2] == float(target.any())
        absent += not there
        window, place = finder_sample(faces, backdrops, seed % 10, np.random.default_rng(seed))
        once_more = finder_sample(faces, backdrops, seed % 10, np.random.default_rng(seed))
        np.testing.assert_array_equal(window, once_more[0])
        np.testing.assert_array_equal(place, once_more[1])
        assert window.shape == (3, 128, 128) and window.dtype == np.float32 and np.abs(window).max() <= 1
        assert place.shape == (4,) and place.dtype == np.float32
    assert 2 <= absent <= 20


def test_batches_are_the_samples_in_order() -> None:
    stream = batches(lambda rng: (rng.random(3, np.float32), float(rng.integers(9))), seed=5, size=2)
    rng = np.random.default_rng(5)
    for _ in range(3):
        values, number = next(stream)
        expected = [(rng.random(3, np.float32), float(rng.integers(9))) for _ in range(2)]
        assert torch.equal(values, torch.from_numpy(np.stack([one for one, _ in expected])))
        assert number.tolist() == [one for _, one in expected]
