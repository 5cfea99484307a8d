"""Blurs and resampling of torch images, shaped (h, w) or (h, w, c). Edges are continued, so nothing darkens there."""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from skinimg.base.records import FloatArray

_WIDE_PX = 5.0  # sigma above which a blur runs on a smaller image


def blur(image: Tensor, sigma_px: float) -> Tensor:
    """Gaussian blur. Wide ones run on a smaller image: what they leave has no fine detail to lose."""
    if sigma_px < 0.2:
        return image
    if image.device.type == "cpu":
        return torch.from_numpy(_blurred(image.contiguous().numpy(), sigma_px)).reshape(image.shape)
    planes = _planes(image)
    shrink = _shrink(sigma_px, tuple(planes.shape[-2:]))
    if shrink == 1:
        return _image(_separable(planes, sigma_px), image)
    height, width = planes.shape[-2:]
    whole = F.pad(planes, (0, -width % shrink, 0, -height % shrink), mode="replicate")
    small = _planes(blur(_image(F.avg_pool2d(whole, shrink), image), sigma_px / shrink))
    large = F.interpolate(small, scale_factor=shrink, mode="bilinear", align_corners=False)
    return _image(large[..., :height, :width], image)


def _shrink(sigma_px: float, shape: tuple[int, ...]) -> int:
    """How many times smaller the image is on which a wide blur runs, a power of 2."""
    return min(2 ** max(0, math.floor(math.log2(2 * sigma_px / _WIDE_PX))), max(1, min(shape) // 4))


def _blurred(image: FloatArray, sigma_px: float) -> FloatArray:
    """The same in OpenCV: a tenth of the time of torch's convolution for one plane (measured: 0.6 against 8 ms)."""
    shrink = _shrink(sigma_px, image.shape[:2])
    if shrink == 1:
        size = 2 * max(1, math.ceil(3 * sigma_px)) + 1
        return cv2.GaussianBlur(image, (size, size), sigma_px, borderType=cv2.BORDER_REPLICATE)
    height, width = image.shape[:2]
    whole = cv2.copyMakeBorder(image, 0, -height % shrink, 0, -width % shrink, cv2.BORDER_REPLICATE)
    large = whole.shape[1::-1]
    small = cv2.resize(whole, (large[0] // shrink, large[1] // shrink), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(_blurred(small, sigma_px / shrink), large, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(smooth[:height, :width])


def smeared(image: Tensor, path_px: tuple[float, float]) -> Tensor:
    """Blur along a straight path (x, y) in pixels, as of a hand that moved while the shutter was open."""
    reach = math.ceil(max(abs(part) for part in path_px) / 2) + 1
    steps = torch.arange(-reach, reach + 1, device=image.device, dtype=torch.float32)
    kernel = torch.zeros((2 * reach + 1, 2 * reach + 1), device=image.device)
    samples = 4 * reach + 1
    for number in range(samples):  # a bilinear dot at every quarter of a pixel or so
        x, y = (part * ((number + 0.5) / samples - 0.5) for part in path_px)
        kernel = kernel + (1 - (steps - y).abs()).clamp_min(0)[:, None] * (1 - (steps - x).abs()).clamp_min(0)[None, :]
    padded = F.pad(_planes(image), (reach, reach, reach, reach), mode="replicate")
    return _image(F.conv2d(padded, (kernel / kernel.sum())[None, None]), image)


def resized(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resampled to (h, w): the mean over each new pixel when shrinking, cubic when enlarging. Borders stay aligned."""
    if tuple(image.shape[:2]) == shape:
        return image
    if image.device.type == "cpu":
        smaller = shape[0] < image.shape[0]
        kind = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        return torch.from_numpy(cv2.resize(image.contiguous().numpy(), shape[::-1], interpolation=kind))
    out = F.interpolate(_planes(image), size=shape, mode="bicubic", align_corners=False, antialias=True)
    return _image(out, image)


def halved(image: Tensor) -> Tensor:
    """Mean of 2 x 2 pixels; an odd last row or column is dropped."""
    height, width = (side // 2 for side in image.shape[:2])
    return resized(image[: 2 * height, : 2 * width], (height, width))


def _separable(planes: Tensor, sigma_px: float) -> Tensor:
    radius = max(1, math.ceil(3 * sigma_px))
    offsets = torch.arange(-radius, radius + 1, device=planes.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (offsets / sigma_px) ** 2)
    kernel = kernel / kernel.sum()
    padded = F.pad(planes, (radius, radius, radius, radius), mode="replicate")
    rows = F.conv2d(padded, kernel[None, None, None, :])
    return F.conv2d(rows, kernel[None, None, :, None])


def _planes(image: Tensor) -> Tensor:
    """(h, w) or (h, w, c) -> (c, 1, h, w)."""
    return image[None, None] if image.ndim == 2 else image.permute(2, 0, 1)[:, None]


def _image(planes: Tensor, like: Tensor) -> Tensor:
    return planes[0, 0] if like.ndim == 2 else planes[:, 0].permute(1, 2, 0)
