"""Clinical scores as a photograph can estimate them: mMASI, CEA and ECCA, made continuous, with an interval.

A clinician's score is a judgement in whole grades; each function here puts measured areas and contrasts where the
published score has those grades, and interpolates between them. Every value is an estimate, never a rating.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skinimg.cells import Totals, resampled, resampled_tiles, totals_by_tile
from skinimg.metrics import METRICS
from skinimg.records import CellTotals, Repeatability

Values = npt.NDArray[np.float64]
Regions = Mapping[str, Totals]  # region -> totals of one finding, see metrics.py

_Z95 = 1.96

# Share of a region, %, at the middle and the ends of the published classes 1 to 6 (< 10, 10-29, 30-49, 50-69, 70-89, 90-100).
_AREA_PERCENT, _AREA_GRADE = (0, 5, 10, 30, 50, 70, 90, 95), (0, 1, 1.5, 2.5, 3.5, 4.5, 5.5, 6)
_MMASI_WEIGHTS = {"forehead": 0.3, "right_cheek": 0.3, "left_cheek": 0.3, "chin": 0.1}
# Melanin 2.2 times that of the skin around it, the mean of solar lentigines (SCIENCE.md 4), in green density at phototype
# III; 1.3 times (the palest melasma drawn there) is a quarter of it. Our choice: the published grades 0 to 4 are words.
_DARKEST_OD = 0.48
# Blood 1, 1.25, 1.5 (what counts as redness), 2 and 3 times that of unaffected skin, in green density at phototype III
# (SCIENCE.md 1.4 and 1.6), for the grades clear to severe. Our choice: the published grades are words.
_CEA_OD = (0.0, 0.05, 0.09, 0.165, 0.28)
_CEA_REGIONS = ("left_cheek", "right_cheek", "nose", "chin")
# Published: none, fewer than 5, 5 to 20, more than 20, weighed 15, 20 and 25 for V-, U- and M-shaped scars.
_ECCA_COUNT, _ECCA_GRADE = (0, 2.5, 5, 12.5, 20, 27.5), (0, 1, 1.5, 2, 2.5, 3)
_ECCA_WEIGHTS = (15.0, 20.0, 25.0)
_ECCA_DIAMETERS_MM = (2.0, 4.0)  # icepick below 2, boxcar to 4, rolling above (Jacob 2001; SCIENCE.md 4)


@dataclass(frozen=True)
class Index:
    """One clinical score and what its estimate leaves out."""

    id: str
    finding: str
    regions: tuple[str, ...]
    most: float
    compute: Callable[[Regions], Values]
    note: str


@dataclass(frozen=True)
class Estimate:
    """One row of indices.csv without its keys; NaN with the reason in `note` where there is no answer."""

    index: str
    value: float
    ci_low: float
    ci_high: float
    unit: str
    note: str


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


def cea_like(redness: Regions) -> Values:
    """0 clear to 4 severe (Tan 2014): mean excess blood over cheeks, nose and chin, where the grades' blood lies."""
    excess = sum(redness[r]["od_mm2"] for r in _CEA_REGIONS) / sum(redness[r]["skin_mm2"] for r in _CEA_REGIONS)
    return np.asarray(np.interp(excess, _CEA_OD, range(5)))


def ecca_like(scars: Regions) -> Values:
    """Sum of weight x quantity over three kinds of atrophic scar, 0 to 180 (Dreno 2007).

    The kind is told by the diameter alone; elastolysis, hypertrophic scars and keloids (weights 30 to 50) are not seen.
    """
    counts = [scars["face"][f"scars_{kind}"] for kind in range(len(_ECCA_WEIGHTS))]
    return np.asarray(sum(w * np.interp(n, _ECCA_COUNT, _ECCA_GRADE) for w, n in zip(_ECCA_WEIGHTS, counts, strict=True)))
