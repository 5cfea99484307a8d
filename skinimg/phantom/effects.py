"""What a treatment does, as a change of lesion parameters and never of pixels. No effect returns the same objects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from skinimg.base.errors import SettingsError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.phantom.kinds import Lesion

_SPREAD = 12.0  # concentration of the Beta distribution over lesions: 0.4 +- 0.14; our choice


@dataclass(frozen=True)
class LesionEffect:
    """Mean relative changes of one finding's lesions: -0.4 = 40 % less, +0.2 = 20 % more; each lesion differs.

    contrast : pigment, blood and depth; area : of a patch or dot, width of a line squared;
    clear : share of lesions that vanish; appear : new ones, as a share of those there.
    """

    contrast: float = 0.0
    area: float = 0.0
    clear: float = 0.0
    appear: float = 0.0


def effect_of(change: float) -> LesionEffect:
    """The effect that changes a finding's burden (area x contrast) by about `change`, -1 to +2.

    Raises
    ------
    SettingsError
        Outside that range.
    """
    if not -1.0 <= change <= 2.0:
        raise SettingsError("impossible effect", found=f"{change:+.0%}", needed="from -100% to +200%")
    if change == -1.0:
        return LesionEffect(clear=1.0)
    # Two thirds of the logarithm is fading, one third shrinking; our choice.
    total = math.log1p(change)
    return LesionEffect(contrast=math.expm1(total * 2 / 3), area=math.expm1(total / 3))


def apply_effects(
    lesions: Sequence[Lesion], effects: Mapping[str, LesionEffect], generator: torch.Generator
) -> tuple[Lesion, ...]:
    """The lesions after treatment: changed, cleared or joined by new ones; ids, places and shapes stay.

    effects : finding -> effect. Findings that are absent or whose effect is `Effect()` keep the very same objects.

    Raises
    ------
    SettingsError
        An effect names something that is not one of MASK_FINDINGS.
    """
    unknown = sorted(set(effects) - set(MASK_FINDINGS))
    if unknown:
        raise SettingsError(f"effect on {unknown[0]!r}", needed=f"one of {', '.join(MASK_FINDINGS)}")
    after: list[Lesion] = []
    new_id = max((lesion.id for lesion in lesions), default=0)
    for lesion in lesions:
        effect = effects.get(lesion.finding, LesionEffect())
        if effect == LesionEffect():
            after.append(lesion)
            continue
        # Four numbers for every treated lesion, used or not: one effect must not shift the luck of another.
        contrast, area, cleared, twin = _luck(effect, generator)
        if cleared >= effect.clear:
            after.append(_changed(lesion, contrast, area))
        if twin < effect.appear:
            new_id += 1
            after.append(_twin(lesion, new_id, generator))
    return tuple(after)


def _luck(effect: LesionEffect, generator: torch.Generator) -> tuple[float, float, float, float]:
    def beta_around(mean: float, gauss: float) -> float:
        """A relative change with that mean; the normal stands in for a Beta of the same mean and spread."""
        size = min(abs(mean), 1.0)
        spread = math.sqrt(size * (1 - size) / (1 + _SPREAD)) if abs(mean) <= 1 else 0.3 * abs(mean)
        # Never through zero: an improvement may be nil for a lesion, not a worsening.
        return math.copysign(min(max(abs(mean) + spread * gauss, 0.0), 1.0 if mean < 0 else 4.0), mean)

    gauss = torch.randn(2, generator=generator, device=generator.device).tolist()
    chance = torch.rand(2, generator=generator, device=generator.device).tolist()
    return beta_around(effect.contrast, gauss[0]), beta_around(effect.area, gauss[1]), chance[0], chance[1]


def _changed(lesion: Lesion, contrast: float, area: float) -> Lesion:
    grow = math.sqrt(max(1 + area, 0.0))
    return replace(
        lesion,
        radius_mm=lesion.radius_mm * grow,
        edge_mm=lesion.edge_mm * min(grow, 1.0),  # a shrinking lesion keeps its look
        melanin=lesion.melanin ** (1 + contrast),
        blood=lesion.blood ** (1 + contrast),
        depth_mm=lesion.depth_mm * (1 + contrast),
    )


def _twin(lesion: Lesion, new_id: int, generator: torch.Generator) -> Lesion:
    """A new lesion of the same sort, a few millimetres away."""
    away = torch.randn(2, generator=generator, device=generator.device).tolist()
    reach = 3 * lesion.radius_mm + 4.0
    return replace(
        lesion, id=new_id, x_mm=lesion.x_mm + reach * away[0], y_mm=lesion.y_mm + reach * away[1], seed=lesion.seed + 1
    )
