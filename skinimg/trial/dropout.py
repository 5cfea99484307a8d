"""Whether those without a value at a visit differ from those with one: by their arm, or by how they did until then.

Missing at random, which the mixed model assumes, cannot be proven; that people leave by what the treatment did to them
can be seen, and is then said.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from scipy import stats

from skinimg.base.reasons import Reason, why
from skinimg.trial.plan import Plan

_FEWEST = 3  # of either kind: two against three never reach 5 % by ranks
_ALPHA = 0.05


def dropout_limits(rows: pd.DataFrame, visits: Sequence[str], plan: Plan, visit: str) -> list[Reason]:
    """What a reader must know of the people without a value at `visit`.

    rows : of one endpoint, the columns of `Data.rows`, every expected visit with a row; visits : in their order
    """
    here = rows[rows["visit"] == visit]
    stays = here["change"].notna().groupby(here["subject"]).all()
    gone = stays.index[~stays]
    if not len(gone):
        return []
    earlier = visits[: list(visits).index(visit)]
    last = _last_known(rows[rows["visit"].isin(earlier)], earlier, plan)
    name = {"endpoint": str(rows["endpoint"].iloc[0]), "visit": visit}
    said = _by_arm(here, plan, name)
    before, stayed = last[last.index.isin(gone)], last[~last.index.isin(gone)]
    if unseen := len(gone) - len(before):
        said.append(why("dropout_untold", **name, people=unseen))
    if min(len(before), len(stayed)) < _FEWEST:
        return said
    p = float(stats.mannwhitneyu(before, stayed).pvalue)
    if p < _ALPHA:
        found = {"left": f"{before.median():.3g}", "stayed": f"{stayed.median():.3g}", "p": f"{p:.2g}"}
        said.append(why("dropout_by_outcome", **name, people=len(before), **found))
    return said


def _last_known(rows: pd.DataFrame, earlier: Sequence[str], plan: Plan) -> pd.Series:
    """subject -> the last change before the visit: of a split face first arm minus second, else less that of the arm."""
    wide = rows.pivot(index=["subject", "arm"], columns="visit", values="change").reindex(columns=list(earlier))
    last = wide.ffill(axis=1).iloc[:, -1] if len(earlier) else pd.Series(dtype=float, index=wide.index)
    arms = last.unstack("arm")
    if plan.design == "split-face":
        return (arms[plan.arms[0]] - arms[plan.arms[1]]).dropna() if len(earlier) else pd.Series(dtype=float)
    return (last - last.groupby(level="arm").transform("median")).droplevel("arm").dropna()


def _by_arm(here: pd.DataFrame, plan: Plan, name: dict[str, str]) -> list[Reason]:
    """Whether one arm of a parallel trial lost more people than the other, by Fisher's test."""
    if plan.design != "parallel":
        return []
    lost = {arm: here.loc[here["arm"] == arm, "change"].isna() for arm in plan.arms}
    counts = {arm: (int(gone.sum()), len(gone)) for arm, gone in lost.items()}
    p = float(stats.fisher_exact([[gone, whole - gone] for gone, whole in counts.values()]).pvalue)
    if not p < _ALPHA:
        return []
    each = ", ".join(f"{arm} {gone}/{whole}" for arm, (gone, whole) in counts.items())
    return [why("dropout_by_arm", **name, arms=each, p=f"{p:.2g}")]
