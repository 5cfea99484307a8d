"""What JPEG does to a picture, in torch: 4:2:0 chroma, 8 x 8 cosine blocks, quantised (ITU-T T.81, annex K tables)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

# fmt: off
_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, *(99,) * 32,
)
# fmt: on
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


def compress(srgb: Tensor, quality: int) -> Tensor:
    """(h, w, 3) uint8 -> the same picture after JPEG at `quality` (1 to 100, libjpeg's scale) and back."""
    height, width = srgb.shape[:2]
    to_ycc = torch.tensor(_TO_YCC, device=srgb.device)
    ycc = (srgb.to(torch.float32) @ to_ycc.T).permute(2, 0, 1)[:, None]  # (3, 1, h, w), chroma centred at 0
    ycc = F.pad(ycc, (0, -width % 16, 0, -height % 16), mode="replicate")
    luma = _quantised(ycc[:1] - 128, _table(_LUMA, quality, srgb.device)) + 128
    chroma = _quantised(F.avg_pool2d(ycc[1:], 2), _table(_CHROMA, quality, srgb.device))
    chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = torch.cat([luma, chroma])[:, 0, :height, :width].permute(1, 2, 0) @ torch.linalg.inv(to_ycc).T
    return rgb.clamp(0, 255).round().to(torch.uint8)


def _table(base: tuple[int, ...], quality: int, device: torch.device) -> Tensor:
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    steps = torch.tensor(base, dtype=torch.float32, device=device).reshape(8, 8)
    return ((steps * scale + 50) / 100).floor().clamp(1, 255)


def _quantised(planes: Tensor, steps: Tensor) -> Tensor:
    """(n, 1, h, w) planes, sides multiples of 8, rounded in the cosine domain."""
    n, _, height, width = planes.shape
    blocks = planes.reshape(n, height // 8, 8, width // 8, 8).transpose(2, 3)  # (n, rows, columns, 8, 8)
    k = torch.arange(8, device=planes.device, dtype=torch.float32)
    basis = torch.cos(math.pi / 8 * (k[None, :] + 0.5) * k[:, None]) / 2
    basis[0] /= math.sqrt(2)
    rounded = (basis @ blocks @ basis.T / steps).round() * steps
    return (basis.T @ rounded @ basis).transpose(2, 3).reshape(n, 1, height, width)
