"""A change as a ratio: both sessions are uncertain, the baseline too, so per cent have an interval of their own.

The variances of both sessions follow from a change alone: half of the variance of a null change is the baseline's,
v_b = (mdc95 / 1.96)^2 / 2, and the rest of the variance of the change is the follow-up's, v_f = se^2 - v_b. Where all noise
goes with the value, v_f / v_b is then the square of follow_up / baseline, and where none does, 1, as it should be. The
interval of a change may be wider on one side: then each end of the ratio has the variance of its own side.
"""

from __future__ import annotations

import math

from skinimg.base.noise import Z95
from skinimg.base.results import Change
from skinimg.measure.metrics import METRICS


def standard_error(c: Change) -> float:
    """Of the change towards 0, in its unit: a 95 % interval and mdc95 are 1.96 of it; the larger of both."""
    towards_zero = c.ci_high - c.change if c.change < 0 else c.change - c.ci_low
    return max(towards_zero, c.mdc95) / Z95


def _variances(c: Change, half: float) -> tuple[float, float]:
    """Of the baseline's and of the follow-up's value, where the interval of the change reaches so far to one side."""
    baseline = (c.mdc95 / Z95) ** 2 / 2
    # A follow-up is never known better than by a tenth of the baseline's variance: no photo is free of noise.
    return baseline, max((half / Z95) ** 2 - baseline, 0.1 * baseline)


def percent_interval(c: Change) -> tuple[float, float]:
    """95 % interval of the change in per cent of the baseline (Fieller 1954).

    It holds the ratios r for which follow_up - r baseline is within 1.96 of its standard error. NaN where the baseline
    is within its own noise: then no ratio can be excluded.
    """
    if not math.isfinite(c.mdc95) or c.too_little:
        return math.nan, math.nan
    b, f = c.baseline, c.follow_up

    def end(sign: int, half: float) -> float:
        v_b, v_f = _variances(c, half)
        known = b * b - Z95**2 * v_b  # > 0, as the baseline is beyond its noise
        within = max(b * b * f * f - known * (f * f - Z95**2 * v_f), 0.0)  # below 0 by rounding alone, as v_f >= 0
        return 100 * ((b * f + sign * math.sqrt(within)) / known - 1)

    low, high = end(-1, c.change - c.ci_low), end(1, c.ci_high - c.change)
    return max(low, -100.0) if METRICS[c.metric].load else low, high  # nothing can fall by more than all of it


def log_ratio(c: Change) -> tuple[float, float, float]:
    """ln(follow_up / baseline) and its standard errors downwards and upwards, by the delta method.

    What has fallen below what can be detected counts as being at that limit: nobody can tell how far below it is.
    """
    (v_b, v_down), (_, v_up) = (_variances(c, half) for half in (c.change - c.ci_low, c.ci_high - c.change))
    # A side that is wide because nobody knows how much of a change is measured is no noise of what is left.
    follow_up = max(c.follow_up, Z95 * math.sqrt(min(max(v_down, v_up), v_b)))
    own = (v / max(follow_up**2, Z95**2 * v) for v in (v_down, v_up))
    down, up = (math.sqrt(share + v_b / c.baseline**2) for share in own)
    return math.log(follow_up / c.baseline), down, up
