"""Gaussian means over part of an image: skin next to a background, plain skin next to a lesion."""

from __future__ import annotations

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray


def masked_blur(values: FloatArray, mask: BoolArray, sigma_px: float) -> FloatArray:
    """(h, w) Gaussian mean of the values inside the mask, 0 out of its reach (normalised convolution).

    Blurs above 6 px run on a smaller image: at 6 px a Gaussian holds nothing that the smaller pixels would miss, and a
    blur over centimetres costs what one over half a millimetre does.
    """
    shrink = max(1, int(sigma_px // 6))
    size = (max(values.shape[1] // shrink, 1), max(values.shape[0] // shrink, 1))
    inside = np.where(mask, values, 0).astype(np.float32)
    total, count = (
        cv2.GaussianBlur(cv2.resize(image, size, interpolation=cv2.INTER_AREA), (0, 0), max(sigma_px / shrink, 0.3))
        for image in (inside, mask.astype(np.float32))
    )
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 1e-4)
    return cv2.resize(mean, values.shape[::-1], interpolation=cv2.INTER_LINEAR)
