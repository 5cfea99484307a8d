"""Many comparisons: which one of a finding is a test of its own, and what the others must show to be believed.

A follow-up has some four hundred rows; at 5 % each, twenty of them would change without any treatment. So one metric
per finding over the whole view is confirmatory (`headline`), and all others together (`exploratory`) are held to a false
discovery rate of 5 %: of those called improved or worsened, at most one in twenty is expected to be noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from skinimg.base.findings import HEADLINE
from skinimg.base.reasons import why
from skinimg.base.results import Change
from skinimg.compare.ratio import standard_error

CALLED = ("improved", "worsened")
_RATE = 0.05


def with_roles(changes: Sequence[Change], whole: str) -> list[Change]:
    """The changes of one follow-up with their roles; exploratory verdicts that could be chance are taken back.

    whole : the region that holds everything (`face` or `patch`)

    Benjamini and Hochberg 1995, which also holds for rows that stray together (Benjamini and Yekutieli 2001).
    """
    named = [replace(c, role=_role(c, whole)) for c in changes]
    tested = [k for k, c in enumerate(named) if c.role == "exploratory" and np.isfinite(c.mdc95) and _judged(c)]
    if not tested:
        return named
    chance = false_discovery_rates(np.array([_p_value(named[k]) for k in tested]))
    for k, rate in zip(tested, chance, strict=True):
        if named[k].verdict in CALLED and rate > _RATE:
            reason = why("may_be_chance", rows=len(tested), percent=100 * float(rate))
            named[k] = replace(named[k], verdict="unchanged", reason=reason)
    return named


def false_discovery_rates(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n,) the least rate at which each of n tests is called, by Benjamini and Hochberg.

    What `scipy.stats.false_discovery_control` answers, whose import costs every run 0.3 CPU s.
    """
    count = len(p_values)
    order = np.argsort(p_values)
    rates = np.empty(count)
    rates[order] = np.minimum.accumulate((p_values[order] * (count / np.arange(1, count + 1)))[::-1])[::-1]
    return rates.clip(0, 1)


def _role(c: Change, whole: str) -> str:
    return "headline" if c.region == whole and HEADLINE.get(c.finding) == c.metric else "exploratory"


def _judged(c: Change) -> bool:
    return c.verdict in (*CALLED, "unchanged")


def _p_value(c: Change) -> float:
    """Of no change, two-sided."""
    return float(2 * ndtr(-abs(c.change) / standard_error(c)))
