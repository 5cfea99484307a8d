"""Linear mixed models with a random subject, and a random side of the face within it, by restricted maximum likelihood.

Agrees with nlme on a published example and with MixedLM of statsmodels on drawn data (tests/trial/test_published.py). Where
people do not differ, the fit stays on the boundary without a warning; MixedLM warns there and stops a little inside (variance
0.05 of the residual's, standard error 0.333 for 0.337, on one of six draws of 20 pairs of noise).
Method: Lindstrom and Bates 1988, the
profiled restricted likelihood as a function of standard deviations relative to the residual's, as in lme4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.formula.api as smf
from scipy.optimize import minimize

Values = npt.NDArray[np.float64]
_MOST = 100.0  # residuals per SD of people: beyond, the residual is rounding


@dataclass(frozen=True)
class Fitted:
    """Coefficients with standard errors, and the variances of residual, subject and side."""

    values: pd.Series
    errors: pd.Series
    residual: float
    subject: float
    side: float


@dataclass(frozen=True)
class _Alike:
    """Subjects with the same pattern of sides. x : (m, n, p); y : (m, n); same_side : (n, n)."""

    x: Values
    y: Values
    same_side: Values


def fit(data: pd.DataFrame, formula: str, *, sides: bool = False) -> Fitted:
    """Fit `formula` with a random subject; `sides` adds a random arm within the subject.

    data : columns of the formula, `subject`, and `arm` where `sides`

    Raises
    ------
    numpy.linalg.LinAlgError
        The fixed effects cannot be told apart.
    """
    model = smf.ols(formula, data)
    names, x = list(model.exog_names), np.asarray(model.exog, dtype=np.float64)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise np.linalg.LinAlgError("fixed effects that cannot be told apart")
    groups = _grouped(x, np.asarray(model.endog, dtype=np.float64), data, sides=sides)
    bounds = [(0.0, _MOST)] * (2 if sides else 1)
    starts = [np.full(len(bounds), start) for start in (1.0, 0.1)]
    found = [minimize(_deviance, start, (groups,), method="L-BFGS-B", bounds=bounds) for start in starts]
    candidates = [f.x for f in found] + [np.zeros(len(bounds))]
    theta = min(candidates, key=lambda t: _deviance(t, groups))
    xvx, xvy, yvy, _, n = _sums(theta, groups)
    beta = np.linalg.solve(xvx, xvy)
    residual = float(yvy - beta @ xvy) / (n - len(beta))
    errors = np.sqrt(residual * np.diag(np.linalg.inv(xvx)))
    people, side = residual * float(theta[0]) ** 2, residual * float(theta[1]) ** 2 if sides else 0.0
    return Fitted(pd.Series(beta, names), pd.Series(errors, names), residual, people, side)


def _grouped(x: Values, y: Values, data: pd.DataFrame, *, sides: bool) -> list[_Alike]:
    """Subjects by their pattern, so that a thousand people are one array."""
    arm = pd.factorize(data["arm"])[0] if sides else np.zeros(len(data), dtype=np.int64)
    subject = pd.factorize(data["subject"])[0]
    order = np.lexsort((arm, subject))
    starts = np.flatnonzero(np.diff(subject[order], prepend=-1))
    patterns: dict[tuple[int, ...], list[npt.NDArray[np.int64]]] = {}
    for rows in np.split(order, starts[1:]):
        patterns.setdefault(tuple(arm[rows]), []).append(rows)
    return [
        _Alike(x[np.stack(rows)], y[np.stack(rows)], np.equal.outer(p, p).astype(np.float64))
        for p, rows in patterns.items()
    ]


def _sums(theta: Values, groups: list[_Alike]) -> tuple[Values, Values, float, float, int]:
    """X'V^-1 X, X'V^-1 y, y'V^-1 y, log|V| and rows; V in units of the residual variance."""
    p = groups[0].x.shape[2]
    xvx, xvy, yvy, log_det, n = np.zeros((p, p)), np.zeros(p), 0.0, 0.0, 0
    for g in groups:
        size = g.same_side.shape[0]
        v = np.eye(size) + theta[0] ** 2 + (theta[1] ** 2 * g.same_side if len(theta) > 1 else 0.0)
        inverse = np.linalg.inv(v)
        vx, vy = inverse @ g.x, g.y @ inverse  # (m, n, p), (m, n)
        xvx += np.einsum("mnp,mnq->pq", g.x, vx)
        xvy += np.einsum("mnp,mn->p", vx, g.y)
        yvy += float((vy * g.y).sum())
        log_det += len(g.y) * float(np.linalg.slogdet(v)[1])
        n += g.y.size
    return xvx, xvy, yvy, log_det, n


def _deviance(theta: Values, groups: list[_Alike]) -> float:
    """-2 log restricted likelihood, but for a constant, with the residual variance profiled out."""
    xvx, xvy, yvy, log_det, n = _sums(theta, groups)
    rest = max(float(yvy - xvy @ np.linalg.solve(xvx, xvy)), 1e-300)
    return log_det + float(np.linalg.slogdet(xvx)[1]) + (n - len(xvy)) * float(np.log(rest))
