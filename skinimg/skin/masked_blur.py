"""Gaussian means over part of an image: skin next to a background, plain skin next to a lesion."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray

_LEAST_SHARE = np.float32(1e-4)  # of the mask within reach; with less, nothing is said


def masked_blur(values: FloatArray, mask: BoolArray, sigma_px: float) -> FloatArray:
    """(h, w) Gaussian mean of the values inside the mask, 0 out of its reach (normalised convolution).

    Blurs above 6 px run on a smaller image: at 6 px a Gaussian holds nothing that the smaller pixels would miss, and a
    blur over centimetres costs what one over half a millimetre does.
    """
    return masked_blurs((values,), mask, sigma_px)[0]


def masked_blurs(images: Sequence[FloatArray], mask: BoolArray, sigma_px: float) -> list[FloatArray]:
    """`masked_blur` of several images (h, w) that share a mask: what the mask weighs is summed once."""
    shrink = max(1, int(sigma_px // 6))
    height, width = mask.shape
    size = (max(width // shrink, 1), max(height // shrink, 1))

    def summed(image: FloatArray) -> FloatArray:
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if shrink > 1 else image
        return np.asarray(cv2.GaussianBlur(small, (0, 0), max(sigma_px / shrink, 0.3)))

    count = summed(mask.astype(np.float32))
    seen = (count > _LEAST_SHARE).view(np.uint8)
    np.maximum(count, _LEAST_SHARE, out=count)
    means = []
    for values in images:
        # `copyTo` leaves 0 where its mask is 0, in a sixth of the time of `np.where` and of a division with `where`.
        total = summed(cv2.copyTo(values, mask.view(np.uint8)))
        mean = cv2.copyTo(np.divide(total, count, out=total), seen)
        means.append(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR) if shrink > 1 else mean)
    return means
