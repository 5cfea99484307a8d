"""The mixed model, the primary analysis: change ~ arm x visit + baseline (+ side), random subject, REML.

Under missing at random it uses everybody who came at least once. Split-face visits add a random side within the
subject, because the sides of a face keep their own level from visit to visit; without it the error of a contrast at one
visit is too small. p-values take Student's t with the degrees of freedom of people (containment, as nlme does), as the
normal distribution calls too much with twenty people. Without two rows per person a random subject is not told from the
rest: the fixed effects are then those of the analysis of covariance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from skinimg.base.reasons import Reason, why
from skinimg.trial import reml

NAN = float("nan")


@dataclass(frozen=True)
class Fit:
    """A coefficient of a model; `why` says why there is none."""

    formula: str
    estimate: float = NAN
    low: float = NAN
    high: float = NAN
    p: float = NAN
    why: Reason | None = None


def contrast(rows: pd.DataFrame, visit: str, arms: tuple[str, ...], alpha: float = 0.05) -> Fit:
    """First arm minus second at `visit`, adjusted for baseline; of a single arm, the change at an average baseline.

    rows : subject, arm, side, visit, baseline, change; one row per subject, arm and visit, all finite
    """
    data = _coded(_compared(rows, visit, arms), visit, arms)
    term = "first" if len(arms) == 2 else "Intercept"
    formula = _formula(data, two=len(arms) == 2)
    people = int(data["subject"].nunique())
    paired = len(arms) == 2 and bool((data.groupby("subject")["arm"].nunique() > 1).any())
    degrees = people - 1 - ("level" in formula) - (0 if paired or len(arms) < 2 else 1)
    spread = float(data["change"].std())
    described = _described(formula, data, paired=paired)
    if degrees < 2 or not spread > 0 or (len(arms) == 2 and data["first"].nunique() < 2):
        return Fit(described, why=why("model_too_few"))
    sides = paired and data["visit"].nunique() > 1
    scaled = data.assign(change=data["change"] / spread)  # so that the optimiser's tolerances fit any unit
    try:
        found = reml.fit(scaled, formula, sides=bool(sides))
    except np.linalg.LinAlgError:
        return Fit(described, why=why("model_confounded"))
    value, se = float(found.values[term]) * spread, float(found.errors[term]) * spread
    if not se > 0:
        return Fit(described, why=why("model_no_error"))
    half = float(stats.t.ppf(1 - alpha / 2, degrees)) * se
    return Fit(described, value, value - half, value + half, float(2 * stats.t.sf(abs(value) / se, degrees)))


def _compared(rows: pd.DataFrame, visit: str, arms: tuple[str, ...]) -> pd.DataFrame:
    """Without visits of one arm alone, such as one that a single person came to: there no arms can be told apart."""
    came = rows.groupby("visit")["arm"].nunique()
    return rows[rows["visit"].isin({visit, *came.index[came == len(arms)]})] if len(arms) == 2 else rows


def _described(formula: str, data: pd.DataFrame, *, paired: bool) -> str:
    fixed = formula.replace("level", "baseline").replace("first", "arm").replace("right", "side")
    if not (data.groupby("subject").size() > 1).any():
        return fixed  # analysis of covariance
    sides = " + (1 | subject:arm)" if paired and data["visit"].nunique() > 1 else ""
    return f"{fixed} + (1 | subject){sides}"


def _coded(rows: pd.DataFrame, visit: str, arms: tuple[str, ...]) -> pd.DataFrame:
    """Coded so that the coefficient asked for is that at `visit` and at the average baseline."""
    here = rows.loc[rows["visit"] == visit, "baseline"]
    scale = float(rows["baseline"].std()) or 1.0
    return pd.DataFrame(
        {
            "subject": rows["subject"].astype(str),
            "arm": rows["arm"].astype(str),
            "first": (rows["arm"] == arms[0]).astype(float) if len(arms) == 2 else 1.0,
            "right": (rows["side"] == "right").astype(float),
            "visit": pd.Categorical(rows["visit"], [visit, *sorted(set(rows["visit"]) - {visit})]),
            "level": (rows["baseline"] - float(here.mean())) / scale,
            "change": rows["change"].astype(float),
        }
    )


def _formula(data: pd.DataFrame, *, two: bool) -> str:
    visits = data["visit"].nunique() > 1
    main = ("first * visit" if visits else "first") if two else ("visit" if visits else "1")
    terms = [main]
    if data["level"].std() > 0:
        terms.append("level")
    crossed = data.groupby("right")["first"].nunique() if two else pd.Series(dtype=int)
    if two and len(crossed) == 2 and bool((crossed == 2).all()):
        terms.append("right")  # only where arms swap sides between people can a side be told from an arm
    return "change ~ " + " + ".join(terms)
