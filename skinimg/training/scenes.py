"""Batches of training tiles cut from real people, painted and photographed again; everything on one device.

A scene is drawn anew every time: where on whom, what is painted there, and how it is photographed. The context (the
skin around, the place on the face) is that of the whole face with what is painted; in three of ten scenes the place is
withheld, as on a close-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skinimg.base.errors import StudyError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.model.context import CELL_PX, REACH_CELLS, cells_of, smoothed
from skinimg.skin.optics import LIGHT_MM
from skinimg.training import patches
from skinimg.training.backgrounds import Background
from skinimg.training.patches import REDNESS, SPOTS
from skinimg.training.tile_store import TILE_PX, measurable_bits

_CELLS = TILE_PX // CELL_PX
_WIDE = _CELLS + 2 * REACH_CELLS  # cells of a tile with all that its context sees
_REACH = slice(REACH_CELLS, -REACH_CELLS)
_FEWEST_SKIN = 0.15
_THINGS = 14  # painted on a tile at most
_WITHHELD = 0.3
# How a photo is taken again, in density: as distort.py, with the slow unevenness of a coloured lamp.
_ANCHOR_SD, _CAST_SD, _COLOURED_LIGHT_SD, _LIGHT_SD, _GAIN_SD = 0.04, 0.02, 0.02, 0.05, 0.06
_NOISE = 0.015
_PSF_NATIVE_PX = 0.6  # SD of a photo's blur, as in `sources.painted`
_GROUPS = 8  # of a batch; each is blurred, coarsened and turned alike
_FIRST_BITS = (1 << SPOTS) | (1 << REDNESS)


@dataclass(frozen=True)
class Scenes:
    """Tiles on a device; the same as `tile_store.Tiles`, as tensors that training takes."""

    relative: Tensor  # (n, 3, h, w)
    coverage: Tensor  # (n, 5, h, w) 0..1
    skin: Tensor  # (n, h, w) bool
    known: Tensor  # (n, h, w) uint8 bits
    native_px_per_mm: Tensor  # (n,)
    context: Tensor  # (n, 11, h / 16, w / 16)


class _Person:
    """A background on its device, with the cells of its context."""

    def __init__(self, seen: Background, device: str) -> None:
        self.relative = torch.from_numpy(seen.relative).to(device)
        self.skin = torch.from_numpy(seen.skin).to(device)
        self.unknown = torch.from_numpy(seen.unknown).to(device)
        total, share = cells_of(self.relative[None].float(), self.skin[None])
        margin = (REACH_CELLS,) * 4
        self.total, self.share = functional.pad(total[0], margin), functional.pad(share[0], margin)
        self.place = torch.from_numpy(seen.place).to(device)
        self.corners = _corners(share[0, 0].cpu().numpy())
        bits = int(measurable_bits(np.array([seen.native_px_per_mm]))[0]) & _FIRST_BITS
        self.facts = (seen.melanin, seen.blood, seen.native_px_per_mm, float(bits))


def _corners(share: np.ndarray) -> list[tuple[int, int]]:
    """Cells (row, column) at which a tile with enough skin begins."""
    rows, columns = (side - _CELLS + 1 for side in share.shape)
    if rows < 1 or columns < 1:
        return []
    sums = np.pad(share, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    inside = sums[_CELLS:, _CELLS:] - sums[:-_CELLS, _CELLS:] - sums[_CELLS:, :-_CELLS] + sums[:-_CELLS, :-_CELLS]
    return [(int(r), int(c)) for r, c in np.argwhere(inside / _CELLS**2 >= _FEWEST_SKIN)]


class Sitters:
    """Everybody whom scenes are drawn from, on a device."""

    def __init__(self, seen: Sequence[Background], device: str, weights: Sequence[float] | None = None) -> None:
        """weights : how often each is drawn, by default as often as any other.

        Raises
        ------
        StudyError
            Nobody shows enough skin for a tile.
        """
        people = [
            (_Person(one, device), weight) for one, weight in zip(seen, weights or [1.0] * len(seen), strict=True)
        ]
        self.people = [one for one, _ in people if one.corners]
        if not self.people:
            raise StudyError("no background shows skin for a tile", needed="one with 25.6 mm of skin")
        chance = np.array([weight for one, weight in people if one.corners])
        self.chance = chance / chance.sum()
        self.device = device

    def draw(self, n: int, choice: np.random.Generator, generator: torch.Generator) -> Scenes:
        """n tiles, a multiple of 8; choice : says who and where, generator (of the device) : all else."""
        people = [self.people[k] for k in choice.choice(len(self.people), n, p=self.chance)]
        at = [one.corners[int(choice.integers(len(one.corners)))] for one in people]
        facts = torch.tensor([one.facts for one in people], device=self.device)
        spread = torch.randn(n, 2, generator=generator, device=self.device) * facts.new_tensor([0.25, 0.15])
        melanin, blood = (facts[:, :2] * spread.exp()).T
        melanin, blood = melanin.clamp(0.005, 0.2), blood.clamp(0.003, 0.04)
        scene = _painted(people, at, melanin, blood, facts, generator)
        return turned(_photographed(scene, choice, generator), choice)


def _pieces(people: Sequence[_Person], at: Sequence[tuple[int, int]], name: str, step: int, size: int) -> Tensor:
    """The same piece of every one's map; step : its pixels per cell."""
    return torch.stack(
        [
            getattr(one, name)[..., r * step : r * step + size, c * step : c * step + size]
            for one, (r, c) in zip(people, at, strict=True)
        ]
    )


