"""Means over part of an image."""

import numpy as np
import pytest

from skinimg.skin.masked_blur import masked_blur, masked_blurs

RNG = np.random.default_rng(0)
VALUES, OTHERS = RNG.normal(0, 1, (2, 120, 160)).astype(np.float32)
MASK = RNG.random((120, 160)) < 0.7


@pytest.mark.parametrize("sigma_px", [1.5, 30.0])  # at full size, and on a smaller image
def test_images_that_share_a_mask_are_blurred_as_each_alone(sigma_px):
    together = masked_blurs((VALUES, OTHERS), MASK, sigma_px)
    for found, values in zip(together, (VALUES, OTHERS), strict=True):
        np.testing.assert_array_equal(found, masked_blur(values, MASK, sigma_px))


@pytest.mark.parametrize("sigma_px", [1.5, 30.0])
def test_what_lies_off_the_mask_has_no_say(sigma_px):
    spoiled = np.where(MASK, VALUES, np.float32(1e6))
    np.testing.assert_array_equal(masked_blur(spoiled, MASK, sigma_px), masked_blur(VALUES, MASK, sigma_px))
    even = masked_blur(np.full_like(VALUES, 3), MASK, sigma_px)
    np.testing.assert_allclose(even[MASK], 3, rtol=1e-5)
