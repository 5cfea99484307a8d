"""What is measured: each metric one function of additive totals over a piece of skin.

Totals are sums over skin pixels, a = area of the pixel in mm2, p = probability of the finding, c = its contrast there:

    skin_mm2     sum of a                        length_mm    length of the skeletons of lines
    area_mm2     sum of p a                      count        number of separate things: counts.py
    od_mm2       sum of p a c                    objects      pieces above one half; diameter_mm of them
    support_od_mm2   sum of s a c: s = p in a single photo; in a comparison, common_skin.py
    compared_mm2     in a comparison, of pores: support_od_mm2 over their mean contrast in all of its photos
    count_to_2_mm, count_to_4_mm, count_above_4_mm            the count by size, see clinical_scores.py
    above_od_mm2, extent_mm2   sum of a x density above plain skin, of a where that exceeds a level: above_reference.py
    <map>_mm2    sum of a x map                  (tone and texture: lightness, a_star, ...: field_maps.py)

Because totals add up, a region is the sum of its tiles, a bootstrap is a reweighting of tiles, and truth (phantom
coverage) and prediction (probability) go through the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from skinimg.base.findings import FINDINGS, MASK_FINDINGS, PAIRED_FINDINGS

Values = npt.NDArray[np.float64]
Totals = Mapping[str, Values]


@dataclass(frozen=True)
class Metric:
    """One metric and what must be known to use it.

    better : which direction is an improvement; `none` = a change has no direction of its own
    needs_mm : its unit contains millimetres, so a photo without a scale cannot have it
    needs_absolute_colour : means nothing without a colour card or a common background (docs/ARCHITECTURE.md)
    empty : what the metric is when the finding covers nothing: 0 (loads) or missing (properties of what is not there)
    """

    id: str
    title: str
    unit: str
    better: Literal["lower", "higher", "none"]
    findings: tuple[str, ...]
    source: str
    needs_mm: bool
    needs_absolute_colour: bool
    empty: Literal["zero", "missing"]
    compute: Callable[[Totals], Values]

    @property
    def load(self) -> bool:
        """Whether it is how much there is of a finding: its noise grows with it, so it is judged on a log scale."""
        return self.empty == "zero" and not set(self.findings) - set(MASK_FINDINGS)


METRICS: dict[str, Metric] = {}


def metric(
    title: str,
    *,
    unit: str,
    findings: tuple[str, ...],
    source: str,
    better: Literal["lower", "higher", "none"] = "lower",
    needs_absolute_colour: bool = False,
    empty: Literal["zero", "missing"] = "zero",
) -> Callable[[Callable[[Totals], Values]], Callable[[Totals], Values]]:
    """Enter a function into METRICS under its own name."""

    def register(compute: Callable[[Totals], Values]) -> Callable[[Totals], Values]:
        name = compute.__name__
        needs_mm = "mm" in unit or "cm" in unit
        METRICS[name] = Metric(
            name, title, unit, better, findings, source, needs_mm, needs_absolute_colour, empty, compute
        )
        return compute

    return register


def metrics_of(finding: str) -> tuple[Metric, ...]:
    """Metrics of a finding, in the order of this file."""
    return tuple(m for m in METRICS.values() if finding in m.findings)


def metric_keys() -> list[tuple[str, str]]:
    """Every (finding, metric) of the contract."""
    return [(finding, m.id) for finding in FINDINGS for m in metrics_of(finding)]


def _ratio(top: Values, bottom: Values) -> Values:
    """top / bottom, NaN where there is nothing to divide by."""
    return np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom > 0)


@metric("number", unit="1", findings=("spots", "pores", "scars"), source="pieces, mean over seven levels (counts.py)")
def count(t: Totals) -> Values:
    """Number of separate things whose centre lies in the region: the mean over levels, so no whole number."""
    return t["count"]


@metric("density", unit="1/cm2", findings=("pores",), source="count per skin area (Korean VISIA-CR study 2018)")
def density(t: Totals) -> Values:
    """Objects per cm2 of skin. Confounder: focus; pores below 0.2 mm come and go with sharpness."""
    return 100.0 * _ratio(t["count"], t["skin_mm2"])


@metric(
    "area",
    unit="mm2",
    findings=("spots", "redness", "pores", "scars", "wrinkles"),
    source="soft area: sum of probability x pixel area, 0.99 to 1.00 of truth down to 0.15 mm (docs/CONSTANTS.md 8)",
)
def area(t: Totals) -> Values:
    """Area of the finding; of pores in a comparison, at one contrast for all photos, since a pore is as wide as its blur.

    Confounder: scale; the iris is 11.7 mm with a spread of 4 % between people.
    """
    return t.get("compared_mm2", t["area_mm2"])


@metric("area fraction", unit="%", findings=("spots", "redness", "scars"), source="soft area over visible skin")
def area_fraction(t: Totals) -> Values:
    """Share of the visible skin that the finding covers."""
    return 100.0 * _ratio(t["area_mm2"], t["skin_mm2"])


@metric("mean diameter", unit="mm", findings=("pores",), source="of the circle of the same soft area", empty="missing")
def mean_diameter(t: Totals) -> Values:
    """Mean equivalent diameter of the objects. Confounder: focus and sharpening."""
    return _ratio(t["diameter_mm"], t["objects"])


@metric("length", unit="mm", findings=("wrinkles",), source="length of the skeleton (docs/CONSTANTS.md 3)")
def length(t: Totals) -> Values:
    """Length of all lines. Confounders: expression and the direction of the light."""
    return t["length_mm"]


@metric("mean width", unit="mm", findings=("wrinkles",), source="area over length", empty="missing")
def mean_width(t: Totals) -> Values:
    """Mean width of the lines."""
    return _ratio(t["area_mm2"], t["length_mm"])


@metric(
    "contrast",
    unit="OD",
    findings=("spots", "redness", "pores", "scars", "wrinkles"),
    source="lesion minus surrounding skin in natural-log density, green channel (docs/CONSTANTS.md 2)",
    empty="missing",
)
def contrast(t: Totals) -> Values:
    """Mean contrast against the surrounding skin. Survives exposure and white balance; shine lowers it."""
    return _ratio(t["od_mm2"], t["area_mm2"])


@metric(
    "burden",
    unit="mm2 OD",
    findings=("spots", "redness", "scars", "wrinkles"),
    source="integrated density, insensitive to threshold and blur (docs/CONSTANTS.md 3)",
)
def burden(t: Totals) -> Values:
    """Sum of area x contrast: how much of it there is, large and pale or small and dark alike.

    Photos that are compared are summed over the same skin, wherever one of them shows the finding: what fades below
    what can be found is still measured where it was, and a mask that comes out wider in one photo is so in both.
    """
    return t["support_od_mm2"]


@metric(
    "individual typology angle",
    unit="deg",
    better="none",
    findings=("tone",),
    needs_absolute_colour=True,
    source="Chardon 1991: atan2(L* - 50, b*) of the mean L*, b* (D65, 2 degrees)",
)
def ita(t: Totals) -> Values:
    """Lightness against yellowness of the region's mean colour; higher is lighter."""
    lightness, b = _ratio(t["l_star_mm2"], t["skin_mm2"]), _ratio(t["b_star_mm2"], t["skin_mm2"])
    return np.degrees(np.arctan2(lightness - 50.0, b))


