"""Did the light change, or all of the skin? What else both photos show is asked, and what disagrees is named.

The skin itself cannot tell a flush of the whole face from a warmer lamp. A colour card, a plain background and the
whites of the eyes can, each with its own error; none of them is believed alone against the skin, except the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from skinimg.base.reasons import Reason, why
from skinimg.base.records import FloatArray, SkinAnchor
from skinimg.observe.witnesses import CARD, EYES, SIDES
from skinimg.skin.optics import along_axes

# SD (OD of melanin, of haemoglobin) of the skin's shift against a witness on unchanged faces. 30 pairs of 10 people of
# docs/benchmarks/people.md, photographed anew: background 0.014 and 0.013, eyes 0.024 and 0.018. A card is exact to
# what its fit leaves, at most 4 CIEDE2000, about half of which is common to both photos.
_SD = {"background": (0.015, 0.015), EYES: (0.025, 0.018), CARD: (0.02, 0.02)}
_DISAGREES = 4.0  # SDs
_WHITE_BALANCE = 0.025  # SD per channel and photo of one camera from day to day, as benchmarks/camera.py has it
_SIDES_APART_OD = (
    0.05  # the sides of one background, each against the other photo: more is another light on one of them
)


@dataclass(frozen=True)
class AgreedLight:
    """What the references say together.

    light : (3,) density by which the second session's light differs; None: the skin's own reference says it best
    sd : OD, of either pigment where `light` is given; refusal : why nothing can be said of the whole face, or None
    left_out : what was not believed, or None; source : what was used, joined by '+'
    """

    light: FloatArray | None
    sd: float
    refusal: Reason | None
    left_out: Reason | None
    source: str


def agreed(
    skin_light: FloatArray, before: Mapping[str, FloatArray], after: Mapping[str, FloatArray], anchor: SkinAnchor
) -> AgreedLight:
    """Weigh the light that the skin tells against what every witness of both photos tells.

    skin_light : (3,) median density of reference skin, second session minus first
    before, after : witness -> (3,) density, see observe/witnesses.py
    """
    lights, left_out = _lights(before, after, anchor)
    against = {name for name, light in lights.items() if _apart(skin_light - light, name, anchor)}
    if CARD in lights:
        card = lights[CARD] if CARD in against else None
        return AgreedLight(card, _SD[CARD][1], None, left_out, "card" if card is not None else "card+skin")
    if "background" in against:
        if EYES in against:
            return AgreedLight(lights["background"], _SD["background"][1], None, left_out, "background+eyes")
        if EYES in lights:
            return AgreedLight(None, 0.0, None, why("background_colour_differs"), "skin+eyes")
        return AgreedLight(None, 0.0, why("skin_or_background"), left_out, "none")
    if EYES in against and "background" not in lights:
        return AgreedLight(None, 0.0, why("skin_or_eyes"), left_out, "none")
    if not lights and _beyond_a_camera(skin_light, anchor):
        return AgreedLight(None, 0.0, why("skin_or_light"), left_out, "none")
    return AgreedLight(
        None, 0.0, None, left_out, "+".join(["skin", *("eyes" if n == EYES else n for n in sorted(lights))])
    )


def _beyond_a_camera(shift: FloatArray, anchor: SkinAnchor) -> bool:
    """Whether the skin's colour moved by more, in either pigment, than white balance moves it in 95 % of photos."""
    moved = along_axes(shift.astype(np.float32)[None], anchor)
    usual = along_axes(np.eye(3, dtype=np.float32) * np.float32(_WHITE_BALANCE * 2**0.5), anchor)
    return any(abs(float(m[0])) > 1.96 * float(np.linalg.norm(u)) for m, u in zip(moved, usual, strict=True))


def _lights(
    before: Mapping[str, FloatArray], after: Mapping[str, FloatArray], anchor: SkinAnchor
) -> tuple[dict[str, FloatArray], Reason | None]:
    """Witness -> (3,) change of the light, the sides of the background as one; and what is wrong with it, or None."""
    shifts = {name: after[name] - before[name] for name in before if name in after}
    lights = {name: shift for name, shift in shifts.items() if name in (EYES, CARD)}
    sides = [shifts[side] for side in SIDES if side in shifts]
    if not sides:
        return lights, None
    apart = [np.ptp(pigment) for pigment in along_axes(np.stack(sides).astype(np.float32), anchor)]
    if max(apart) > _SIDES_APART_OD:
        return lights, why("background_lit_on_one_side")
    return lights | {"background": np.mean(sides, axis=0, dtype=np.float32)}, None


def _apart(shift: FloatArray, name: str, anchor: SkinAnchor) -> bool:
    """Whether the skin's shift against a witness is beyond the noise of the two, in either pigment."""
    pigments = along_axes(shift.astype(np.float32)[None], anchor)
    return any(abs(float(p[0])) > _DISAGREES * sd for p, sd in zip(pigments, _SD[name], strict=True))
