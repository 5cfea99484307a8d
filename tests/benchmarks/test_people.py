"""The exam on people, on drawn skin: what is painted is what is said, and it falls by what is said."""

import numpy as np
import pytest

from benchmarks.camera import rephotographed
from benchmarks.painted import TREATMENTS, Sitter, paint
from benchmarks.people import recovered, table
from skinimg.base.records import Face, SkinAnchor
from skinimg.skin.optics import haemoglobin_density, invert, melanin_density, skin_density

MELANIN, BLOOD, PX_PER_MM = 0.03, 0.012, 2.0
SHAPE = (320, 280)


@pytest.fixture
def sitter():
    linear = np.tile(np.exp(-skin_density(MELANIN, BLOOD)), (*SHAPE, 1)).astype(np.float32)
    landmarks = np.tile(np.float32([140, 160, 0]), (478, 1))
    landmarks[[117, 50, 205, 346, 280, 425], :2] = [(70, 150)] * 3 + [(210, 150)] * 3
    landmarks[[0, 1], :2] = [(20, 20), (260, 300)]
    face = Face(landmarks, 1.0, 0.0, 0.0, 0.0, PX_PER_MM, 0.1)
    area = np.full(SHAPE, 1 / PX_PER_MM**2, np.float32)
    anchor = SkinAnchor(MELANIN, BLOOD, 40.0, (0.0, 0.0, 0.0))
    return Sitter(linear, face, np.ones(SHAPE, np.float32), area, anchor)


@pytest.mark.parametrize(("name", "k", "plain"), [
    ("melasma", 0, melanin_density(MELANIN)), ("spots", 0, melanin_density(MELANIN)),
    ("flush", 1, haemoglobin_density(BLOOD)),
])  # fmt: skip
def test_the_load_said_is_the_load_painted(sitter, name, k, plain):
    painted = paint(sitter, TREATMENTS[name], np.random.default_rng(1))
    for state, load in ((painted.before, painted.load_before), (painted.after, painted.load_after)):
        pigments = invert(-np.log(state).astype(np.float32))
        measured = float((pigments[k] - plain).sum()) / PX_PER_MM**2
        assert measured == pytest.approx(load, rel=0.05)
    low, high = TREATMENTS[name].fall
    assert low - 1e-6 <= 1 - painted.load_after / painted.load_before <= high + 1e-6


def test_a_null_pair_differs_by_the_camera_alone(sitter):
    rng = np.random.default_rng(2)
    painted = paint(sitter, TREATMENTS["null"], rng)
    assert np.array_equal(painted.before, painted.after)
    again = rephotographed(painted.after, sitter.face, rng)
    assert again.shape == painted.after.shape
    assert 0.005 < np.abs(np.log(again / painted.after)).mean() < 0.4


def test_a_share_is_measured_over_painted():
    truth = {"person": "x", "treatment": "flush", "tone": "light", "load_before": 100.0, "load_after": 50.0}
    row = {"region": "face", "finding": "erythema", "metric": "load", "change": -40.0, "verdict": "improved"}
    result = {"truth": truth, "failure": "", "changes": [row]}
    assert recovered(result, "erythema", "load") == (0.8, "improved")
    first = table([result]).iloc[0]
    assert (first["median"], first["within_30_percent"], first["within_15_percent"], first["called"]) == (
        0.8,
        100,
        0,
        1,
    )
