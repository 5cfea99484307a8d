"""Lesions and distractors painted on a batch of tiles in density, fast enough to be drawn anew at every step.

D' = D + dD of the optical model at the person's own pigment, as `phantom.painter` does it, without relief and for a
whole batch at once. Shapes are wider than the phantom's: radius 0.3 to 25 mm, edge 0.1 to 5 mm,
contrast from the limit of sight upward. What is only grey (shade, hairs, shine) is painted too and is no finding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from skinimg.base.findings import MASK_FINDINGS
from skinimg.skin.optics import BLOOD_RANGE, MELANIN_RANGE, POLYNOMIAL

Range = tuple[float, float]
_NONE: Range = (0.0, 0.0)
_MODES = 5  # waves of an outline: 2 to 6 around
# Density in green, after the blur of the photo, from which a lesion is labelled; fainter ones are unknown, and those
# below the first number are plain skin. Faces vary by 0.03 to 0.06 at the scale of a spot.
_FAINT_OD, _SEEN_OD = 0.03, 0.07
_STEPS = 64  # of a table of densities
_TOGETHER = 7  # things drawn at a time: fewer, larger steps keep a GPU busy


@dataclass(frozen=True)
class Paint:
    """A kind of lesion: how often it is drawn, and the ranges of it (sizes log-uniform, densities uniform)."""

    share: float
    radius_mm: Range  # half the width of a line
    edge_mm: Range = (0.1, 3.0)
    irregularity: Range = (0.0, 0.3)
    melanin_od: Range = _NONE  # green density in the middle
    blood_od: Range = _NONE
    grey_od: Range = _NONE  # the same in all channels: no pigment
    white: Range = _NONE  # light that the surface throws back, as share of a white one's: pales dark skin most
    length_mm: Range = _NONE  # of lines
    patchy: float = 0.0  # how uneven its inside may be


PAINTS: dict[str, Paint] = {
    "spot": Paint(0.44, (0.3, 3.2), (0.1, 2.0), melanin_od=(0.05, 0.6)),
    "blot": Paint(0.05, (3.0, 8.0), melanin_od=(0.04, 0.5)),
    "melasma": Paint(0.05, (5.0, 25.0), (0.5, 5.0), (0.1, 0.4), melanin_od=(0.05, 0.4), patchy=0.4),
    "mark after inflammation": Paint(0.09, (0.6, 3.0), melanin_od=(0.03, 0.45), blood_od=(0.0, 0.08)),
    "red mark": Paint(0.15, (0.4, 5.0), blood_od=(0.04, 0.45)),
    "flush": Paint(0.05, (5.0, 25.0), (0.5, 5.0), (0.1, 0.4), blood_od=(0.05, 0.4), patchy=0.3),
    "vessel": Paint(0.05, (0.08, 0.3), blood_od=(0.06, 0.5), length_mm=(3.0, 15.0)),
    "hair": Paint(0.04, (0.03, 0.12), grey_od=(0.2, 1.5), length_mm=(5.0, 40.0)),
    "shade": Paint(0.06, (0.8, 12.0), (1.0, 6.0), grey_od=(0.05, 0.5)),
    "shine": Paint(0.06, (0.5, 8.0), (0.5, 4.0), white=(0.005, 0.15)),
}
SPOTS, REDNESS = (MASK_FINDINGS.index(name) for name in ("spots", "redness"))


@dataclass(frozen=True)
class Patches:
    """`k` things on each of n tiles; all (n, k) but for `waves`. Places are in mm from the tile's middle."""

    x_mm: Tensor
    y_mm: Tensor
    radius_mm: Tensor
    edge_mm: Tensor
    aspect: Tensor
    angle: Tensor
    irregularity: Tensor
    ln_melanin: Tensor  # factor on the fraction below
    ln_blood: Tensor
    grey_od: Tensor
    white: Tensor
    melanin_od: Tensor  # what these factors make of the person's own skin
    blood_od: Tensor
    length_mm: Tensor  # 0 = no line
    bend: Tensor
    patchy: Tensor
    waves: Tensor = field(repr=False)  # (n, k, modes, 2)


