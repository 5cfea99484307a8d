"""A colour card in the corner of a phantom's photo: the reference that a change of the whole face is told by."""

from __future__ import annotations

import torch
from torch import Tensor

from skinimg.photo.colour_chart import REFERENCE

_WIDTH = 0.26  # of the photo's width: held at the collar
_GAP = 0.1  # of the pitch, between a patch and its cell
_FRAME = 0.03  # linear reflectance of the card's black frame


def with_card(radiance: Tensor) -> Tensor:
    """The picture's light (H, W, 3) with a 24-patch card in its lower left corner; the rest of it stays.

    The light on the card is 1, as that on the wall: what leaves a patch is its linear reflectance.
    """
    height, width = radiance.shape[:2]
    pitch = max(round(_WIDTH * width / REFERENCE.shape[1]), 1)
    gap = max(round(_GAP * pitch), 1)
    card = torch.full((4 * pitch + 2 * gap, 6 * pitch + 2 * gap, 3), _FRAME)
    for row, colours in enumerate(torch.from_numpy(REFERENCE)):
        for column, colour in enumerate(colours):
            y, x = row * pitch + 2 * gap, column * pitch + 2 * gap
            card[y : y + pitch - 2 * gap, x : x + pitch - 2 * gap] = colour
    top, left = height - len(card) - 2 * gap, 2 * gap
    shown = radiance.clone()
    shown[top : top + card.shape[0], left : left + card.shape[1]] = card.to(radiance)
    return shown
