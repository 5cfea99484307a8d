"""How far a measurement strays by itself: what a weights card states of every metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

Z95 = 1.959964  # standard errors that hold 95 % of a normal distribution
# Both photos by one camera, by two models, or not known from the files.
CAMERAS = ("same_camera", "other_camera", "unknown_camera")


@dataclass(frozen=True)
class Repeatability:
    """How far one metric strays between photos of unchanged skin; derivation in docs/METHODS.md, Change."""

    relative: float  # of the value: common to everything in the photo
    absolute: float  # keeps a count of 2 from looking exact
    people: float = np.inf  # on whom it was measured: pairs of photos of the same person are not independent
    per_mm2: float = 0.0  # OD, of a burden, where the pair itself could not tell (`placebo`)
    shot: float = 0.0  # share of the variance that is the single shot's; the rest is the session's
    per_unit: float = 0.0  # of a load: each thing strays for itself, so that a small region is less certain
    local: float = 0.0  # of a mean, the same per root cm2 of skin
    placebo: float = 1.0  # times the spread of placebo lesions of the pair
    gain: float = 0.0  # of the value, per ln of the amplitudes of the pair's plain skin
    light: float = 0.0  # the same per OD of difference in broad brightness
    colour: float = 0.0  # per OD of cast
    turn: float = 0.0  # and per degree by which the head is turned
    dilution: float = 0.0  # of a true change: SD between people of measured per true change
    quantile: float = 0.0  # standard errors that hold 95 % of people; 0: Student's t of `people`
    quantile_region: float = 0.0  # the same for a region of the face

    def at(self, value: float, area_mm2: float = 0.0) -> float:
        """SEM of one shot in the metric's unit at a given value, and for a burden of an area."""
        common = self.relative * value, self.absolute, self.per_mm2 * area_mm2
        return float(np.sqrt(np.dot(common, common) + self.per_unit * abs(value)))

    def times(self, factor: float) -> Repeatability:
        """The noise of what strays that many times as far."""
        linear = ("relative", "absolute", "per_mm2", "local", "placebo", "gain", "light", "colour", "turn")
        wider = {name: getattr(self, name) * factor for name in linear}
        return replace(self, per_unit=self.per_unit * factor**2, **wider)


Noise = dict[tuple[str, str], Repeatability]  # (finding, metric) ->


@dataclass(frozen=True)
class NoiseTable:
    """What null pairs say of weights: how far every metric strays, and how the errors of two findings go together."""

    stated: Mapping[tuple[str, str], Mapping[float, Noise]]  # (tone class, one of CAMERAS) -> px/mm of the photos ->
    correlation: Mapping[tuple[str, str], float] = field(default_factory=dict)  # of errors of log ratios
    source: str = ""  # who was photographed, and the command

    def of(self, tone: str, camera: str, px_per_mm: float) -> Noise:
        """What was measured at the nearest resolution (as a ratio); empty where nothing was.

        What is not stated of an unknown camera is that of another one.
        """
        found: Noise = {}
        for kind in ("other_camera", camera) if camera == "unknown_camera" else (camera,):
            if stated := self.stated.get((tone, kind)):
                found = found | stated[min(stated, key=lambda level: abs(math.log(level / px_per_mm)))]
        return found