def _painted(
    people: Sequence[_Person],
    at: Sequence[tuple[int, int]],
    melanin: Tensor,
    blood: Tensor,
    facts: Tensor,
    generator: torch.Generator,
) -> Scenes:
    n, device, native = len(people), melanin.device, facts[:, 2]
    relative = _pieces(people, at, "relative", CELL_PX, TILE_PX).float()
    skin, unknown = (_pieces(people, at, name, CELL_PX, TILE_PX) for name in ("skin", "unknown"))
    things = patches.sample(melanin, blood, _THINGS, TILE_PX * WORKING_MM_PER_PX, generator)
    blur_mm = _PSF_NATIVE_PX / native
    grain = functional.interpolate(
        torch.rand(n, 1, 20, 20, generator=generator, device=device), size=(TILE_PX,) * 2, mode="bicubic"
    )[:, 0].clamp(0, 1)
    fine = patches.draw(things, TILE_PX, WORKING_MM_PER_PX, blur_mm, grain)
    added = _blurred_alike(fine.added(melanin, blood)[0], blur_mm / WORKING_MM_PER_PX)
    mean_grain = torch.full((n, _WIDE, _WIDE), 0.5, device=device)
    coarse, shading = patches.draw(things, _WIDE, CELL_PX * WORKING_MM_PER_PX, blur_mm, mean_grain).added(
        melanin, blood
    )
    # `evenly_lit` takes the smooth part of painted light out of a photo, too: what stays are rims.
    light = _blurred(shading, LIGHT_MM / (CELL_PX * WORKING_MM_PER_PX))
    coarse = coarse - light
    added = added - functional.interpolate(light[..., _REACH, _REACH], size=(TILE_PX,) * 2, mode="bicubic")
    # Some painters stop at the border of the skin, illness does not.
    everywhere = torch.rand(n, 1, 1, 1, generator=generator, device=device) < 0.5
    added = added * (everywhere | skin[:, None])
    total, share = (_pieces(people, at, name, 1, _WIDE) for name in ("total", "share"))
    around = smoothed(total + coarse * share, share)[..., _REACH, _REACH]
    place = _pieces(people, at, "place", 1, _CELLS)
    withheld = torch.rand(n, 1, 1, 1, generator=generator, device=device) < _WITHHELD
    coverage = torch.zeros(n, len(MASK_FINDINGS), TILE_PX, TILE_PX, device=device)
    known = torch.zeros_like(unknown)
    bits = facts[:, 3].to(torch.uint8)[:, None, None]
    for which, k in enumerate((SPOTS, REDNESS)):
        coverage[:, k] = fine.coverage[:, which] * skin
        own = ((unknown >> k) & 1).bool() & (fine.coverage[:, which] < 0.5)
        known |= ((skin & ~own & ~fine.faint[:, which]).to(torch.uint8) << k) & bits
    context = torch.cat([around, torch.where(withheld, 0.0, place)], dim=1)
    return Scenes(relative + added, coverage, skin, known, native, context)