def sample(melanin: Tensor, blood: Tensor, k: int, side_mm: float, generator: torch.Generator) -> Patches:
    """Up to k things for each tile; a third of the tiles stay bare.

    melanin, blood : (n,) fractions of the person's unaffected skin
    """
    n, device = len(melanin), melanin.device

    def rand(*shape: int) -> Tensor:
        return torch.rand(n, k, *shape, generator=generator, device=device)

    kind = torch.multinomial(_column("share", device), n * k, replacement=True, generator=generator).reshape(n, k)

    def drawn(name: str, log: bool) -> Tensor:
        return _between(_column(name, device)[kind], rand(), log)

    there = (rand() < _crowd(torch.rand(n, 1, generator=generator, device=device))).float()
    radius = drawn("radius_mm", log=True)
    # a large patch may lie mostly outside, so that its border crosses the tile anywhere
    spread = side_mm / 2 + 0.8 * radius
    ln_melanin, ln_blood = (
        _factor(melanin[:, None], blood[:, None], drawn(f"{name}_od", log=False) * there, name == "melanin")
        for name in ("melanin", "blood")
    )
    plain = green(melanin, blood)[:, None]
    return Patches(
        x_mm=(2 * rand() - 1) * spread,
        y_mm=(2 * rand() - 1) * spread,
        radius_mm=radius,
        edge_mm=torch.minimum(drawn("edge_mm", log=True), 1.6 * radius),
        aspect=1 + 1.2 * rand() ** 2,
        angle=2 * math.pi * rand(),
        irregularity=drawn("irregularity", log=False),
        ln_melanin=ln_melanin,
        ln_blood=ln_blood,
        grey_od=drawn("grey_od", log=False) * there,
        white=drawn("white", log=False) * there,
        melanin_od=green(melanin[:, None] * ln_melanin.exp(), blood[:, None]) - plain,
        blood_od=green(melanin[:, None], blood[:, None] * ln_blood.exp()) - plain,
        length_mm=drawn("length_mm", log=True) * _column("length_mm", device)[kind, 1].sign(),
        bend=(2 * rand() - 1) * 0.6,
        patchy=_column("patchy", device)[kind] * rand(),
        waves=2 * rand(_MODES, 2) - 1,
    )


def _between(ends: Tensor, at: Tensor, log: bool) -> Tensor:
    """Values within ranges (..., 2), evenly spread or evenly in their logarithm; at : 0..1."""
    low, high = (ends.clamp_min(1e-6).log() if log else ends).unbind(-1)
    values = torch.lerp(low, high, at)
    return values.exp() if log else values


def _crowd(draw: Tensor) -> Tensor:
    """How likely each of a tile's things is there: a third of the tiles stay bare, a quarter are crowded."""
    return torch.where(draw < 0.35, 0.0, torch.where(draw < 0.75, 0.25, 0.8))


def _column(name: str, device: torch.device) -> Tensor:
    """What every kind has of something: (kinds,), or (kinds, 2) of a range."""
    return torch.tensor([getattr(paint, name) for paint in PAINTS.values()], device=device)


def skin_density(melanin: Tensor, blood: Tensor) -> Tensor:
    """`optics.skin_density` on tensors: (...) fractions -> (3, ...) density of R, G, B."""
    x, y = melanin.sqrt(), blood.sqrt()
    total = [torch.zeros_like(x) for _ in range(3)]
    for i, j, factors in POLYNOMIAL:
        term = x**i * y**j
        total = [plane + factor * term for plane, factor in zip(total, factors, strict=True)]
    return torch.stack(total)


def green(melanin: Tensor, blood: Tensor) -> Tensor:
    """Its green part."""
    return skin_density(melanin, blood)[1]


