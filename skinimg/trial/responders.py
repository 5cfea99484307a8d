"""Who responded: shares of people, compared within pairs (McNemar 1947, exact) or between groups (Fisher 1935)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Flags = npt.NDArray[np.bool_]


def paired(first: Flags, second: Flags) -> float:
    """Exact two-sided p of McNemar; (n,) each, of the same people. NaN without people.

    Where no pair differs there is no sign of a difference: 1.
    """
    if not len(first):
        return float("nan")
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    unlike = only_first + only_second
    return float(stats.binomtest(only_first, unlike, 0.5).pvalue) if unlike else 1.0


def unpaired(first: Flags, second: Flags) -> float:
    """Fisher's exact two-sided p of two groups of people; NaN where a group is empty."""
    if not len(first) or not len(second):
        return float("nan")
    table = [[int(group.sum()), int((~group).sum())] for group in (first, second)]
    return float(stats.fisher_exact(table)[1])
