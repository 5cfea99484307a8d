"""Distortions of a batch of tiles, on the fly: what must not matter to the network, varied until it does not.

Geometry: the eight ways to turn and mirror a square. Light: uneven and coloured illumination, tone curve, noise, an
error in the colour of the unaffected skin. Skin: pieces cut away, as lips, brows and glasses cut a face.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from skinimg.model.context import N_COARSE

# Sizes are densities (natural log). All are guesses at what one face varies by, measured by nobody yet; real portraits
# showed that the light should be more uneven than this (docs/BENCHMARKS.md, Segmentation).
_ANCHOR_SD, _CAST_SD = 0.05, 0.02
_LIGHT_SD, _COLOURED_LIGHT_SD = 0.10, 0.025
_TONE_CURVE_SD = 0.06
_NOISE = 0.012


def turned(batch: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
    """Every tile in one of eight orientations, the same for all its maps (n, ..., s, s)."""
    turns = torch.randint(0, 8, (len(batch[0]),), generator=generator)

    def one(values: Tensor, turn: int) -> Tensor:
        flips = [axis for axis, bit in ((-2, 2), (-1, 4)) if turn & bit]
        values = values.transpose(-1, -2) if turn & 1 else values
        return values.flip(flips) if flips else values

    return tuple(torch.stack([one(v, int(t)) for v, t in zip(values, turns, strict=True)]) for values in batch)


def relit(relative: Tensor, context: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Another light, tone curve, noise and anchor, for the skin and for its context.

    relative : (n, 3, s, s) density; context : (n, 11, s / 16, s / 16) of context.py
    """
    n, _, side, _ = relative.shape

    def draw(*shape: int) -> Tensor:
        return torch.randn(n, *shape, generator=generator, device=relative.device)

    anchor = _ANCHOR_SD * draw(1, 1, 1) + _CAST_SD * draw(3, 1, 1)
    light = _LIGHT_SD * draw(1, 3, 3) + _COLOURED_LIGHT_SD * draw(3, 3, 3)
    field, coarse_field = (
        functional.interpolate(light, size=(size, size), mode="bicubic", align_corners=True)
        for size in (side, context.shape[-1])
    )
    gain = 1 + _TONE_CURVE_SD * draw(1, 1, 1)
    noise = _NOISE * torch.rand(n, 1, 1, 1, generator=generator, device=relative.device) * draw(3, side, side)
    # the mean over 8 mm around keeps about half of what varies over a tile
    coarse = context[:, :N_COARSE] * gain + anchor + 0.5 * coarse_field
    return relative * gain + anchor + field + noise, torch.cat([coarse, context[:, N_COARSE:]], dim=1)


def carved(skin: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the tiles lose what lies beyond a curved border, or inside an ellipse; skin : (n, s, s) bool."""
    n, side, _ = skin.shape
    at = torch.linspace(-1, 1, side, device=skin.device)
    x, y = at[None, None, :], at[None, :, None]

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, generator=generator, device=skin.device)

    angle, bend, far = draw(0, 6.2832), draw(-0.6, 0.6), draw(-0.2, 1.2)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    beyond = along + bend * across**2 > far
    middle_x, middle_y, long, flat = draw(-1, 1), draw(-1, 1), draw(0.15, 0.6), draw(0.3, 1.0)
    dx, dy = x - middle_x, y - middle_y
    u, v = dx * angle.cos() + dy * angle.sin(), (dy * angle.cos() - dx * angle.sin()) / flat
    hole = u**2 + v**2 < long**2
    kind = draw(0, 1)
    return skin & ~(beyond & (kind < 0.3)) & ~(hole & (kind > 0.2) & (kind < 0.5))
