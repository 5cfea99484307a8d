"""Did the light change, or all of the skin? What else both photos show is asked, and what disagrees is named.

The skin itself cannot tell a flush of the whole face from a warmer lamp. A colour card, a plain background and the
whites of the eyes can, each with its own error; none of them is believed alone against the skin, except the card.
A flush is blood. Where all skin changed its melanin beside an unchanged background, the photo may as well be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skinimg.base.noise import Z95
from skinimg.base.reasons import Reason, why
from skinimg.base.records import FloatArray, SkinAnchor
from skinimg.observe.witnesses import CARD, EYES, SIDES
from skinimg.skin.optics import along_axes, pigment_axes

# SD (OD of melanin, of haemoglobin) of the skin's shift against a witness on unchanged faces. 30 pairs of 10 people of
# docs/benchmarks/people.md, photographed anew: background 0.014 and 0.013, eyes 0.024 and 0.018. A card is exact to
# what its fit leaves, at most 4 CIEDE2000, about half of which is common to both photos.
_BACKGROUND = "background"
_PIGMENTS = ("hyperpigmentation", "erythema")  # the findings of melanin and of haemoglobin, as along_axes has them
_SD = {_BACKGROUND: (0.015, 0.015), EYES: (0.025, 0.018), CARD: (0.02, 0.02)}
# What an error of one channel is in either pigment on the skin of these ten. Towards black both pigments colour skin alike:
# the darkest drawn skin makes 44 and 152 of it, and an unchanged face was 17 OD of melanin off.
_CHANNEL_TO_PIGMENT = (2.1, 2.5)
# Times that, beyond which a phone's black level is more than any pigment: with nothing changed, four of eight drawn people of
# phototypes V and VI were 0.1 to 19 OD of melanin off their background. 92 real people lie below 1.48.
_BLACK = 1.5
# The same of brightness: a wall may stand nearer to the lamp than the face.
_BRIGHTNESS_SD = {_BACKGROUND: 0.10, CARD: 0.05}
# SDs. A card is believed without another witness and gives the interval: earlier is safe, later calls a flush unchanged.
_DISAGREES = {_BACKGROUND: 4.0, EYES: 4.0, CARD: 2.5}
_SURE = 3.0  # ln of odds of 20 to 1
# Of a flush, that the model takes for melanin: 0 to 0.05 of it in simulated light (docs/METHODS.md 6); ten times that.
# Editors moved melanin by as much as blood, and more.
_SPILT = 0.5
_WHITE_BALANCE = 0.025  # SD per channel and photo of one camera from day to day, as benchmarks/camera.py has it
_SIDES_APART_OD = (
    0.05  # the sides of one background, each against the other photo: more is another light on one of them
)


@dataclass(frozen=True)
class Witness:
    """What else than skin both photos show, and is believed: `light` is the (3,) density by which the second's differs."""

    name: str
    light: FloatArray

    def errors(self, anchor: SkinAnchor) -> FloatArray:
        """(3, 3) independent errors of the light, density R, G, B: in brightness, as melanin and as blood."""
        sds = np.array([_BRIGHTNESS_SD[self.name], *_SD[self.name]], np.float32)
        return np.stack([np.ones(3, np.float32), *pigment_axes(anchor)]) * sds[:, None]


@dataclass(frozen=True)
class AgreedLight:
    """What the references say together.

    light : (3,) density by which the second session's light differs; None: the skin's own reference says it best
    sd : OD, of either pigment where `light` is given; moved : the findings whose pigment all skin changed beside it
    refusal : why nothing can be said of the whole face, or None
    edited : why no finding at all can be compared, or None
    left_out : what was not believed, or None; source : what was used, joined by '+'
    witness : card or background, by which the colour of all skin can be compared; None without one that is believed
    """

    light: FloatArray | None
    sd: float
    refusal: Reason | None
    left_out: Reason | None
    source: str
    witness: Witness | None = None
    moved: tuple[str, ...] = ()
    edited: Reason | None = None


