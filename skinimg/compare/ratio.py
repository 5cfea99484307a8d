"""A change as a ratio: both sessions are uncertain, the baseline too, so per cent have an interval of their own.

The variances of both sessions follow from a change alone: half of the variance of a null change is the baseline's,
v_b = (mdc95 / 1.96)^2 / 2, and the rest of the variance of the change is the follow-up's, v_f = se^2 - v_b. Where all noise
goes with the value, v_f / v_b is then the square of follow_up / baseline, and where none does, 1, as it should be.
"""

from __future__ import annotations

import math

from skinimg.base.results import Change

Z95 = 1.959964


def standard_error(c: Change) -> float:
    """Of the change, in its unit: 95 % intervals and mdc95 are 1.96 of it; the larger of both."""
    return max((c.ci_high - c.ci_low) / 2, c.mdc95) / Z95


def variances(c: Change) -> tuple[float, float]:
    """Of the baseline's and of the follow-up's value."""
    baseline = (c.mdc95 / Z95) ** 2 / 2
    change = ((c.ci_high - c.ci_low) / 2 / Z95) ** 2
    # A follow-up is never known better than by a tenth of the baseline's variance: no photo is free of noise.
    return baseline, max(change - baseline, 0.1 * baseline)


def percent_interval(c: Change) -> tuple[float, float]:
    """95 % interval of the change in per cent of the baseline (Fieller 1954).

    It holds the ratios r for which follow_up - r baseline is within 1.96 of its standard error. NaN where the baseline
    is within its own noise: then no ratio can be excluded.
    """
    if not math.isfinite(c.mdc95) or c.too_little:
        return math.nan, math.nan
    b, f = c.baseline, c.follow_up
    v_b, v_f = variances(c)
    known = b * b - Z95**2 * v_b  # > 0, as the baseline is beyond its noise
    within = b * b * f * f - known * (f * f - Z95**2 * v_f)
    if within < 0:  # cannot be, as v_f >= 0; rounding
        within = 0.0
    low, high = (100 * ((b * f + sign * math.sqrt(within)) / known - 1) for sign in (-1, 1))
    return low, high


def log_ratio(c: Change) -> tuple[float, float]:
    """ln(follow_up / baseline) and its standard error, by the delta method.

    What has fallen below what can be detected counts as being at that limit: nobody can tell how far below it is.
    """
    v_b, v_f = variances(c)
    follow_up = max(c.follow_up, Z95 * math.sqrt(v_f))
    return math.log(follow_up / c.baseline), math.sqrt(v_f / follow_up**2 + v_b / c.baseline**2)
