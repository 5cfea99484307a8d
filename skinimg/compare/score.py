"""How well a treatment worked: one number per finding, one overall, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skinimg.base.records import Change

# The metric that stands for its finding. Burden is insensitive to threshold and blur (SCIENCE.md 3); pores have none in
# the contract, so their soft area stands in.
HEADLINE: dict[str, str] = {
    "spots": "burden",
    "redness": "burden",
    "pores": "area",
    "scars": "burden",
    "wrinkles": "burden",
}

_CLEARED = 100.0  # per cent: nothing is left

# Bands of the Global Aesthetic Improvement Scale (GAIS) as commonly anchored in per cent; a photograph can only suggest
# a grade, so every one is marked as an estimate.
_GRADES = (
    (75.0, "very much improved (estimate)"),
    (50.0, "much improved (estimate)"),
    (0.0, "improved (estimate)"),
)


@dataclass(frozen=True)
class Score:
    """One row of scores.csv without its keys; NaN where there is no answer."""

    finding: str
    improvement_percent: float
    ci_low: float
    ci_high: float
    verdict: str
    grade: str


def scores(changes: Sequence[Change], whole: str) -> list[Score]:
    """Improvement of each finding over the whole view, and `overall`.

    whole : the region that holds everything (`face` or `patch`)
    """
    headline = [c for c in changes if c.region == whole and HEADLINE.get(c.finding) == c.metric]
    single = [_score(c) for c in headline]
    return [*single, efficacy(single)]


def _score(c: Change) -> Score:
    if c.verdict == "not_assessable" or not c.baseline > 0:
        return Score(c.finding, np.nan, np.nan, np.nan, "not_assessable", "")
    percent = [-100 * v / c.baseline for v in (c.change, c.ci_high, c.ci_low)]
    return Score(c.finding, percent[0], percent[1], percent[2], c.verdict, grade(percent[0], c.verdict))


def efficacy(single: Sequence[Score]) -> Score:
    """The overall efficacy index: the plain mean of the improvements that can tell something.

    A finding of which there is so little at the baseline that even its complete clearance would be within the noise
    tells nothing, unless it changed for certain; where all are like that, all count. Equal weights, because any other
    would be an opinion about what a patient minds most; not weighted by precision, because the steadiest finding would
    then speak for all. No finding counts for more than 100 points either way: ten new spots on a face that had one are
    no reason to forget the rest. The interval treats the findings as independent.
    """
    known = [s for s in single if s.verdict != "not_assessable"]
    if not known:
        return Score("overall", np.nan, np.nan, np.nan, "not_assessable", "")
    telling = [s for s in known if s.verdict != "unchanged" or s.ci_high - s.ci_low < 2 * _CLEARED] or known
    rows = np.array([(s.improvement_percent, s.ci_low, s.ci_high) for s in telling]).clip(-_CLEARED, _CLEARED)  # (n, 3)
    mean = float(rows[:, 0].mean())
    half = float(np.sqrt((((rows[:, 2] - rows[:, 1]) / 2) ** 2).sum())) / len(rows)
    verdict = "unchanged" if abs(mean) <= half else "improved" if mean > 0 else "worsened"
    return Score("overall", mean, mean - half, mean + half, verdict, grade(mean, verdict))


def grade(improvement_percent: float, verdict: str) -> str:
    """A GAIS-like suggestion, always marked as an estimate; nothing within the noise is called a change."""
    if verdict == "unchanged":
        return "no change (estimate)"
    if verdict == "worsened":
        return "worse (estimate)"
    if verdict != "improved":
        return ""
    return next(name for least, name in _GRADES if improvement_percent >= least)
