"""What explains a dark rim: where on the face a pixel lies, what is near it, and how dark the skin around is.

A grid of cells of 1.6 mm, (N_CONTEXT, rows, columns), the same in training as in use:
0-2   density of R, G, B minus that of unaffected skin, a mean over the skin within 8 mm (SD): for patches wider than
      the network's reach
3-7   nearness to lips, lids, nostrils, brows and the border of the face: 2 deep inside, 1 on the outline, 0 beyond 8 mm
8-9   the place on the face: distance from the midline and height above the tip of the nose
10    1 where there are landmarks
Planes 3 to 10 are `Frame.place`, which skinimg.face.place draws from landmarks.

A close-up has no landmarks: planes 3 to 10 are 0 there, which is also what the middle of a cheek looks like.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CELL_PX = 16
N_COARSE = 3
N_ANATOMY = 8
N_CONTEXT = N_COARSE + N_ANATOMY
REACH_CELLS = 16  # the mean of planes 0-2 sees this far
_COARSE_SD_CELLS = 5.0


def coarse_pigment(relative: Tensor, skin: Tensor) -> Tensor:
    """Planes 0-2 of a batch: relative (n, 3, h, w), skin (n, h, w) -> (n, 3, rows, columns)."""
    return smoothed(*cells_of(relative, skin))


def cells_of(relative: Tensor, skin: Tensor) -> tuple[Tensor, Tensor]:
    """Sum over a cell's skin, (n, 3, rows, columns), and its share of skin, (n, 1, rows, columns)."""
    height, width = skin.shape[1:]
    pad = (0, -width % CELL_PX, 0, -height % CELL_PX)
    on_skin = functional.pad(skin[:, None].to(relative.dtype), pad)
    values = functional.pad(relative, pad).clamp(-2, 2) * on_skin
    return functional.avg_pool2d(values, CELL_PX), functional.avg_pool2d(on_skin, CELL_PX)


def smoothed(total: Tensor, share: Tensor) -> Tensor:
    """Mean over the skin around: what `cells_of` gives -> (n, 3, rows, columns); 0 where there is no skin in reach."""
    at = torch.arange(-REACH_CELLS, REACH_CELLS + 1, device=total.device, dtype=total.dtype)
    kernel = torch.exp(-(at**2) / (2 * _COARSE_SD_CELLS**2))
    kernel = kernel / kernel.sum()
    n, planes, rows, columns = total.shape
    flat = torch.cat([total, share], dim=1).reshape(n * (planes + 1), 1, rows, columns)
    flat = functional.conv2d(flat, kernel[None, None, :, None], padding=(REACH_CELLS, 0))
    flat = functional.conv2d(flat, kernel[None, None, None, :], padding=(0, REACH_CELLS))
    both = flat.reshape(n, planes + 1, rows, columns)
    weight = both[:, planes:]
    return torch.where(weight > 1e-3, both[:, :planes] / weight.clamp_min(1e-3), torch.zeros_like(both[:, :planes]))


def frame_context(relative: Tensor, skin: Tensor, place: Tensor | None) -> Tensor:
    """The context of a batch, (n, 11, rows, columns).

    relative : (n, 3, h, w); skin : (n, h, w); place : (n, 8, rows, columns), None where there are no landmarks
    """
    coarse = coarse_pigment(relative, skin)
    if place is None:
        place = coarse.new_zeros(len(coarse), N_ANATOMY, *coarse.shape[2:])
    return torch.cat([coarse, place.to(coarse.dtype)], dim=1)
