"""Pigment of one photo above its plainest skin."""

import numpy as np
import pytest

from skinimg.measure.above_reference import above_reference, plainest
from tests.compare.drawn_skin import SHAPE, disc

SKIN = np.ones(SHAPE, np.bool_)


def test_a_patch_is_measured_above_plain_skin():
    rng = np.random.default_rng(0)
    patch = 0.3 * disc(70, 90, 20)
    blood = 0.2 + patch + 0.002 * rng.standard_normal(SHAPE)
    melanin = 0.5 + 0.002 * rng.standard_normal(SHAPE)
    found = above_reference(melanin.astype(np.float32), blood.astype(np.float32), SKIN, 1.0)
    assert found["erythema"]["above_od_mm2"].sum() == pytest.approx(patch.sum(), rel=0.1)
    assert found["erythema"]["extent_mm2"].sum() == pytest.approx((patch > 0.05).sum(), rel=0.1)
    assert found["hyperpigmentation"]["above_od_mm2"].sum() < 0.1 * patch.sum()


def test_no_skin_is_nothing():
    flat = np.ones(SHAPE, np.float32)
    found = above_reference(flat, flat, ~SKIN, 1.0)
    assert all(values.sum() == 0 for quantities in found.values() for values in quantities.values())


def test_plain_skin_is_neither_red_nor_dark():
    rng = np.random.default_rng(1)
    red, dark = (rng.random(SHAPE).astype(np.float32) for _ in range(2))
    plain = plainest(red, dark, SKIN)
    assert red[plain].max() <= 0.51
    assert dark[plain].max() <= 0.68
    assert plain.mean() == pytest.approx(1 / 3, abs=0.02)
