"""Clinical scores as a photograph can estimate them: mMASI, CEA and ECCA, made continuous, with an interval.

A clinician's score is a judgement in whole grades; each function here puts measured areas and contrasts where the
published score has those grades, and interpolates between them. Every value is an estimate, never a rating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skinimg.base.noise import Repeatability
from skinimg.base.reasons import Reason, why
from skinimg.base.records import CellTotals
from skinimg.measure.above_reference import RED_OD
from skinimg.measure.cells import Totals, region_totals, resampled, resampled_tiles, totals_by_tile
from skinimg.measure.metrics import METRICS

Values = npt.NDArray[np.float64]
Regions = Mapping[str, Totals]  # region -> totals of one finding, see metrics.py

# Share of a region in %: the published grades 1 to 6 are below 10, 10-29, 30-49, 50-69, 70-89, 90-100.
_AREA_PERCENT, _AREA_GRADE = (0, 5, 10, 30, 50, 70, 90, 95), (0, 1, 1.5, 2.5, 3.5, 4.5, 5.5, 6)
_MMASI_WEIGHTS = {"forehead": 0.3, "right_cheek": 0.3, "left_cheek": 0.3, "chin": 0.1}
# Melanin 2.2 times that of the skin around it, the mean of solar lentigines (docs/CONSTANTS.md 4), in green density at
# phototype III; 1.3 times (the palest melasma there) is a quarter of it. Our choice: the published grades are words.
_DARKEST_OD = 0.48
# Grade 0 where blood is natural (RED_OD, 1.5 times that of plain skin), 4 where it is three times, all over, in even steps
# of green density at phototype III (docs/CONSTANTS.md 1.4 and 1.6). Our choice: the published grades are words.
_CEA_SEVERE_OD = 0.28 - RED_OD
# Nine untouched people photographed twice by benchmarks/camera.py: the estimate differed by 5 % (RMS).
_CEA_NOISE = (0.05, 0.0)
_CEA_REGIONS = ("left_cheek", "right_cheek", "nose", "chin")
# Published: none, fewer than 5, 5 to 20, more than 20, weighed 15, 20 and 25 for V-, U- and M-shaped scars.
_ECCA_COUNT, _ECCA_GRADE = (0, 2.5, 5, 12.5, 20, 27.5), (0, 1, 1.5, 2, 2.5, 3)
_ECCA_WEIGHTS = {"count_to_2_mm": 15.0, "count_to_4_mm": 20.0, "count_above_4_mm": 25.0}


@dataclass(frozen=True)
class Index:
    """One clinical score. `amount` : the metric that says how much there is."""

    id: str
    finding: str
    regions: tuple[str, ...]
    compute: Callable[[Regions], Values]
    amount: str
    # SD of the logarithm of amount and of strength between photos, where the weights have no part in them
    noise: tuple[float, float] | None = None

    @property
    def note(self) -> Reason:
        """What the estimate leaves out."""
        return why(f"estimate_{self.id}")


@dataclass(frozen=True)
class Estimate:
    """One row of indices.csv without its keys; NaN with the reason in `note` where there is no answer."""

    index: str
    value: float
    ci_low: float
    ci_high: float
    unit: str
    note: tuple[Reason, ...]


def mmasi_like(spots: Regions) -> Values:
    """sum over forehead 0.3, right and left malar 0.3, chin 0.1 of A x D, 0 to 24 (Pandya 2011).

    A : 0 to 6 by the share of the region that is darker; D : 0 to 4 by how much darker it is
    """
    total = np.zeros(())
    for region, weight in _MMASI_WEIGHTS.items():
        share = METRICS["area_fraction"].compute(spots[region])
        dark = np.nan_to_num(METRICS["contrast"].compute(spots[region]))  # nothing there: D = 0
        grade = 4 * np.clip(dark / _DARKEST_OD, 0, 1)
        total = total + weight * np.interp(share, _AREA_PERCENT, _AREA_GRADE) * grade
    return total


def cea_like(erythema: Regions) -> Values:
    """0 clear to 4 severe (Tan 2014): blood beyond natural redness, mean over cheeks, nose and chin."""
    red = sum(erythema[r]["red_od_mm2"] for r in _CEA_REGIONS) / sum(erythema[r]["skin_mm2"] for r in _CEA_REGIONS)
    return np.asarray(4 * np.clip(red / _CEA_SEVERE_OD, 0, 1))


def ecca_like(scars: Regions) -> Values:
    """Sum of weight x quantity over three kinds of atrophic scar, 0 to 180 (Dreno 2007).

    The kind is told by the diameter alone; elastolysis, hypertrophic scars and keloids (weights 30 to 50) are not seen.
    """
    grades = [w * np.interp(scars["face"][size], _ECCA_COUNT, _ECCA_GRADE) for size, w in _ECCA_WEIGHTS.items()]
    return np.asarray(sum(grades))


INDICES = (
    Index("mmasi_like", "spots", tuple(_MMASI_WEIGHTS), mmasi_like, "area_fraction"),
    Index("cea_like", "erythema", _CEA_REGIONS, cea_like, "load", _CEA_NOISE),
    Index("ecca_like", "scars", ("face",), ecca_like, "count"),
)


def estimates(
    shots: Sequence[CellTotals],
    regions: tuple[str, ...],
    missing: Mapping[tuple[str, str, str], Reason],
    card: Mapping[tuple[str, str], Repeatability],
    samples: int,
    seed: int,
) -> Iterator[Estimate]:
    """The indices of one session of a face, averaged over its shots.

    The interval holds what another photo of the same skin would give: tiles resampled, and areas, contrasts and counts
    scaled by the noise of the weights card, alike in all regions. It does not hold the distance to a clinician.

    missing : (region, finding, metric) -> why it cannot be measured
    """
    tiles = np.unique(np.concatenate([cells.tile for cells in shots]))
    weights = resampled_tiles(len(tiles), samples, seed)
    draws = np.random.default_rng(seed).standard_normal((2, samples)) / np.sqrt(len(shots))
    for index in INDICES:
        blank = Estimate(index.id, np.nan, np.nan, np.nan, "points", ())
        keys = [(region, index.finding, index.amount) for region in index.regions]
        if known := next((key for key in keys if key in missing), None):
            yield replace(blank, note=(why("in_region", region=known[0], reason=missing[known]),))
            continue
        place = {region: regions.index(region) for region in index.regions}
        of_shot = [{r: region_totals(c, bit, index.finding) for r, bit in place.items()} for c in shots]
        value = float(np.mean([index.compute(t) for t in of_shot]))
        noise = index.noise or _noise_of(index, card)
        if noise is None:
            yield replace(blank, value=value, note=(index.note, why("estimate_without_interval")))
            continue
        amount, strength = (np.exp(sd * draw) for sd, draw in zip(noise, draws, strict=True))
        drawn = [
            index.compute(
                {
                    r: _scaled(resampled(totals_by_tile(c, bit, index.finding, tiles), weights), amount, strength)
                    for r, bit in place.items()
                }
            )
            for c in shots
        ]
        several = np.mean(drawn, axis=0)
        low, high = np.percentile(several[np.isfinite(several)], (2.5, 97.5))  # a small region may not be drawn at all
        yield Estimate(index.id, value, min(float(low), value), max(float(high), value), blank.unit, (index.note,))


def _noise_of(index: Index, card: Mapping[tuple[str, str], Repeatability]) -> tuple[float, float] | None:
    """What the weights card states of amount and contrast, None where it does not."""
    stated = [card.get((index.finding, name)) for name in (index.amount, "contrast")]
    amount, strength = (n.relative if n else None for n in stated)
    return None if amount is None or strength is None else (amount, strength)


def _scaled(totals: Totals, amount: Values, strength: Values) -> Totals:
    """The totals that another photo might have given: more or less of it, darker or paler."""
    factors = {"od_mm2": amount * strength, "red_od_mm2": amount * strength, "area_mm2": amount} | dict.fromkeys(
        _ECCA_WEIGHTS, amount
    )
    return {name: values * factors.get(name, 1.0) for name, values in totals.items()}