def agreed(
    skin_light: FloatArray, before: Mapping[str, FloatArray], after: Mapping[str, FloatArray], anchor: SkinAnchor
) -> AgreedLight:
    """Weigh the light that the skin tells against what every witness of both photos tells.

    skin_light : (3,) median density of reference skin, second session minus first
    before, after : witness -> (3,) density, see observe/witnesses.py
    """
    lights, left_out = _lights(before, after, anchor)
    moved = {name: _moved(skin_light - light, name, anchor) for name, light in lights.items()}
    against = {name for name in lights if moved[name]}
    believed = next((Witness(name, lights[name]) for name in (CARD, _BACKGROUND) if name in lights), None)
    if CARD in lights:
        card = lights[CARD] if CARD in against else None
        source = "card" if CARD in against else "card+skin"
        return AgreedLight(card, _sds(CARD, anchor)[1], None, left_out, source, believed, moved[CARD])
    if _BACKGROUND in against:
        odds = _odds_of_background(skin_light, lights, anchor)
        if odds > _SURE and _sds(_BACKGROUND, anchor)[0] < _BLACK * _SD[_BACKGROUND][0]:
            return _all_skin(skin_light, lights[_BACKGROUND], anchor, left_out, believed)
        if odds < -_SURE:
            return AgreedLight(None, 0.0, None, why("background_colour_differs"), "skin+eyes")
        return AgreedLight(None, 0.0, why("skin_or_background"), left_out, "none")
    if EYES in against and _BACKGROUND not in lights:
        return AgreedLight(None, 0.0, why("skin_or_eyes"), left_out, "none")
    if not lights and _beyond_a_camera(skin_light, anchor):
        return AgreedLight(None, 0.0, why("skin_or_light"), left_out, "none")
    names = ["skin", *("eyes" if name == EYES else name for name in sorted(lights))]
    return AgreedLight(None, 0.0, None, left_out, "+".join(names), believed)


def _all_skin(
    skin_light: FloatArray, light: FloatArray, anchor: SkinAnchor, left_out: Reason | None, witness: Witness | None
) -> AgreedLight:
    """All skin changed beside background and eyes. Treatments and flushes move its blood; its melanin, a tan or an editor.

    Saturation + 10 %, a skin tone warmed by 6 % and a skin whitened by 6 % moved the melanin of three faces by 0.09 to
    0.24 OD beside their backgrounds, untouched photos by 0.018 at most (docs/benchmarks/gate.md).
    """
    melanin, blood = (abs(float(p[0])) for p in along_axes((skin_light - light).astype(np.float32)[None], anchor))
    sds = _sds(_BACKGROUND, anchor)
    if melanin > _DISAGREES[_BACKGROUND] * sds[0] and melanin > _SPILT * blood:
        edited = why("tan_or_edit")
        return AgreedLight(None, 0.0, edited, left_out, "background+eyes", witness, edited=edited)
    return AgreedLight(light, sds[1], None, left_out, "background+eyes", witness, ("erythema",))


def _odds_of_background(skin_light: FloatArray, lights: Mapping[str, FloatArray], anchor: SkinAnchor) -> float:
    """ln of how much likelier the eyes make it that all of the skin changed than that the background did; 0 without."""
    if EYES not in lights:
        return 0.0
    eyes, wall = _sds(EYES, anchor), _sds(_BACKGROUND, anchor)
    from_skin = _squares(skin_light - lights[EYES], eyes, anchor)
    both = [float(np.hypot(*sds)) for sds in zip(eyes, wall, strict=True)]
    return (from_skin - _squares(lights[_BACKGROUND] - lights[EYES], both, anchor)) / 2


def _squares(shift: FloatArray, sds: Sequence[float], anchor: SkinAnchor) -> float:
    """Sum over both pigments of a shift's squared size in its standard deviations."""
    pigments = along_axes(shift.astype(np.float32)[None], anchor)
    return sum(float(p[0] / sd) ** 2 for p, sd in zip(pigments, sds, strict=True))


def _beyond_a_camera(shift: FloatArray, anchor: SkinAnchor) -> bool:
    """Whether the skin's colour moved by more, in either pigment, than white balance moves it in 95 % of photos."""
    moved = along_axes(shift.astype(np.float32)[None], anchor)
    usual = along_axes(np.eye(3, dtype=np.float32) * np.float32(_WHITE_BALANCE * 2**0.5), anchor)
    return any(abs(float(m[0])) > Z95 * float(np.linalg.norm(u)) for m, u in zip(moved, usual, strict=True))


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
    return lights | {_BACKGROUND: np.mean(sides, axis=0, dtype=np.float32)}, None


def _moved(shift: FloatArray, name: str, anchor: SkinAnchor) -> tuple[str, ...]:
    """The findings whose pigment the skin's shift against a witness changes beyond the noise of the two."""
    pigments = along_axes(shift.astype(np.float32)[None], anchor)
    limits = (_DISAGREES[name] * sd for sd in _sds(name, anchor))
    return tuple(f for f, p, limit in zip(_PIGMENTS, pigments, limits, strict=True) if abs(float(p[0])) > limit)


def _sds(name: str, anchor: SkinAnchor) -> tuple[float, float]:
    """SD of the skin's shift against a witness, OD of melanin and of haemoglobin, on skin as dark as this."""
    carried = (float(np.linalg.norm(p)) for p in along_axes(np.eye(3, dtype=np.float32), anchor))
    melanin, blood = (
        sd * max(c / usual, 1.0) for sd, c, usual in zip(_SD[name], carried, _CHANNEL_TO_PIGMENT, strict=True)
    )
    return melanin, blood
