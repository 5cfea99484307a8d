"""What the registration looks at: the fine pattern of the skin, without light, colour and lesions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import BoolArray, FloatArray, Frame

# The registration works at twice the frame's pixel (0.2 mm): portraits carry no finer detail (2.3 to 7 px/mm), and the
# maps of a 2000 x 1600 frame cost a quarter of the time.
FACTOR = 2
NODE = 4  # texture pixels between the nodes of a map
_LOCAL_MM = 2.5  # docs/CONSTANTS.md 5: local contrast over sigma = 25 px of 0.1 mm
_LESION_MARGIN_MM = 0.6  # the skirt of a lesion moves with its border, so it is left out as well
_LEAST_CONTRAST = 0.004  # density; below the noise of an 8-bit photo no pattern is made up


@dataclass(frozen=True)
class Texture:
    """Fine skin pattern at `mm_per_px`.

    value : (h, w) float32, local contrast in standard deviations, 0 where nothing may be believed.
    weight : (h, w) float32 in [0, 1], 0 on lesions and where there is no skin.
    """

    value: FloatArray
    weight: FloatArray
    mm_per_px: float


def skin_texture(frame: Frame, lesions: BoolArray) -> Texture:
    """Green density minus its local mean over its local spread, over skin without lesions (normalised convolution).

    lesions : (h, w) bool in this frame. They must not pull the warp: unmasked, a dense flow regrew lesions that had
    shrunk to 49 % of their area to 88 % (docs/CONSTANTS.md 5).
    """
    whole = FACTOR * NODE  # every grid of the pyramid covers the same rectangle
    height, width = (side // whole * whole for side in frame.skin.shape)
    shape = (width // FACTOR, height // FACTOR)
    mm_per_px = frame.mm_per_px * FACTOR
    margin = 2 * round(_LESION_MARGIN_MM / frame.mm_per_px) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin, margin))
    held_out = cv2.dilate(lesions.astype(np.uint8), disc)
    usable = (frame.skin & (held_out == 0))[:height, :width].astype(np.float32)
    density = -np.log(np.maximum(cv2.extractChannel(frame.linear, 1)[:height, :width], np.float32(1e-3)))
    weight = cv2.resize(usable, shape, interpolation=cv2.INTER_AREA)
    density = cv2.resize(density, shape, interpolation=cv2.INTER_AREA)
    weight = np.where(weight > 0.99, weight, 0).astype(np.float32)
    sigma = _LOCAL_MM / mm_per_px
    contrast = density - _local_mean(density, weight, sigma)
    spread = np.sqrt(_local_mean(contrast**2, weight, 2 * sigma))
    value = np.clip(contrast / (spread + _LEAST_CONTRAST), -4, 4) * weight
    return Texture(np.asarray(value, dtype=np.float32), weight, mm_per_px)


def coarser(texture: Texture) -> Texture:
    """The same texture at twice the pixel size."""
    shape = (texture.value.shape[1] // 2, texture.value.shape[0] // 2)
    weight = cv2.resize(texture.weight, shape, interpolation=cv2.INTER_AREA)
    value = cv2.resize(cv2.GaussianBlur(texture.value, (0, 0), 0.8), shape, interpolation=cv2.INTER_AREA)
    return Texture(np.asarray(value, np.float32), np.asarray(weight, np.float32), texture.mm_per_px * 2)


def blur(image: FloatArray, sigma: float) -> FloatArray:
    """Gaussian blur; wide ones are made on a smaller image, where they cost a fraction."""
    factor = int(sigma // 4)
    if factor < 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.float32)
    small = (max(1, image.shape[1] // factor), max(1, image.shape[0] // factor))
    reduced = cv2.GaussianBlur(cv2.resize(image, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    return np.asarray(cv2.resize(reduced, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _local_mean(image: FloatArray, weight: FloatArray, sigma: float) -> FloatArray:
    return np.asarray(blur(image * weight, sigma) / np.maximum(blur(weight, sigma), 1e-4), dtype=np.float32)
