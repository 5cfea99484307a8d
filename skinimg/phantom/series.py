"""A series: the same person at several sessions, treated or not, each photographed anew.

Treatment acts on lesion parameters, never on pixels; pose, camera, light and shine are drawn anew for every session and
know nothing of the treatment. Where nothing was done the lesions are the very same objects, so every true change is 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import torch

from skinimg.base.errors import SettingsError
from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.phantom.camera import Camera, Regime, sample_camera
from skinimg.phantom.draws import new_seed, normal, seeded, uniform
from skinimg.phantom.effects import apply_effects, effect_of
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.lighting import Lamp, Lighting, sample_lighting
from skinimg.phantom.painting import Painted
from skinimg.phantom.portrait import Picture, Sitter, photograph
from skinimg.phantom.view import sample_view

ARMS = ("none", "split-face", "parallel")
FIRST_DAY = date(2025, 1, 13)
SESSION_DAYS = 28  # sessions about a month apart


@dataclass(frozen=True)
class Treatment:
    """What one subject gets. `left` and `right` say on which half of the face (the person's own) the effects act."""

    effects: Mapping[str, float]  # finding -> change of its burden at the last session, -0.4 = 40 % less
    left: bool
    right: bool

    @property
    def is_null(self) -> bool:
        """Nothing is ever changed."""
        return not any(self.effects.values()) or not (self.left or self.right)


def check_effects(effects: Mapping[str, float]) -> None:
    """Refuse effects that cannot be.

    Raises
    ------
    SettingsError
        Unknown finding, one without a mask, or a change below -100 % or above +200 %.
    """
    for finding, change in effects.items():
        if finding not in MASK_FINDINGS:
            known = "it has no lesions" if finding in FINDINGS else "unknown finding"
            raise SettingsError(f"effect on {finding!r}: {known}", needed=f"one of {', '.join(MASK_FINDINGS)}")
        effect_of(change)


def lesions_at(sitter: Sitter, treatment: Treatment, share: float, seed: int) -> tuple[Lesion, ...]:
    """The sitter's lesions when `share` (0 to 1) of the treatment's effect has come about.

    The same seed gives every lesion the same luck at every session.
    """
    if treatment.is_null or share == 0:
        return sitter.lesions
    middle = sitter.sheet.canvas.size_mm[0] / 2  # u = 0; the person's left is to the right of it
    treated = [k for k in sitter.lesions if (treatment.left if k.x_mm > middle else treatment.right)]
    chosen = {lesion.id for lesion in treated}
    rest = [lesion for lesion in sitter.lesions if lesion.id not in chosen]
    effects = {name: effect_of(change * share) for name, change in treatment.effects.items() if change}
    return (*rest, *apply_effects(treated, effects, seeded(seed)))


@dataclass(frozen=True)
class Studio:
    """What the photographs of one study have in common."""

    regime: Regime
    camera: Camera
    lighting: Lighting
    shape: tuple[int, int]


def sample_studio(generator: torch.Generator, regime: Regime, shape: tuple[int, int]) -> Studio:
    """A rig of two soft boxes and a camera."""
    return Studio(regime, sample_camera(generator, regime), sample_lighting(generator, 0.8), shape)


_LAMP_STRAY = {"fixed_rig": 0.02, "same_phone": 0.10, "other_phone": 0.15}  # rad and ln power, as camera._STRAY


def photograph_session(
    sitter: Sitter, painted: Painted, studio: Studio, yaw_deg: float, generator: torch.Generator, *, card: bool = False
) -> Picture:
    """One photo of a session: its own pose, light, camera settings and shine; with a colour card in it where asked."""
    camera = sample_camera(generator, studio.regime, studio.camera)
    # studios expose for the face: dark skin gets up to two thirds of a stop more
    camera = replace(camera, exposure_ev=camera.exposure_ev + 0.15 * max(0, sitter.person.phototype - 2))
    lighting = _stray(studio.lighting, _LAMP_STRAY.get(studio.regime, 0.2), generator)
    view = sample_view(generator, studio.shape, yaw_deg, 1.0)
    return photograph(sitter, painted, view, lighting, camera, generator, card=card)


def _stray(lighting: Lighting, sd: float, generator: torch.Generator) -> Lighting:
    lamps = []
    for lamp in lighting.lamps:
        x, y, z = (part + normal(generator, 0, sd) for part in lamp.direction)
        length = math.sqrt(x * x + y * y + z * z)
        power = lamp.power * math.exp(normal(generator, 0, sd))
        lamps.append(Lamp((x / length, y / length, z / length), lamp.half_width, power))
    return replace(lighting, lamps=tuple(lamps))


@dataclass(frozen=True)
class TreatmentPlan:
    """Who is treated how, and when."""

    subject: str
    treatment: Treatment
    arm: str
    arm_left: str
    arm_right: str
    dates: tuple[date, ...]
    seed: int


def plan_subjects(
    subjects: int,
    sessions: int,
    effects: Mapping[str, float],
    null_fraction: float,
    arms: str,
    generator: torch.Generator,
) -> tuple[TreatmentPlan, ...]:
    """One plan per subject; `null_fraction` of them, rounded up, are not changed at all.

    split-face : one side, drawn by lot, is `active`, the other `control`. parallel : the unchanged are `control`.
    """
    nulls = math.ceil(null_fraction * subjects - 1e-9)
    order = torch.randperm(subjects, generator=generator).tolist()
    plans = []
    for number in range(subjects):
        is_null = order[number] < nulls
        active_left = uniform(generator) < 0.5
        split = arms == "split-face"
        treatment = Treatment({} if is_null else dict(effects), not split or active_left, not split or not active_left)
        sides = ("active", "control") if active_left else ("control", "active")
        days = [k * SESSION_DAYS + (round(normal(generator, 0, 1.5)) if k else 0) for k in range(sessions)]
        plans.append(
            TreatmentPlan(
                subject=f"P{number + 1:0{max(2, len(str(subjects)))}d}",
                treatment=treatment,
                arm=("control" if is_null else "active") if arms == "parallel" else "",
                arm_left=sides[0] if split else "",
                arm_right=sides[1] if split else "",
                dates=tuple(FIRST_DAY + timedelta(days=d) for d in days),
                seed=new_seed(generator),
            )
        )
    return tuple(plans)
