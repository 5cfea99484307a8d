"""What plain skin tells of a pair: the spread of placebo lesions, the gain of texture, and another camera."""

from types import SimpleNamespace

import numpy as np
import pytest

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.photo_difference import PhotoDifference
from skinimg.compare.plain_skin import (
    PlainSkin,
    _gain,
    _laid_elsewhere,
    _spread,
    carried_contrasts,
    looks_like_another_camera,
    plain_skin,
)

SIDE = 300
ALL = np.zeros((SIDE, SIDE), np.int32)


def outline(area_px=400):
    """A square lesion of so many pixels of 0.01 mm2."""
    weight = np.zeros((SIDE, SIDE), np.float32)
    side = int(np.sqrt(area_px))
    weight[100 : 100 + side, 50 : 50 + side] = 0.01
    return weight


def placebo(noise, weight, plain=None):
    plain = np.ones((SIDE, SIDE), bool) if plain is None else plain
    drawn = _laid_elsewhere(noise, plain, weight, ALL, 1, 0)
    return _spread(drawn, np.ones(1, bool))


def test_the_spread_is_that_of_the_sum_of_noise_under_the_outline():
    """White noise of SD 0.1 on n pixels of 0.01 mm2: 0.1 x 0.01 x root n."""
    noise = np.random.default_rng(0).normal(0, 0.1, (SIDE, SIDE)).astype(np.float32)
    assert placebo(noise, outline(400)) == pytest.approx(0.1 * 0.01 * 20, rel=0.2)
    assert placebo(noise, outline(1600)) == pytest.approx(0.1 * 0.01 * 40, rel=0.2)


def test_an_offset_common_to_all_skin_is_error_too():
    assert placebo(np.full((SIDE, SIDE), 0.05, np.float32), outline(400)) == pytest.approx(0.05 * 4, rel=1e-3)


def test_half_of_the_skin_is_enough_and_none_is_not():
    noise = np.random.default_rng(1).normal(0, 0.1, (SIDE, SIDE)).astype(np.float32)
    half = np.zeros((SIDE, SIDE), bool)
    half[:, : SIDE // 2] = True
    assert placebo(noise, outline(), half) == pytest.approx(0.1 * 0.01 * 20, rel=0.35)
    assert np.isnan(placebo(noise, outline(), np.zeros((SIDE, SIDE), bool)))
    assert placebo(noise, np.zeros((SIDE, SIDE), np.float32)) == 0


def test_gain_is_the_ratio_of_the_amplitudes_of_texture():
    texture = np.random.default_rng(2).normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    plain = np.ones((SIDE, SIDE), bool)
    assert _gain(texture, 1.3 * texture, plain, 0.1) == pytest.approx(np.log(1.3), abs=1e-3)
    assert _gain(texture, texture + 0.2, plain, 0.1) == pytest.approx(0, abs=0.01)


def test_another_camera_is_seen_by_its_cast_or_by_its_sharpness():
    assert not looks_like_another_camera(PlainSkin({}, {"relief": 0.1}, 0.05, 0.03))
    assert looks_like_another_camera(PlainSkin({}, {"relief": 0.6}, 0.0, 0.0))
    assert looks_like_another_camera(PlainSkin({}, {"relief": -0.6}, 0.0, 0.0))
    assert looks_like_another_camera(PlainSkin({}, {}, 0.0, 0.2))


def shot(contrast, offset=(0.0, 0.0, 0.0)):
    """As much of a shot that was not moved as plain skin needs."""
    ys, xs = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    skin = np.ones((SIDE, SIDE), bool)
    alignment = SimpleNamespace(
        to_session=np.dstack([xs, ys]), valid_baseline=skin, jacobian=np.ones((SIDE, SIDE), np.float32),
        is_identity=False,
    )  # fmt: skip
    frame = SimpleNamespace(
        linear=np.full((SIDE, SIDE, 3), 0.4, np.float32), skin=skin, mm_per_px=0.1,
        region_bits=np.ones((SIDE, SIDE), np.uint16), regions=("patch",),
    )  # fmt: skip
    return SimpleNamespace(
        seen=SimpleNamespace(frame=frame, maps=SimpleNamespace(anchor=SimpleNamespace(offset=offset))),
        found=SimpleNamespace(
            contrasts=dict.fromkeys(MASK_FINDINGS, contrast), segmentation=SimpleNamespace(findings=MASK_FINDINGS)
        ),
        alignment=alignment,
        difference=PhotoDifference(light_difference_od=0.07, tone_gain=0.93, colour_gain=float("nan")),
    )


def told_by(before, after, shared, support):
    return plain_skin([before], [after], [carried_contrasts(before), carried_contrasts(after)], shared, support, 0)


def test_a_pair_without_noise_has_none_and_its_cast_is_seen():
    contrast = np.random.default_rng(3).normal(0, 0.1, (SIDE, SIDE)).astype(np.float32)
    support = np.stack([outline() / 0.01] * len(MASK_FINDINGS))
    shared = np.ones((SIDE, SIDE), bool)
    told = told_by(shot(contrast), shot(contrast, (0.3, 0.2, 0.1)), shared, support)
    assert told.placebo == {("patch", name): 0 for name in MASK_FINDINGS}
    assert told.gain == dict.fromkeys(("melanin", "haemoglobin", "relief"), 0)
    assert told.colour_od == pytest.approx(0.1)
    assert told.light_od == 0.07
    assert told.features_gain == pytest.approx(0.0726, rel=1e-3)


def test_skin_full_of_findings_tells_nothing():
    contrast = np.zeros((SIDE, SIDE), np.float32)
    support = np.ones((len(MASK_FINDINGS), SIDE, SIDE), np.float32)
    told = told_by(shot(contrast), shot(contrast), np.ones((SIDE, SIDE), bool), support)
    assert (told.placebo, told.gain, told.light_od) == ({}, {}, 0.07)
    assert told.features_gain > 0.07
