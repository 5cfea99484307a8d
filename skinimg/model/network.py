"""The segmentation network: five findings at once, from a frame at the working scale of 0.1 mm/px.

The input is made by `planes` and by nothing else, in training as in use. Five fine planes (n, 5, h, w):
0-2  density of R, G, B minus that of the person's unaffected skin and minus smooth shading (`evenly_lit`): exposure,
     white balance and the shape of the face drop out, melasma and erythema stay (docs/ARCHITECTURE.md). Off the skin it is what
     the photo shows: a lid, a lip or a strand of hair explains the dark rim beside it
3    1 on usable skin: only there is anything looked for
4    resolution of the photo, log2 of native px/mm around 8: a blurred pore must not get a sharp pore's probability
and eleven of the context (context.py), interpolated between the middles of its cells.

The body (body.py) is a residual network with batch norm: group or instance norm would make a pixel's probability depend
on the rest of its tile. It works on 2 x 2 blocks of pixels as channels (pixel unshuffle), which costs a third of the
time of a full-resolution top level on two CPU cores (25 against 8 to 11 tiles of 256 px per second in training). So a
block is what `planes` makes: (n, 31, h / 2, w / 2), four pixels of each fine plane, then the context, which is smooth:
its value at the middle of a block is enough. The pixels of a block are answered by weights of their own, which combs
the borders of marks: every other row reaches further. What alternates from row to row is therefore taken out of the
logits (`_even_out`).
"""

from __future__ import annotations

from typing import Self

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import BoolArray, FloatArray, SkinMaps
from skinimg.model.body import Body
from skinimg.model.context import CELL_PX, N_ANATOMY, N_COARSE, N_CONTEXT, frame_context
from skinimg.skin.optics import density, less_offset, skin_density, smooth_light

BLOCK_PX = 2
N_PLANES = 5 * BLOCK_PX**2 + N_CONTEXT
SKIN = slice(3 * BLOCK_PX**2, 4 * BLOCK_PX**2)  # the planes that tell where the skin is
GRID_PX = 16  # sides of a photo in planes are multiples of it: 2 for the blocks, 8 for three halvings
REACH_PX = 192  # no output pixel depends on an input pixel further away; a test reads it off the gradients
# Not of pores, which are three pixels wide and are not combed (6 % of their border are teeth of one pixel; 33 % of that
# of spots, 35 % of redness; close-up p1). Lesion F1 of twelve phantom faces without and with it: scars 0.69 and 0.70,
# wrinkles 0.60 and 0.61, others the same; pores would lose a quarter of their area.
_EVENED_OUT = ("spots", "redness", "scars", "wrinkles")
# Findings are rare: a network that begins at one half spends its first hundreds of steps on learning that, and features
# die of it (12 tiles by heart, 60 steps: Dice of spots 0.09 from one half, 0.68 from here).
_RARE_LOGIT = -4.0
_DENSITY_GAIN = 4.0  # a lentigo is 0.1 to 0.4 denser than its skin, a pore 0.05 to 0.2
_CONTEXT_GAIN = (_DENSITY_GAIN,) * N_COARSE + (1.0,) * N_ANATOMY
_MIDDLE_PX_PER_MM = 8.0