@metric("L*", unit="1", better="none", findings=("tone",), needs_absolute_colour=True, source="CIE 15, D65, 2 degrees")
def l_star(t: Totals) -> Values:
    """Mean CIE lightness."""
    return _ratio(t["l_star_mm2"], t["skin_mm2"])


@metric("a*", unit="1", better="none", findings=("tone",), needs_absolute_colour=True, source="CIE 15, D65, 2 degrees")
def a_star(t: Totals) -> Values:
    """Mean CIE a*; not a blood scale in brown and dark skin (docs/CONSTANTS.md 1.6)."""
    return _ratio(t["a_star_mm2"], t["skin_mm2"])


@metric("b*", unit="1", better="none", findings=("tone",), needs_absolute_colour=True, source="CIE 15, D65, 2 degrees")
def b_star(t: Totals) -> Values:
    """Mean CIE b*."""
    return _ratio(t["b_star_mm2"], t["skin_mm2"])


@metric(
    "melanin",
    unit="OD",
    better="none",
    findings=("tone",),
    needs_absolute_colour=True,
    source="two-layer optical model, green density (docs/CONSTANTS.md 1, 2)",
)
def melanin(t: Totals) -> Values:
    """Mean melanin density."""
    return _ratio(t["melanin_mm2"], t["skin_mm2"])


