"""How well graders agree: weighted kappa (Cohen 1968) and ICC(2,1) with its interval (Shrout and Fleiss 1979)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from skinimg.repeatability.agreement import agreement

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RaterFigure:
    """A figure with its 95 % interval; NaN where the grades have no spread."""

    value: float
    low: float
    high: float


def kappa(first: Values, second: Values, weights: str = "quadratic") -> RaterFigure:
    """Kappa of two graders, (n,) each; every grade between the lowest and the highest given whole one counts as a class.

    weights : `none`, `linear` or `quadratic`
    """
    low, high = int(min(first.min(), second.min())), int(max(first.max(), second.max()))
    edges = np.arange(low, high + 2) - 0.5
    table = np.histogram2d(first, second, bins=(edges, edges))[0]
    return kappa_of_table(table, weights)


def kappa_of_table(table: Values, weights: str = "quadratic") -> RaterFigure:
    """The same from an (m, m) table of counts."""
    if len(table) < 2:
        return RaterFigure(np.nan, np.nan, np.nan)
    kind = {"none": None, "linear": "linear", "quadratic": "quadratic"}[weights]
    found = cohens_kappa(table, wt=kind)
    return RaterFigure(float(found.kappa), float(found.kappa_low), float(found.kappa_upp))


def icc(values: Values, alpha: float = 0.05) -> RaterFigure:
    """ICC(2,1) of (n, k) grades of n targets by k graders, with the interval of Shrout and Fleiss 1979."""
    n, k = values.shape
    rows = k * values.mean(axis=1).var(ddof=1)
    columns = n * values.mean(axis=0).var(ddof=1)
    total = ((values - values.mean()) ** 2).sum()
    rest = (total - (n - 1) * rows - (k - 1) * columns) / ((n - 1) * (k - 1))
    value = agreement(values, ratio_scale=False, load=False).icc_2_1
    if not rest > 0 or not rows > 0:
        return RaterFigure(value, np.nan, np.nan)
    f_columns = columns / rest
    top = (k - 1) * (n - 1) * (k * value * f_columns + n * (1 + (k - 1) * value) - k * value) ** 2
    bottom = (n - 1) * k**2 * value**2 * f_columns**2 + (n * (1 + (k - 1) * value) - k * value) ** 2
    degrees = top / bottom
    upper_f = stats.f.ppf(1 - alpha / 2, n - 1, degrees)
    lower_f = stats.f.ppf(1 - alpha / 2, degrees, n - 1)
    spread = k * columns + (k * n - k - n) * rest
    low = n * (rows - upper_f * rest) / (upper_f * spread + n * rows)
    high = n * (lower_f * rows - rest) / (spread + n * lower_f * rows)
    return RaterFigure(value, float(low), float(high))
