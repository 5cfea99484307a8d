"""How well repeated measurements of the same thing agree: ICC, standard error, smallest detectable change.

All follow from one two-way analysis of variance of an (n, k) table: n targets, k shots of each (docs/CONSTANTS.md 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skinimg.base.noise import Z95

Values = npt.NDArray[np.float64]

_RESAMPLES = 1000
_FEWEST_TO_RESAMPLE = 3  # two people have three resamples that differ, two of them of one person alone


@dataclass(frozen=True)
class Agreement:
    """Agreement of k shots of n targets; NaN where a figure does not exist (no spread, a zero mean, a log of 0).

    icc_2_1 : absolute agreement of single shots, shots as a random sample (Shrout and Fleiss 1979, case 2)
    icc_3_1 : consistency of single shots, without what shot 1, 2, ... of all targets have in common (case 3)
    sem_agreement, sem_consistency : standard error of measurement with and without that common part (Weir 2005)
    cv_percent : within-target coefficient of variation, root mean square over the targets (Bland 2006)
    mdc95 : smallest detectable change between two single shots, 1.96 sqrt(2) sem_agreement
    mdc95_percent : the same for a load, from the logarithms: 100 (exp(1.96 sqrt(2) SEM of ln) - 1)
    bias, loa_low, loa_high : mean and 95 % limits of second minus first shot (Bland and Altman 1986)
    """

    n: int
    k: int
    mean: float
    icc_2_1: float
    icc_3_1: float
    sem_agreement: float
    sem_consistency: float
    cv_percent: float
    mdc95: float
    mdc95_percent: float
    bias: float
    loa_low: float
    loa_high: float


def agreement(values: Values, *, ratio_scale: bool, load: bool) -> Agreement:
    """Agreement of repeated measurements.

    Parameters
    ----------
    values : (n, k) finite, n >= 2 targets, k >= 2 shots
    ratio_scale : zero means none, so that a coefficient of variation means something
    load : how much of something there is; its noise grows with it, so logarithms are judged as well. Targets without
        any of it in some shot have no logarithm and are left out of `mdc95_percent` only.
    """
    n, k = values.shape
    if n < 2 or k < 2:
        raise ValueError(f"needs at least 2 targets with 2 shots each, not {n} with {k}")
    rows, columns, rest = _mean_squares(values)
    sem = _sem_agreement(values)
    positive = values[(values > 0).all(axis=1)]
    sem_log = _sem_agreement(np.log(positive)) if load and len(positive) >= 2 else np.nan
    difference = values[:, 1] - values[:, 0]
    bias, spread = float(difference.mean()), Z95 * float(difference.std(ddof=1))
    return Agreement(
        n,
        k,
        float(values.mean()),
        _ratio(rows - rest, rows + (k - 1) * rest + k * (columns - rest) / n),
        _ratio(rows - rest, rows + (k - 1) * rest),
        sem,
        float(np.sqrt(rest)),
        _within_cv_percent(values) if ratio_scale else np.nan,
        Z95 * float(np.sqrt(2)) * sem,
        100 * float(np.expm1(Z95 * np.sqrt(2) * sem_log)),
        bias,
        bias - spread,
        bias + spread,
    )


def intervals(values: Values, person: npt.NDArray[np.int64], seed: int = 0) -> dict[str, tuple[float, float]]:
    """95 % intervals of `icc_2_1`, `icc_3_1` and `sem_agreement`: percentiles over resamples of people.

    Sessions of one person are alike, so people are drawn, with all of their sessions; NaN with fewer than three people.

    values : (n, k) as of `agreement`; person : (n,) number of the person of each target, from 0
    """
    people = int(person.max()) + 1
    names = ("icc_2_1", "icc_3_1", "sem_agreement")
    if people < _FEWEST_TO_RESAMPLE:
        return dict.fromkeys(names, (np.nan, np.nan))
    drawn = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), size=_RESAMPLES)
    rows, columns, rest, n = _weighted_mean_squares(values, drawn[:, person].astype(np.float64))
    k = values.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = (
            (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n),
            (rows - rest) / (rows + (k - 1) * rest),
            np.sqrt(np.maximum((columns - rest) / n, 0) + rest),
        )
    return {name: _middle_95(figure) for name, figure in zip(names, figures, strict=True)}


def _middle_95(figure: Values) -> tuple[float, float]:
    known = figure[np.isfinite(figure)]  # a resample of one person alone has no spread between people
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def _weighted_mean_squares(values: Values, weight: Values) -> tuple[Values, Values, Values, Values]:
    """`_mean_squares` of every resample, each (resamples,), and its number of targets; weight : (resamples, n)."""
    k = values.shape[1]
    row, n = values.mean(axis=1), weight.sum(axis=1)
    grand = weight @ row / n
    column = weight @ values / n[:, None] - grand[:, None]  # (resamples, k) about the grand mean
    between_shots = (column**2).sum(axis=1)
    between_targets = weight @ row**2 - n * grand**2
    within = weight @ ((values - row[:, None]) ** 2).sum(axis=1) - n * between_shots
    degrees = np.maximum(n - 1, 1e-9)
    return (
        k * between_targets / degrees,
        n * between_shots / (k - 1),
        np.maximum(within, 0) / (degrees * (k - 1)),
        n,
    )


def _mean_squares(values: Values) -> tuple[float, float, float]:
    """Mean squares of targets (rows), shots (columns) and the rest."""
    n, k = values.shape
    row, column = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    grand = values.mean()
    rest = ((values - row - column + grand) ** 2).sum() / ((n - 1) * (k - 1))
    return (
        float(k * ((row - grand) ** 2).sum() / (n - 1)),
        float(n * ((column - grand) ** 2).sum() / (k - 1)),
        float(rest),
    )


def _sem_agreement(values: Values) -> float:
    """sqrt of the variance between shots plus the rest; a negative estimate of the former counts as none."""
    _, columns, rest = _mean_squares(values)
    return float(np.sqrt(max((columns - rest) / len(values), 0.0) + rest))


def _within_cv_percent(values: Values) -> float:
    mean = values.mean(axis=1)
    known = mean > 0
    cv = values[known].std(axis=1, ddof=1) / mean[known]
    return 100 * float(np.sqrt((cv**2).mean())) if known.any() else np.nan


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else np.nan