@metric(
    "haemoglobin",
    unit="OD",
    better="none",
    findings=("tone",),
    needs_absolute_colour=True,
    source="two-layer optical model, green density (docs/CONSTANTS.md 1, 2)",
)
def haemoglobin(t: Totals) -> Values:
    """Mean haemoglobin density."""
    return _ratio(t["haemoglobin_mm2"], t["skin_mm2"])


@metric(
    "unevenness",
    unit="OD",
    findings=("tone",),
    source="spread of melanin density between 0.5 and 10 mm (Kikuchi, Matts 2007; docs/CONSTANTS.md 3)",
)
def evenness(t: Totals) -> Values:
    """Spread of the melanin map: 1.2533 x mean absolute deviation, the SD of a bell curve; 0 = perfectly even.

    Deviation from docs/CONSTANTS.md 3: the mean absolute deviation instead of the median one, because it adds up over tiles.
    """
    return 1.2533 * _ratio(t["uneven_mm2"], t["skin_mm2"])


@metric(
    "radiance (proxy)",
    unit="%",
    better="none",
    findings=("tone",),
    source="share of skin lit 0.1 OD above its surroundings within 8 mm; Matsubara 2012 needs polarised pairs",
)
def radiance(t: Totals) -> Values:
    """Share of skin with a soft highlight. A proxy: oil raises it as well as health does."""
    return 100.0 * _ratio(t["highlight_mm2"], t["skin_mm2"])


@metric("load", unit="mm2 OD", findings=PAIRED_FINDINGS, source="pigment above plain skin (docs/METHODS.md 6)")
def load(t: Totals) -> Values:
    """Density above plain skin, summed over the region. Confounder: light of two colours."""
    return t["above_od_mm2"]


@metric("mean", unit="OD", findings=PAIRED_FINDINGS, source="load per area of the region (docs/METHODS.md 6)")
def mean(t: Totals) -> Values:
    """Mean density above the person's plainest skin over the region."""
    return _ratio(t["above_od_mm2"], t["skin_mm2"])


@metric("extent", unit="%", findings=PAIRED_FINDINGS, source="share above 0.05 OD of blood, 0.12 OD of melanin")
def extent(t: Totals) -> Values:
    """Share of the region that exceeds the plainest skin by a stated level: measure/above_reference.py."""
    return 100.0 * _ratio(t["extent_mm2"], t["skin_mm2"])


def _roughness(band: str) -> Callable[[Totals], Values]:
    def compute(t: Totals) -> Values:
        return 100.0 * np.sqrt(_ratio(t[f"{band}_mm2"], t["skin_mm2"]))

    compute.__name__ = band
    compute.__doc__ = "RMS of brightness (red) in the band, per cent. Confounders: direction of the light, dark spots."
    return compute


ROUGHNESS_BANDS_MM: dict[str, tuple[float, float]] = {
    "roughness_0.2_0.5": (0.2, 0.5),
    "roughness_0.5_2": (0.5, 2.0),
    "roughness_2_5": (2.0, 5.0),
}
for _name, (_low, _high) in ROUGHNESS_BANDS_MM.items():
    metric(
        f"roughness {_low:g} to {_high:g} mm",
        unit="%",
        findings=("texture",),
        source="RMS of band-passed density in red, where pigments weigh least (docs/CONSTANTS.md 3, roughness proxy)",
    )(_roughness(_name))
