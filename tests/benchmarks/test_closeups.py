"""Marks painted on close-ups: what they cover, and what is judged."""

import numpy as np
import pytest

from benchmarks.closeups import KINDS, fit, line, painted, pore, scar, shaded

PX_PER_MM = 20.0


@pytest.mark.parametrize(("draw", "least_mm2", "most_mm2"), [(pore, 0.02, 0.3), (scar, 1.4, 16), (line, 1.4, 12)])
def test_a_mark_covers_what_it_should_and_lies_within_its_square(draw, least_mm2, most_mm2):
    for seed in range(20):
        density, cover = draw(PX_PER_MM, np.random.default_rng(seed))
        assert least_mm2 < cover.sum() / PX_PER_MM**2 < most_mm2
        rim = np.concatenate([density[0], density[-1], density[:, 0], density[:, -1]])
        assert np.abs(rim).max() < 0.02 < density[cover].mean()


def test_a_scar_has_a_dark_and_a_bright_wall_and_a_pore_no_bright_one():
    rng = np.random.default_rng(1)
    assert scar(PX_PER_MM, rng)[0].min() < -0.1 < 0.2 < scar(PX_PER_MM, rng)[0].max()
    assert pore(PX_PER_MM, rng)[0].min() >= 0


def test_marks_keep_their_distance_and_their_room():
    room = np.zeros((600, 600), bool)
    room[100:500, 100:500] = True
    _, covered = painted(room, PX_PER_MM, KINDS[0], np.random.default_rng(2))
    rows, columns = np.nonzero(covered)
    assert rows.min() > 90 and rows.max() < 510 and columns.min() > 90 and columns.max() < 510
    column = room & (np.arange(600) == 300)  # 20 mm high: room for ten pores that lie 2 mm apart
    _, covered = painted(column, PX_PER_MM, KINDS[0], np.random.default_rng(2))
    assert 0.1 < covered.sum() / PX_PER_MM**2 < 11 * 0.28


def test_shade_takes_most_from_blue():
    dark = shaded(np.full((1, 1, 3), 0.5, np.float32), np.full((1, 1), 0.3, np.float32))[0, 0]
    assert dark[0] > dark[1] > dark[2]
    assert dark[1] == pytest.approx(0.5 * np.exp(-0.3))


def test_what_a_photo_has_of_its_own_is_not_judged():
    skin = np.ones((10, 10), bool)
    truth, own = np.zeros((10, 10)), np.zeros((10, 10))
    truth[:2], own[5:7] = 1, 1
    assert fit(truth, own, truth + own, skin)["dice"] == 1
    assert fit(truth, own * 0, truth + own, skin)["dice"] == pytest.approx(2 * 20 / (40 + 20))
    assert fit(truth, own, own, skin) == {"dice": 0, "recall": 0, "own_percent": 20}
