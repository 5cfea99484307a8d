"""Colour conversions against published values."""

import numpy as np
import pytest

from skinimg.photo import colour


@pytest.mark.parametrize("code, linear", [(0, 0.0), (10, 10 / 255 / 12.92), (128, 0.215861), (255, 1.0)])
def test_srgb_curve_at_known_codes(code, linear):
    assert colour.srgb_to_linear(np.full((1, 1, 3), code, np.uint8))[0, 0, 0] == pytest.approx(linear, abs=1e-6)
    assert colour.srgb_to_linear(np.array([code * 257], np.uint16))[0] == pytest.approx(linear, abs=1e-6)


def test_every_8_bit_code_survives_the_round_trip():
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(colour.linear_to_srgb8(colour.srgb_to_linear(codes)), codes)


def test_8_bit_codes_are_rounded_not_truncated():
    linear = np.random.default_rng(0).uniform(-0.2, 1.2, 100_000).astype(np.float32)
    exact = np.clip(colour.linear_to_srgb(linear) * 255, 0, 255)
    assert np.abs(colour.linear_to_srgb8(linear) - exact).max() < 0.53


def test_colours_outside_srgb_survive_as_floats():
    linear = np.array([[-0.3, 0.5, 1.7]], np.float32)
    np.testing.assert_allclose(colour.srgb_to_linear(colour.linear_to_srgb(linear)), linear, atol=1e-5)


def test_lab_of_known_colours():
    # Bruce Lindbloom's calculator: sRGB white, mid grey 119, red (255, 0, 0), blue (0, 0, 255).
    srgb = np.array([[255, 255, 255], [119, 119, 119], [255, 0, 0], [0, 0, 255], [0, 0, 0]], np.uint8)
    expected = [[100, 0, 0], [50.034, 0, 0], [53.24, 80.09, 67.20], [32.30, 79.19, -107.86], [0, 0, 0]]
    linear = colour.srgb_to_linear(srgb)
    np.testing.assert_allclose(colour.linear_to_lab(linear), expected, atol=0.02)


def test_ita_of_the_groups_of_the_literature():
    # docs/CONSTANTS.md 1.3, L* and b* of measured group means and their ITA.
    groups = np.array([[63.5, 17.0, 38], [57.3, 15.8, 25], [39.6, 14.4, -36]])
    np.testing.assert_allclose(colour.ita_deg(groups[:, 0], groups[:, 1]), groups[:, 2], atol=0.6)


@pytest.mark.parametrize(
    "ita, name",
    [(60, "very light"), (55, "light"), (41, "intermediate"), (20, "tan"), (10, "brown"), (-30, "dark"), (-90, "dark")],
)
def test_ita_classes(ita, name):
    assert colour.ita_class(ita) == name


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_table_per_channel_meets_its_channel(dtype):
    size = 256 if dtype == np.uint8 else 65536
    table = np.stack([np.arange(size) * k for k in (1, 2, 3)], axis=-1).astype(np.float32)
    codes = np.array([[[1, 2, 3], [4, 5, 6]]], dtype)
    np.testing.assert_array_equal(colour.apply_table(codes, table), [[[1, 4, 9], [4, 10, 18]]])


def test_shapes_and_types():
    linear = np.random.default_rng(0).random((4, 5, 3))
    for function in (colour.linear_to_lab, colour.linear_to_srgb):
        assert function(linear).shape == (4, 5, 3)
        assert function(linear).dtype == np.float32
    assert colour.srgb_to_linear(np.zeros((0, 0, 3), np.uint8)).shape == (0, 0, 3)
    assert colour.linear_to_lab(np.zeros((0, 3), np.float32)).shape == (0, 3)