def _photographed(scene: Scenes, choice: np.random.Generator, generator: torch.Generator) -> Scenes:
    """The same skin through another camera in another light."""
    n, _, side, _ = scene.relative.shape
    device = scene.relative.device

    def draw(*shape: int) -> Tensor:
        return torch.randn(n, *shape, generator=generator, device=device)

    native = scene.native_px_per_mm
    relative = torch.cat(
        [_coarser(group, index, float(choice.uniform())) for index, group in enumerate(scene.relative.chunk(_GROUPS))]
    )
    anchor = _ANCHOR_SD * draw(1, 1, 1) + _CAST_SD * draw(3, 1, 1)
    # Nodes lie 8 mm apart over a tile; the light's grey part was evened out at 4 mm, so little of it is left.
    light = _COLOURED_LIGHT_SD * draw(3, 4, 4) + _LIGHT_SD * draw(1, 4, 4)
    field, coarse_field = (
        functional.interpolate(light, size=(size, size), mode="bicubic", align_corners=True) for size in (side, _CELLS)
    )
    gain = 1 + _GAIN_SD * draw(1, 1, 1)
    noise = _NOISE * torch.rand(n, 1, 1, 1, generator=generator, device=device) * draw(3, side, side)
    around = scene.context[:, :3] * gain + anchor + 0.5 * coarse_field
    return Scenes(
        relative * gain + anchor + field + noise,
        scene.coverage,
        scene.skin,
        scene.known,
        native * (0.1 * draw()).exp(),
        torch.cat([around, scene.context[:, 3:]], dim=1),
    )


def _coarser(relative: Tensor, index: int, draw: float) -> Tensor:
    """A group of tiles with softer colours (as JPEG keeps them) or a softer lens, or as they are."""
    if index % 4 == 0:
        return relative
    if index % 4 == 3:
        return _blurred(relative, 0.5 + 2.0 * draw)
    grey = relative.mean(dim=1, keepdim=True)
    step = 2 + round(6 * draw)
    side = round(relative.shape[-1] / step)
    small = functional.interpolate(relative - grey, size=(side, side), mode="area")
    return grey + functional.interpolate(small, size=relative.shape[-2:], mode="bilinear", align_corners=False)


def _blurred(values: Tensor, sigma_px: float) -> Tensor:
    reach = max(int(np.ceil(3 * sigma_px)), 1)
    at = torch.arange(-reach, reach + 1, device=values.device, dtype=values.dtype)
    kernel = torch.exp(-(at**2) / (2 * sigma_px**2))
    kernel = (kernel / kernel.sum()).expand(values.shape[1], 1, -1)
    padded = functional.pad(values, (reach,) * 4, mode="replicate")
    rows = functional.conv2d(padded, kernel[..., None], groups=values.shape[1])
    return functional.conv2d(rows, kernel[..., None, :], groups=values.shape[1])


def _blurred_alike(values: Tensor, sigma_px: Tensor) -> Tensor:
    """Each tile by its photo's own blur: between the two of six blurs that are nearest."""
    levels = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0)
    blurred = [values if sigma < 0.3 else _blurred(values, sigma) for sigma in levels]
    at = sigma_px.clamp(levels[0], levels[-1])[:, None, None, None]
    result = torch.zeros_like(values)
    for low, high, soft, softer in zip(levels, levels[1:], blurred, blurred[1:], strict=False):
        share = (at - low) / (high - low)
        here = (at >= low) & ((at < high) | (high == levels[-1]))
        result = torch.where(here, torch.lerp(soft, softer, share.clamp(0, 1)), result)
    return result


def turned(scene: Scenes, choice: np.random.Generator) -> Scenes:
    """Each of eight groups turned or mirrored its own way."""
    turns = choice.permutation(_GROUPS)

    def one(values: Tensor, turn: int) -> Tensor:
        flips = [axis for axis, bit in ((-2, 2), (-1, 4)) if turn & bit]
        values = values.transpose(-1, -2) if turn & 1 else values
        return values.flip(flips) if flips else values

    def all_groups(values: Tensor) -> Tensor:
        return torch.cat([one(group, int(turn)) for group, turn in zip(values.chunk(_GROUPS), turns, strict=True)])

    return Scenes(
        all_groups(scene.relative),
        all_groups(scene.coverage),
        all_groups(scene.skin),
        all_groups(scene.known),
        scene.native_px_per_mm,
        all_groups(scene.context),
    )
