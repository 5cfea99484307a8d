"""Augmentation: truth follows the picture, areas scale as the picture does, one seed gives one result."""

import cv2
import numpy as np
import pytest

from skinimg.training import augment as module
from skinimg.training.augment import Piece, augment

SEEDS = range(12)


def square_view():
    """Skin with a dark square that is labelled, in a picture that is wider than high."""
    linear = np.full((200, 240, 3), (0.45, 0.3, 0.22), np.float32)
    coverage = np.zeros((5, 200, 240), np.float32)
    coverage[1, 60:110, 90:160] = 1
    linear[coverage[1] > 0] *= 0.4
    return Piece(linear, coverage, np.ones((200, 240), np.bool_))


def test_shapes_and_kinds_stay():
    for seed in SEEDS:
        out = augment(square_view(), seed)
        assert out.linear.dtype == out.coverage.dtype == np.float32
        assert out.linear.shape[:2] == out.valid.shape == out.coverage.shape[1:]
        assert out.coverage.shape[0] == 5
        assert out.coverage.min() >= 0
        assert out.coverage.max() <= 1
        assert out.valid.any()


def test_masks_follow_the_image():
    """Where the mask says square, the picture is dark, and bright elsewhere, whatever was done to both."""
    for seed in SEEDS:
        out = augment(square_view(), seed)
        green = out.linear[..., 1]
        inside, outside = out.valid & (out.coverage[1] > 0.95), out.valid & (out.coverage[1] == 0)
        middle = np.sqrt(np.median(green[inside]) * np.median(green[outside]))
        assert (green[inside] < middle).mean() > 0.99, seed
        assert (green[outside] > middle).mean() > 0.99, seed
        assert not out.coverage[[0, 2, 3, 4]].any()


def test_area_scales_as_the_picture_does(monkeypatch):
    monkeypatch.setattr(module, "_SHIFT", (0.0, 0.0))
    before = square_view().coverage.sum()
    ratios = [augment(square_view(), seed).coverage.sum() / before for seed in range(40)]
    assert min(ratios) >= 0.85**2 - 0.01
    assert max(ratios) <= 1.18**2 + 0.01
    assert min(ratios) < 0.85
    assert max(ratios) > 1.2
    for scale in (0.85, 1.18):
        monkeypatch.setattr(module, "_SCALE", (scale, scale))
        ratios = [augment(square_view(), seed).coverage.sum() / before for seed in SEEDS]
        exact = [r == pytest.approx(scale**2, rel=0.02) for r in ratios]
        assert any(exact)
        assert all(hit or r == pytest.approx(1, rel=1e-3) for hit, r in zip(exact, ratios, strict=True))


def test_no_black_border_comes_in():
    for seed in SEEDS:
        green = cv2.blur(augment(square_view(), seed).linear[..., 1], (5, 5))
        assert green.min() > 0.2 * np.median(green), seed


def test_what_was_not_valid_stays_so():
    view = square_view()
    view.valid[:, :60] = False
    for seed in SEEDS:
        share = 1 - augment(view, seed).valid.mean()
        assert 0.1 < share < 0.4, seed


def test_the_same_seed_gives_the_same_result():
    first, again, other = augment(square_view(), 5), augment(square_view(), 5), augment(square_view(), 6)
    for name in ("linear", "coverage", "valid"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.linear, other.linear)


def test_light_varies_in_strength_and_colour():
    medians = np.array([np.median(augment(square_view(), seed).linear.reshape(-1, 3), axis=0) for seed in range(30)])
    stops = np.log2(medians[:, 1] / 0.3)
    assert 0.2 < stops.std() < 0.8
    assert np.log(medians[:, 0] / medians[:, 1] * 0.3 / 0.45).std() > 0.02


def test_burnt_skin_is_not_valid():
    bright = Piece(np.full((64, 64, 3), 0.99, np.float32), np.zeros((5, 64, 64), np.float32), np.ones((64, 64), bool))
    assert any(not augment(bright, seed).valid.any() for seed in SEEDS)
