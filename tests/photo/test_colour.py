"""Colour conversions against published values."""

import numpy as np
import pytest

from skinimg.photo import colour

# Rows of the test data of Sharma, Wu, Dalal 2005, table 1: L a b of two colours and their CIEDE2000 difference.
SHARMA = np.array(
    [
        [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425],
        [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
        [50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412],
        [50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000],
        [50, 0, 0, 50, -1, 2, 2.3669],
        [50, -1, 2, 50, 0, 0, 2.3669],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0009, 7.1792],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0010, 7.1792],
        [50, 2.4900, -0.0010, 50, -2.4900, 0.0011, 7.2195],
        [50, -0.0010, 2.4900, 50, 0.0009, -2.4900, 4.8045],
        [50, -0.0010, 2.4900, 50, 0.0011, -2.4900, 4.7461],
        [50, 2.5, 0, 50, 0, -2.5, 4.3065],
        [50, 2.5, 0, 73, 25, -18, 27.1492],
        [50, 2.5, 0, 61, -5, 29, 22.8977],
        [50, 2.5, 0, 56, -27, -3, 31.9030],
        [50, 2.5, 0, 58, 24, 15, 19.4535],
        [50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_delta_e_2000_agrees_with_sharma():
    got = colour.delta_e_2000(SHARMA[:, :3], SHARMA[:, 3:6])
    np.testing.assert_allclose(got, SHARMA[:, 6], atol=5e-5)
    np.testing.assert_allclose(colour.delta_e_2000(SHARMA[:, 3:6], SHARMA[:, :3]), got, atol=1e-9)


def test_delta_e_2000_broadcasts_and_is_zero_on_equal_colours():
    lab = SHARMA[:, :3]
    table = colour.delta_e_2000(lab[:, None], lab[None])
    assert table.shape == (len(lab), len(lab))
    np.testing.assert_allclose(np.diag(table), 0, atol=1e-9)


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
    np.testing.assert_allclose(colour.xyz_to_lab(colour.linear_to_xyz(linear)), expected, atol=0.02)


def test_channel_order_is_rgb():
    assert colour.linear_to_xyz(np.array([0.0, 1.0, 0.0], np.float32))[1] == pytest.approx(0.7151522)


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
    for function in (colour.linear_to_lab, colour.linear_to_xyz, colour.linear_to_srgb):
        assert function(linear).shape == (4, 5, 3)
        assert function(linear).dtype == np.float32
    assert colour.srgb_to_linear(np.zeros((0, 0, 3), np.uint8)).shape == (0, 0, 3)
    assert colour.linear_to_lab(np.zeros((0, 3), np.float32)).shape == (0, 3)
