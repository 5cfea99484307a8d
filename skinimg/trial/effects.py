"""The effect of one endpoint at one visit: t and rank tests, intervals, Holm, tipping point.

Nothing is tested on fewer than three values, nor on values without any spread: both give NaN.
Sources: Student 1908, Wilcoxon 1945, Welch 1947, Mann and Whitney 1947, Holm 1979, Hartung and Knapp 2001,
Sidik and Jonkman 2002, Little 1994 (pattern mixture).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

Values = npt.NDArray[np.float64]
FEWEST = 3  # two differences have an interval of 12.7 standard errors, and an exact rank test that cannot reach 5 %
NAN = float("nan")


@dataclass(frozen=True)
class Effect:
    """A mean (or difference of means) with its interval and two p-values; NaN where the data cannot tell."""

    estimate: float = NAN
    low: float = NAN
    high: float = NAN
    p_t: float = NAN
    p_rank: float = NAN
    standard_error: float = NAN
    degrees: float = NAN


def one_sample(differences: Values, alpha: float = 0.05) -> Effect:
    """Paired differences, or changes in a single arm, against none: Student's t and Wilcoxon's signed ranks."""
    n = len(differences)
    mean = float(differences.mean()) if n else NAN
    if n < FEWEST or _constant(differences):
        return Effect(mean)
    error = float(differences.std(ddof=1) / np.sqrt(n))
    return _judged(mean, error, n - 1, alpha, _signed_ranks(differences))


def two_samples(first: Values, second: Values, alpha: float = 0.05) -> Effect:
    """Mean of the first minus the second: Welch's t and Mann and Whitney's U."""
    mean = float(first.mean() - second.mean()) if len(first) and len(second) else NAN
    if min(len(first), len(second)) < FEWEST or (_constant(first) and _constant(second)):
        return Effect(mean)
    a, b = first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)
    degrees = float((a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1)))
    p_rank = float(stats.mannwhitneyu(first, second, alternative="two-sided").pvalue)
    return _judged(mean, float(np.sqrt(a + b)), degrees, alpha, p_rank)


def weighed(values: Values, variance: Values, alpha: float = 0.05) -> Effect:
    """Mean of values whose noise is known, each weighed by 1 / (its noise + the spread between people).

    Spread by Paule and Mandel 1982, interval by Hartung, Knapp, Sidik and Jonkman.
    """
    if len(values) < FEWEST or _constant(values):
        return Effect(float(values.mean()) if len(values) else NAN)
    found = combine_effects(values, variance, method_re="iterated", use_t=True, alpha=alpha)
    error = float(found.sd_eff_w_re_hksj)
    return _judged(float(found.mean_effect_re), error, len(values) - 1, alpha, _signed_ranks(values))


def difference(first: Effect, second: Effect, alpha: float, p_rank: float) -> Effect:
    """First minus second of two independent means, Welch and Satterthwaite."""
    a, b = first.standard_error**2, second.standard_error**2
    if not np.isfinite(a + b):
        return Effect(first.estimate - second.estimate)
    degrees = (a + b) ** 2 / (a**2 / first.degrees + b**2 / second.degrees)
    return _judged(first.estimate - second.estimate, float(np.sqrt(a + b)), degrees, alpha, p_rank)


def _judged(mean: float, error: float, degrees: float, alpha: float, p_rank: float) -> Effect:
    half = float(stats.t.ppf(1 - alpha / 2, degrees)) * error
    p_t = float(2 * stats.t.sf(abs(mean) / error, degrees))
    return Effect(mean, mean - half, mean + half, p_t, p_rank, error, degrees)


def _constant(values: Values) -> bool:
    return bool(np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())))


def _signed_ranks(differences: Values) -> float:
    """Exact without ties and zeros up to 50 people; else normal with continuity correction, as R's wilcox.test does."""
    moved = differences[differences != 0]
    if not len(moved):
        return NAN
    sizes = np.abs(moved)
    exact = len(moved) == len(differences) < 50 and len(np.unique(sizes)) == len(sizes)
    method = "exact" if exact else "approx"
    return float(stats.wilcoxon(moved, correction=not exact, method=method).pvalue)


def holm(p: Values) -> Values:
    """Adjusted p-values of Holm 1979; NaN counts as a test that was declared and cannot be rejected."""
    known = np.where(np.isnan(p), 1.0, p)
    adjusted = np.asarray(multipletests(known, method="holm")[1], dtype=np.float64) if len(p) else known
    return np.where(np.isnan(p), np.nan, adjusted)


def tipping_point(estimate: float, half_width: float, missing_share: float) -> float:
    """By how much the missing people would have to differ from the others for the effect to lose its significance.

    Pattern mixture: the estimate moves by `missing_share` x delta, its interval keeps its width. NaN where nobody is
    missing or the interval holds zero already.
    """
    if missing_share <= 0 or not abs(estimate) > half_width:
        return NAN
    return float((np.sign(estimate) * half_width - estimate) / missing_share)