class SkinNetwork(nn.Module):
    """Logits of five findings: planes (n, 31, h / 2, w / 2) -> (n, 5, h, w)."""

    kernels: Tensor

    def __init__(self, filters: int = 32) -> None:
        super().__init__()
        self.filters = filters
        self.body = Body(N_PLANES, filters, outputs=len(MASK_FINDINGS) * BLOCK_PX**2)
        nn.init.constant_(self.body.get_parameter("conv_final.2.conv.bias"), _RARE_LOGIT)
        self.join = nn.PixelShuffle(BLOCK_PX)
        self.register_buffer("kernels", _kernels(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return _even_out(self.join(self.body(x.contiguous(memory_format=torch.channels_last))), self.kernels)

    def on(self, device: str) -> Self:
        """The network on a device, in the memory layout that is fastest on CPUs and GPUs alike."""
        return self.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _kernels() -> Tensor:
    """(findings, 1, 3, 3): binomial, blind to what alternates from pixel to pixel; for pores one pixel alone."""
    binomial, alone = torch.tensor([0.25, 0.5, 0.25]), torch.tensor([0.0, 1.0, 0.0])
    lines = torch.stack([binomial if finding in _EVENED_OUT else alone for finding in MASK_FINDINGS])  # (5, 3)
    return (lines[:, :, None] * lines[:, None, :])[:, None]


def _even_out(logits: Tensor, kernels: Tensor) -> Tensor:
    """Every finding's logits through its own kernel; (n, 5, h, w)."""
    padded = functional.pad(logits, (1, 1, 1, 1), mode="replicate")
    return functional.conv2d(padded, kernels.to(logits.dtype), groups=len(MASK_FINDINGS))


def planes(relative: Tensor, skin: Tensor, native_px_per_mm: Tensor, context: Tensor) -> Tensor:
    """The network's input, (n, 31, rows, columns): blocks of the photo, its sides rounded up to GRID_PX.

    relative : (n, 3, h, w) density minus the density of the person's unaffected skin; skin : (n, h, w) bool;
    native_px_per_mm : (n,); context : (n, 11, ceil(h / 16), ceil(w / 16)) of context.py
    """
    fineness = (torch.log2(native_px_per_mm / _MIDDLE_PX_PER_MM) / 2).clamp(-1, 1)
    height, width = skin.shape[1:]
    # Filled in place: joined and padded afterwards, 57 MB of 12 megapixels would be copied twice.
    fine = relative.new_zeros(len(skin), 5, height + -height % GRID_PX, width + -width % GRID_PX)
    seen = fine[..., :height, :width]
    seen[:, :3] = (relative * _DENSITY_GAIN).clamp_(-4, 6)
    seen[:, 3] = skin
    seen[:, 4] = fineness[:, None, None] * skin
    around = context.to(relative.dtype) * context.new_tensor(_CONTEXT_GAIN, dtype=relative.dtype)[:, None, None]
    smooth = functional.interpolate(around, scale_factor=CELL_PX // BLOCK_PX, mode="bilinear", align_corners=False)
    return torch.cat([functional.pixel_unshuffle(fine, BLOCK_PX), smooth], dim=1)


def evenly_lit(linear: FloatArray, skin: BoolArray, maps: SkinMaps, mm_per_px: float) -> FloatArray:
    """Density (h, w, 3) minus that of unaffected skin and minus the smooth part of the shading.

    Shading is what the optical model explains by neither pigment (optics.py), so melasma and erythema stay whole,
    however wide they are, while the dark side of a face does not become a spot of its own.

    linear : (h, w, 3) linear sRGB; maps : of this very photo
    """
    plain = skin_density(maps.anchor.melanin, maps.anchor.haemoglobin) + np.asarray(maps.anchor.offset)
    light = smooth_light(maps, skin, mm_per_px)
    relative = less_offset(density(linear), plain)
    return np.subtract(relative, cv2.merge((light, light, light)), out=relative)


def frame_planes(
    relative: FloatArray, skin: BoolArray, native_px_per_mm: float, place: FloatArray | None = None
) -> Tensor:
    """The input of one frame, (31, rows, columns); see `planes`.

    relative : (h, w, 3) density minus that of unaffected skin; place : `Frame.place`, None on a close-up
    """
    density = torch.from_numpy(np.ascontiguousarray(relative.transpose(2, 0, 1), np.float32))[None]
    on_skin = torch.from_numpy(skin)[None]
    context = frame_context(density, on_skin, None if place is None else torch.from_numpy(place)[None])
    return planes(density, on_skin, torch.tensor([native_px_per_mm]), context)[0]
