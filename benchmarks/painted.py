"""Treatments painted on photographs of real people: lesions of known load that fade by a known share.

A lesion is a density of one pigment, in the unit of the maps (green optical density). The optical model turns it into
the change of all three channels at the person's own pigments, and the photo's linear pixels are multiplied by it, so
texture, shade and shine stay real. Shapes are smooth noise around a centre and are made here alone: what measures must
not have seen them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.records import BoolArray, Face, FloatArray, SkinAnchor
from skinimg.face import skin_mask, surface_factor
from skinimg.skin.optics import (
    BLOOD_RANGE,
    MELANIN_RANGE,
    baseline_anchor,
    haemoglobin_density,
    melanin_density,
    skin_density,
    unaffected_density,
)

# Landmarks of MediaPipe's mesh on whose skin patches are centred.
_FLUSH_PLACES = ((205, 425), (50, 280), (205, 425, 199), (117, 346), (205, 280, 5))
_MELASMA_PLACES = ((117, 346), (50, 280, 151), (117, 280, 164), (108, 337, 205), (346, 205))
_STEPS_OD = np.linspace(0.0, 0.8, 161)


@dataclass(frozen=True)
class Treatment:
    """What is painted, and the share of its density by which it falls."""

    name: str
    pigment: str  # melanin, haemoglobin
    fall: tuple[float, float]  # smallest and largest


TREATMENTS = {
    t.name: t
    for t in (
        Treatment("spots", "melanin", (0.45, 0.45)),
        Treatment("melasma", "melanin", (0.40, 0.40)),
        Treatment("flush", "haemoglobin", (0.40, 0.50)),
        Treatment("null", "haemoglobin", (0.0, 0.0)),
    )
}


@dataclass(frozen=True)
class Sitter:
    """A person's photo, and what is needed to paint on it.

    linear : (H, W, 3) linear sRGB; skin : (H, W) 0 to 1; area_mm2 : (H, W) of the skin that a pixel shows
    """

    linear: FloatArray
    face: Face
    skin: FloatArray
    area_mm2: FloatArray
    anchor: SkinAnchor

    @property
    def px_per_mm(self) -> float:
        return self.face.px_per_mm


@dataclass(frozen=True)
class Painted:
    """Two states of one person, and the load of each pigment that was added in each, mm2 OD."""

    before: FloatArray
    after: FloatArray
    load_before: float
    load_after: float
    density: FloatArray  # (H, W) of the pigment, before


def sitter(linear: FloatArray, face: Face) -> Sitter:
    """Find the skin of a neutral photo and its pigments."""
    skin = skin_mask(linear, face.landmarks)
    soft = cv2.GaussianBlur(eroded(skin, 1.0 * face.px_per_mm).astype(np.float32), (0, 0), 0.5 * face.px_per_mm)
    ten_per_mm = 10.0 / face.px_per_mm  # the slant is smoothed for frames of 0.1 mm/px
    size = (round(linear.shape[1] * ten_per_mm), round(linear.shape[0] * ten_per_mm))
    slant = surface_factor(face.landmarks * np.float32(ten_per_mm), size[::-1])
    area = cv2.resize(slant, linear.shape[1::-1], interpolation=cv2.INTER_AREA) / face.px_per_mm**2
    return Sitter(linear, face, soft, area.astype(np.float32), baseline_anchor(unaffected_density(linear, skin)))


def paint(person: Sitter, treatment: Treatment, rng: np.random.Generator) -> Painted:
    """The person before and after a treatment, in the same light: only the painted density differs."""
    if treatment.name == "null":  # unchanged lesions of all kinds: harder than bare skin
        layers = [(kind.pigment, _density(person, kind.name, rng)) for kind in TREATMENTS.values() if kind.fall[1] > 0]
    else:
        layers = [(treatment.pigment, _density(person, treatment.name, rng))]
    left = 1.0 - float(rng.uniform(*treatment.fall))
    before, after = person.linear, person.linear
    for pigment, density in layers:
        before = before * transmission(person.anchor, pigment, density)
        after = after * transmission(person.anchor, pigment, density * np.float32(left))
    load = float(sum((density * person.area_mm2).sum() for _, density in layers))
    return Painted(before, after, load, load * left, layers[-1][1])


def _density(person: Sitter, kind: str, rng: np.random.Generator) -> FloatArray:
    if kind == "spots":
        return _spots(person, rng)
    if kind == "melasma":
        return _patches(person, _MELASMA_PLACES, (9.0, 13.0), 1.5, (0.14, 0.24), rng)
    return _patches(person, _FLUSH_PLACES, (10.0, 21.0), 3.0, (0.09, 0.18), rng)


def _spots(person: Sitter, rng: np.random.Generator) -> FloatArray:
    """Twelve spots of 1.6 to 5 mm, at least 7 mm apart, not at the rim of the skin."""
    room = eroded(person.skin > 0.5, 3.0 * person.px_per_mm)
    density = np.zeros(room.shape, np.float32)
    for _ in range(12):
        ys, xs = np.nonzero(room)
        if not len(ys):
            break
        pick = int(rng.integers(len(ys)))
        centre = float(xs[pick]), float(ys[pick])
        spot = _blob(person, centre, float(rng.uniform(0.8, 2.5)), float(rng.uniform(0.3, 1.2)), rng)
        density = np.maximum(density, np.float32(rng.uniform(0.15, 0.45)) * spot)
        cv2.circle(taken := np.zeros(room.shape, np.uint8), (int(centre[0]), int(centre[1])), 1, 1, -1)
        room &= cv2.distanceTransform(1 - taken, cv2.DIST_L2, 5) > 7.0 * person.px_per_mm
    return density * person.skin


def _patches(
    person: Sitter,
    places: tuple[tuple[int, ...], ...],
    radius_mm: tuple[float, float],
    least_edge_mm: float,
    strength_od: tuple[float, float],
    rng: np.random.Generator,
) -> FloatArray:
    """Wide patches with soft, irregular and differing edges."""
    density = np.zeros(person.skin.shape, np.float32)
    for landmark in places[int(rng.integers(len(places)))]:
        shift = rng.normal(0.0, 3.0 * person.px_per_mm, 2)
        x, y = person.face.landmarks[landmark, :2] + shift
        edge = least_edge_mm * float(rng.uniform(1.0, 2.5))
        patch = _blob(person, (float(x), float(y)), float(rng.uniform(*radius_mm)), edge, rng)
        density = np.maximum(density, np.float32(rng.uniform(*strength_od)) * patch)
    return density * person.skin


def _blob(
    person: Sitter, centre: tuple[float, float], radius_mm: float, edge_mm: float, rng: np.random.Generator
) -> FloatArray:
    """0 to 1: a disc whose rim wanders by a quarter of its radius, unevenly filled; edge_mm from 10 to 90 %."""
    height, width = person.skin.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    radius = radius_mm * person.px_per_mm
    away = np.hypot(x - centre[0], (y - centre[1]) * np.float32(rng.uniform(0.75, 1.3)))
    rim = away + 0.25 * radius * _smooth_noise((height, width), 0.5 * radius, rng)
    filled = 1.0 + 0.15 * _smooth_noise((height, width), 0.35 * radius, rng)
    steepness = edge_mm * person.px_per_mm / 4.4  # a logistic rises from 10 to 90 % within 4.4 of its scales
    soft = 1.0 / (1.0 + np.exp(np.clip((rim - radius) / steepness, -30, 30)))
    return np.clip(soft * filled, 0, 1.3).astype(np.float32)


def _smooth_noise(shape: tuple[int, int], scale_px: float, rng: np.random.Generator) -> FloatArray:
    """Gaussian noise of SD 1, smooth over `scale_px`."""
    shrink = max(scale_px / 4.0, 1.0)
    small = rng.standard_normal((int(shape[0] / shrink) + 8, int(shape[1] / shrink) + 8)).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), scale_px / shrink)
    return cv2.resize(small / small.std(), shape[::-1], interpolation=cv2.INTER_CUBIC)


def transmission(anchor: SkinAnchor, pigment: str, density: FloatArray) -> FloatArray:
    """(H, W, 3) factor on linear light of that much more of a pigment, `melanin` or `haemoglobin`."""
    fractions, lowest, scale = (
        (anchor.melanin, MELANIN_RANGE, melanin_density)
        if pigment == "melanin"
        else (anchor.haemoglobin, BLOOD_RANGE, haemoglobin_density)
    )
    grid = np.geomspace(fractions, lowest[1], 400)
    more = np.interp(_STEPS_OD, scale(grid) - scale(fractions), grid)
    model = skin_density(more, anchor.haemoglobin) if pigment == "melanin" else skin_density(anchor.melanin, more)
    change = model - model[0]  # (steps, 3)
    return np.stack([np.exp(-np.interp(density, _STEPS_OD, change[:, c])) for c in range(3)], axis=2).astype(np.float32)


def eroded(mask: BoolArray, radius_px: float) -> BoolArray:
    """What of a mask (H, W) lies further than that from its border."""
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) > radius_px
