"""How well a treatment worked: one number per finding, one overall, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skinimg.base.findings import SCORED
from skinimg.base.noise import Z95
from skinimg.base.reasons import Reason, why
from skinimg.base.results import Change
from skinimg.compare.ratio import log_ratio, percent_interval

# What has no border covers the same skin as what has one: in `overall`, one of the two speaks for the pigment.
_SAME_SKIN = {"erythema": "redness", "hyperpigmentation": "spots"}

# Which finding an overall score may rest on without a declaration: there is enough at the baseline that a fall by half
# would be called. Decided before any follow-up is looked at: both numbers are the baseline's.
_TELLING = 0.5
# Correlation of the errors of two findings where null pairs have not told it: a photo that is too soft is so everywhere.
CORRELATION = 0.3

# Bands of the Global Aesthetic Improvement Scale (GAIS) as commonly anchored in per cent; a photograph can only suggest
# a grade, so every one is marked as an estimate.
_GRADES = (
    (75.0, "grade_very_much_improved"),
    (50.0, "grade_much_improved"),
    (0.0, "grade_improved"),
)


@dataclass(frozen=True)
class Score:
    """One row of scores.csv without its keys; NaN where there is no answer."""

    finding: str
    improvement_percent: float
    ci_low: float
    ci_high: float
    verdict: str
    grade: Reason | None


def scores(
    changes: Sequence[Change],
    targets: Sequence[str] = (),
    correlation: Mapping[tuple[str, str], float] | None = None,
) -> list[Score]:
    """Improvement of each finding over the whole view, and `overall`.

    targets : findings that the treatment is for; none declared: those of which the baseline shows enough
    correlation : (finding, finding) -> of the errors of their log ratios in null pairs
    """
    headline = [c for c in changes if c.role == "headline" and c.finding in SCORED]
    return [*(_score(c) for c in headline), efficacy(headline, targets, correlation or {})]


def _score(c: Change) -> Score:
    low, high = percent_interval(c)
    if c.verdict == "not_assessable" or not math.isfinite(low):  # too little at the baseline for a percentage
        return Score(c.finding, np.nan, np.nan, np.nan, c.verdict, None)
    return Score(c.finding, -c.percent, -high, -low, c.verdict, grade(-c.percent, c.verdict))


def efficacy(headline: Sequence[Change], targets: Sequence[str], correlation: Mapping[tuple[str, str], float]) -> Score:
    """The overall efficacy index: the geometric mean of what is left of each target; derivation in docs/METHODS.md.

    With R_i = follow_up / baseline of n targets, improvement = 1 - (R_1 ... R_n)^(1/n). On the log scale that is a plain
    mean, L = sum ln R_i / n, with variance sum_ij rho_ij s_i s_j / n^2: s_i of each pair's own error bar, rho_ij of null
    pairs. Equal weights, because any other would be an opinion about what a patient minds most. Which findings count is
    settled by the baseline, never by what happened to them; what cannot be measured in this session is left out.
    """
    counted = _counted_once([c for c in headline if counts(c, targets)])
    if not counted:
        return Score("overall", np.nan, np.nan, np.nan, "not_assessable", None)
    logs, *errors = (np.array(column) for column in zip(*(log_ratio(c) for c in counted), strict=True))
    together = np.array([[_between(a.finding, b.finding, correlation) for b in counted] for a in counted])
    mean = float(logs.mean())
    down, up = (Z95 * float(np.sqrt(side @ together @ side)) / len(counted) for side in errors)
    improvement, low, high = (100 * -math.expm1(x) for x in (mean, mean + up, mean - down))
    verdict = "unchanged" if low <= 0 <= high else "improved" if improvement > 0 else "worsened"
    return Score("overall", improvement, low, high, verdict, grade(improvement, verdict))


def counts(c: Change, targets: Sequence[str]) -> bool:
    """Whether a headline change is part of the overall score."""
    if c.verdict == "not_assessable" or not math.isfinite(c.mdc95) or c.too_little or not c.baseline > 0:
        return False
    return c.finding in targets if targets else c.mdc95 <= _TELLING * c.baseline


def _between(a: str, b: str, correlation: Mapping[tuple[str, str], float]) -> float:
    if a == b:
        return 1.0
    return correlation.get((a, b), correlation.get((b, a), CORRELATION))


def _counted_once(counted: Sequence[Change]) -> list[Change]:
    """Without the wide finding of a pigment whose marks count: they lie on the same skin, and marks are what fades."""
    present = {c.finding for c in counted}
    return [c for c in counted if _SAME_SKIN.get(c.finding) not in present]


def grade(improvement_percent: float, verdict: str) -> Reason | None:
    """A GAIS-like suggestion, always marked as an estimate; nothing within the noise is called a change."""
    if verdict == "unchanged":
        return why("grade_unchanged")
    if verdict == "worsened":
        return why("grade_worse")
    if verdict != "improved":
        return None
    return why(next(code for least, code in _GRADES if improvement_percent >= least))
