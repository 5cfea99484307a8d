"""Tone curves: what they leave alone, and what they refuse to be."""

import numpy as np

from skinimg.photo.tone_curve import ToneCurve, best_curve


def test_white_and_black_stay():
    curve = ToneCurve((-0.2, 0.16, 0.13))
    np.testing.assert_allclose(curve.apply(np.float32([0, 1])), [0, 1], atol=1e-6)
    assert curve.apply(np.float32([-0.01]))[0] < 0


def test_a_falling_curve_is_known():
    assert ToneCurve((0.5, -0.1, 0.0)).rises()
    assert not ToneCurve((0.0, 0.3, 0.0)).rises()


def test_a_power_is_found_again():
    levels = np.linspace(0.05, 1, 30)
    curve = best_curve(lambda c: float(np.abs(c.apply(levels**0.6) - levels).mean()))
    np.testing.assert_allclose(curve.apply(levels**0.6), levels, atol=0.02)