def _factor(melanin: Tensor, blood: Tensor, od: Tensor, of_melanin: bool) -> Tensor:
    """ln of the factor on one pigment that adds `od` in green, as far as the model reaches; (n, k).

    melanin, blood : (n, 1)
    """
    own, most = (melanin, MELANIN_RANGE[1]) if of_melanin else (blood, BLOOD_RANGE[1])
    steps = torch.linspace(0, 1, _STEPS, device=od.device) * (most / own).clamp_min(1.0).log()  # (n, steps)
    grown = own * steps.exp()
    other = (blood if of_melanin else melanin).expand_as(grown)
    seen = green(grown, other) if of_melanin else green(other, grown)
    seen = seen - seen[:, :1]
    after = torch.searchsorted(seen.contiguous(), od.contiguous()).clamp(1, _STEPS - 1)
    low, high = seen.gather(1, after - 1), seen.gather(1, after)
    share = ((od - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
    return (steps.gather(1, after - 1) + share * steps[:, 1:2]) * (od > 0)


@dataclass(frozen=True)
class PatchLayers:
    """What patches do to a grid of pixels."""

    ln_melanin: Tensor  # (n, h, w)
    ln_blood: Tensor
    grey_od: Tensor
    white: Tensor
    coverage: Tensor  # (n, 2, h, w) of spots and of redness
    faint: Tensor  # (n, 2, h, w) bool: too faint to be sure of

    def added(self, melanin: Tensor, blood: Tensor) -> tuple[Tensor, Tensor]:
        """Density (n, 3, h, w) that they add to skin of these fractions (n,), and what of it (n, 1, h, w) is shading."""
        m, b = melanin[:, None, None], blood[:, None, None]
        after = skin_density(
            (m * self.ln_melanin.exp()).clamp(max=MELANIN_RANGE[1]), (b * self.ln_blood.exp()).clamp(max=BLOOD_RANGE[1])
        )
        lit = -(torch.exp(-after) + self.white).log() + self.grey_od
        # pigments weigh least in red, so there light is told best
        return (lit - skin_density(m, b)).transpose(0, 1), (lit - after)[0][:, None]


def draw(patches: Patches, side: int, step_mm: float, blur_mm: Tensor, grain: Tensor) -> PatchLayers:
    """Paint on square grids of `side` pixels of `step_mm` around each tile's middle.

    blur_mm : (n,) of the photo, SD; grain : (n, side, side) noise in 0..1, by which patchy things are uneven
    """
    n, k = patches.x_mm.shape
    at = (torch.arange(side, device=grain.device) - (side - 1) / 2) * step_mm
    x, y = at[None, None, None, :], at[None, None, :, None]
    zero = torch.zeros(n, side, side, device=grain.device)
    ln_melanin, ln_blood, grey, white = zero, zero, zero, zero
    coverage, faint = [zero, zero], [zero, zero]
    for first in range(0, k, _TOGETHER):
        j = slice(first, first + _TOGETHER)
        strength, cover = _shape(patches, j, x, y, step_mm)  # (n, things, h, w)
        uneven = strength * (1 - patches.patchy[:, j, None, None] * grain[:, None])
        ln_melanin = torch.maximum(ln_melanin, (patches.ln_melanin[:, j, None, None] * uneven).amax(dim=1))
        ln_blood = torch.maximum(ln_blood, (patches.ln_blood[:, j, None, None] * uneven).amax(dim=1))
        grey = grey + (patches.grey_od[:, j, None, None] * strength).sum(dim=1)
        white = white + (patches.white[:, j, None, None] * strength).sum(dim=1)
        kept = _kept(patches, j, blur_mm)
        for which, od in enumerate((patches.melanin_od[:, j] * kept, patches.blood_od[:, j] * kept)):
            sure, doubtful = (od >= _SEEN_OD)[..., None, None], ((od > _FAINT_OD) & (od < _SEEN_OD))[..., None, None]
            coverage[which] = torch.maximum(coverage[which], (cover * sure).amax(dim=1))
            faint[which] = torch.maximum(faint[which], (cover * doubtful).amax(dim=1))
    both = torch.stack(coverage, dim=1)
    return PatchLayers(ln_melanin, ln_blood, grey, white, both, (torch.stack(faint, dim=1) > 0.02) & (both < 0.5))


def _kept(patches: Patches, j: slice, blur_mm: Tensor) -> Tensor:
    """Share of the things' contrast that the photo's blur leaves in their middle, (n, things)."""
    ratio = patches.radius_mm[:, j] / (math.sqrt(2) * blur_mm[:, None])
    peak = (0.5 + patches.radius_mm[:, j] / patches.edge_mm[:, j]).clamp(max=1)
    return peak * torch.where(patches.length_mm[:, j] > 0, torch.erf(ratio), 1 - torch.exp(-(ratio**2)))


def _shape(patches: Patches, j: slice, x: Tensor, y: Tensor, step_mm: float) -> tuple[Tensor, Tensor]:
    """Strength 0..1 and coverage 0..1 of some things of every tile, (n, things, h, w)."""

    def of(values: Tensor) -> Tensor:
        return values[:, j, None, None]

    cos, sin, stretch = of(patches.angle).cos(), of(patches.angle).sin(), of(patches.aspect).sqrt()
    dx, dy = x - of(patches.x_mm), y - of(patches.y_mm)
    u, v = cos * dx + sin * dy, cos * dy - sin * dx
    along, across = u / stretch, v * stretch
    distance = torch.hypot(along, across).clamp_min(1e-4)
    cosine, sine = along / distance, across / distance
    c, s, wave = cosine, sine, torch.zeros_like(distance)
    for mode in range(_MODES):
        c, s = c * cosine - s * sine, s * cosine + c * sine
        wave = wave + (patches.waves[:, j, mode, 0, None, None] * c + patches.waves[:, j, mode, 1, None, None] * s) / (
            mode + 2
        )
    outline = of(patches.radius_mm) * (1 + 1.5 * of(patches.irregularity) * wave).clamp_min(0.3)
    inside = outline - distance
    # a line: half its width, less towards both ends, along a bow with a ripple
    length = of(patches.length_mm)
    half = (length / 2).clamp_min(1e-3)
    bow = of(patches.bend) * (u * u / half - half / 2) + 0.3 * of(patches.aspect - 1) * torch.sin(
        u * 1.2 + of(patches.angle) * 9
    )
    taper = (1 - (u / half) ** 2).clamp(0, 1).sqrt()
    line = of(patches.radius_mm) * taper - (v - bow).abs() / torch.sqrt(1 + (2 * of(patches.bend) * u / half) ** 2)
    is_line = length > 0
    inside = torch.where(is_line, torch.where(taper > 0, line, -1.0), inside)
    edge = torch.where(is_line, step_mm, of(patches.edge_mm).clamp_min(step_mm))
    ramp = (0.5 + inside / edge).clamp(0, 1)
    return ramp * ramp * (3 - 2 * ramp), (0.5 + inside / step_mm).clamp(0, 1)
