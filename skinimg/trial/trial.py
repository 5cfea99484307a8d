"""The analysis of one trial: every endpoint at every visit, the declared ones held together by Holm."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from skinimg.base.errors import StudyError
from skinimg.base.noise import Z95
from skinimg.base.reasons import FILE, Reason, Said, read_said, why
from skinimg.trial import effects, mixed, responders
from skinimg.trial.data import Data, better, is_load, read_data
from skinimg.trial.dropout import dropout_limits
from skinimg.trial.effects import NAN, Effect
from skinimg.trial.flow import flow_of
from skinimg.trial.graders import Agreed, graders_of
from skinimg.trial.key import Key, true_roster
from skinimg.trial.people import Allocation, allocate, read_roster
from skinimg.trial.plan import Plan

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """One endpoint at one visit. `n` : pairs of a split face, else people. Ratios are of follow-up over baseline."""

    endpoint: str
    visit: str
    n: int
    effect: Effect
    ratio: Effect  # of a load: first arm's over second's; estimate and interval are ratios
    model: mixed.Fit
    responders: dict[str, tuple[int, int]]
    p_responders: float
    role: str
    unit: str
    missing: dict[str, int]  # arm -> people without a change
    tipping: tuple[float, float]  # change of the missing that would undo the model's result: `_tipping`, in the unit
    weighed: bool  # people of the plain effect, by the known noise of their change
    notes: tuple[Reason, ...] = ()
    p_holm: float = NAN


@dataclass(frozen=True)
class Trial:
    """A trial that was analysed."""

    plan: Plan
    people: Allocation
    roster: pd.DataFrame
    data: Data
    results: tuple[Result, ...]
    flow: dict[str, object]
    limits: tuple[Reason, ...]
    said: Said
    graders: tuple[Agreed, ...] = field(default=())


def analyse(folder: Path, plan: Plan, manifest: Path | None = None, key: Key | None = None) -> Trial:
    """Analyse the trial in an `--out` folder of `skinimg analyze`.

    manifest : the study's table, instead of the one that `analyze` left; key : of a blinded study, which is unblinded

    Raises
    ------
    StudyError, SettingsError
        See `people.allocate` and `data.read_data`; and where no endpoint of anybody could be assessed.
    """
    table = read_roster(folder, manifest)
    table = table if key is None else true_roster(table, key)
    people = allocate(table, plan)
    if people.places["subject"].nunique() < 2:
        only = ", ".join(dict.fromkeys(people.places["subject"])) or "nobody"
        raise StudyError("a trial needs people", found=f"{only} in {' and '.join(people.arms)}", needed="two or more")
    data = read_data(folder, table, people, plan, key)
    if data.rows["change"].notna().sum() == 0:
        why = data.rows["reason"].value_counts().index[0]
        raise StudyError("nothing could be assessed of anybody", found=f"mostly: {why}", needed="changes to compare")
    visit = plan.visit or data.visits[-1]
    order = [visit, *(v for v in data.visits if v != visit)]
    results = [_result(data, people, replace(plan, visit=visit), e, v) for v in order for e in data.endpoints]
    results = _with_holm(_declared_first(results, plan))
    limits = tuple(dict.fromkeys((*data.limits, *_limits(results, people, plan), *_dropout(results, data, plan))))
    flow, said = flow_of(people, data, limits), read_said(folder) if (folder / FILE).exists() else {}
    return Trial(plan, people, table, data, tuple(results), flow, limits, said, graders_of(table))


def _result(data: Data, people: Allocation, plan: Plan, endpoint: str, visit: str) -> Result:
    """All statistics of one endpoint at one visit."""
    mine = data.rows[data.rows["endpoint"] == endpoint]
    known = mine[mine["change"].notna() & mine["baseline"].notna()]
    here = known[known["visit"] == visit]
    absent = {a: int((people.places["arm"] == a).sum()) - int((here["arm"] == a).sum()) for a in people.arms}
    weighed = plan.weigh and bool((here["mdc95"] > 0).any())
    plan = replace(plan, weigh=weighed)
    judged = here[here["mdc95"] > 0] if weighed else here
    arms = {arm: judged[judged["arm"] == arm].set_index("subject") for arm in people.arms}
    effect, n = _effect(arms, plan)
    ratio = _ratio(arms, plan) if is_load(endpoint) else Effect()
    model = (
        mixed.contrast(known, visit, plan.arms, plan.alpha)
        if _fewest(n, {arm: len(rows) for arm, rows in arms.items()}, plan) >= effects.FEWEST
        else mixed.Fit("", why=why("model_too_few"))
    )
    counts, p = _responders(arms, plan, better(endpoint))
    declared = endpoint in plan.endpoints and visit == plan.visit
    notes = (why("no_model", cause=model.why),) if model.why else ()
    unit = next(iter(mine["unit"].dropna()), "")
    role = "declared" if declared else "exploratory"
    tipping = _tipping(model, n, absent, people, plan)
    return Result(endpoint, visit, n, effect, ratio, model, counts, p, role, unit, absent, tipping, weighed, notes)


def _tipping(model: mixed.Fit, n: int, absent: dict[str, int], people: Allocation, plan: Plan) -> tuple[float, float]:
    """Of the first arm's missing, or of a split face's missing pairs; and of the second arm's in a parallel trial."""
    whole = {arm: int((people.places["arm"] == arm).sum()) for arm in people.arms}
    shares = [gone / whole[arm] for arm, gone in absent.items()]
    if plan.design == "split-face":
        shares = [1 - n / whole[people.arms[0]]]
    half = (model.high - model.low) / 2
    first = effects.tipping_point(model.estimate, half, shares[0])
    return first, effects.tipping_point(-model.estimate, half, shares[1]) if len(shares) > 1 else NAN


def _fewest(pairs_or_people: int, each: dict[str, int], plan: Plan) -> int:
    """Pairs of a split face, else people of the smaller arm: three and one are no comparison."""
    return pairs_or_people if plan.design == "split-face" else min(each.values())


def _effect(arms: dict[str, pd.DataFrame], plan: Plan) -> tuple[Effect, int]:
    values = {arm: rows["change"] for arm, rows in arms.items()}
    noise = {arm: (rows["mdc95"] / Z95) ** 2 for arm, rows in arms.items()} if plan.weigh else None
    first, *others = values
    if plan.design == "split-face":
        pairs = pd.concat([values[first], values[others[0]]], axis=1, join="inner").to_numpy(np.float64)
        gap = pairs[:, 0] - pairs[:, 1]
        if noise is None:
            return effects.one_sample(gap, plan.alpha), len(gap)
        variance = (noise[first] + noise[others[0]]).reindex(values[first].index.intersection(values[others[0]].index))
        return effects.weighed(gap, variance.to_numpy(np.float64), plan.alpha), len(gap)
    n = sum(len(v) for v in values.values())
    alone = {a: v.to_numpy(np.float64) for a, v in values.items()}
    if noise is None:
        if not others:
            return effects.one_sample(alone[first], plan.alpha), n
        return effects.two_samples(alone[first], alone[others[0]], plan.alpha), n
    each = {a: effects.weighed(v, noise[a].to_numpy(np.float64), plan.alpha) for a, v in alone.items()}
    if not others:
        return each[first], n
    plain = effects.two_samples(alone[first], alone[others[0]], plan.alpha)
    return effects.difference(each[first], each[others[0]], plan.alpha, plain.p_rank), n


def _ratio(arms: dict[str, pd.DataFrame], plan: Plan) -> Effect:
    """Ratios of follow-up over baseline by their logarithms, of those who have some at both."""
    logs = {}
    for arm, rows in arms.items():
        some = rows[(rows["baseline"] > 0) & (rows["follow_up"] > 0)]
        logs[arm] = rows.loc[some.index].assign(change=np.log(some["follow_up"] / some["baseline"]))
    found, _ = _effect(logs, replace(plan, weigh=False))
    low, middle, high = (math.exp(v) if math.isfinite(v) else NAN for v in (found.low, found.estimate, found.high))
    return replace(found, estimate=middle, low=low, high=high)


def _responders(arms: dict[str, pd.DataFrame], plan: Plan, way: str) -> tuple[dict[str, tuple[int, int]], float]:
    """Those who improved by more than the smallest detectable change, or by the share that was asked for."""
    if way == "none":
        return {}, NAN  # an improvement has no direction
    sign = -1 if way == "lower" else 1
    flags = {}
    for arm, rows in arms.items():
        if plan.responder is not None:
            judged = rows[rows["baseline"] > 0]
            flags[arm] = sign * judged["change"] / judged["baseline"] >= plan.responder
        else:
            judged = rows[rows["mdc95"].notna()]
            flags[arm] = sign * judged["change"] > judged["mdc95"]
    counts = {arm: (int(f.sum()), len(f)) for arm, f in flags.items()}
    if len(flags) < 2 or min(k[1] for k in counts.values()) < effects.FEWEST:
        return counts, NAN
    first, second = flags.values()
    if plan.design == "split-face":
        both = pd.concat([first, second], axis=1, join="inner").to_numpy(bool)
        return counts, responders.paired(both[:, 0], both[:, 1])
    return counts, responders.unpaired(first.to_numpy(bool), second.to_numpy(bool))


def _declared_first(results: list[Result], plan: Plan) -> list[Result]:
    declared = {r.endpoint: r for r in results if r.role == "declared"}
    return [*(declared[e] for e in plan.endpoints), *(r for r in results if r.role != "declared")]


def _with_holm(results: list[Result]) -> list[Result]:
    """Holm over the p-values of the primary analysis, the mixed model, of the declared endpoints."""
    declared = [r for r in results if r.role == "declared"]
    adjusted = effects.holm(np.array([r.model.p for r in declared], dtype=np.float64))
    held = [replace(r, p_holm=float(p)) for r, p in zip(declared, adjusted, strict=True)]
    return [*held, *(r for r in results if r.role != "declared")]


def _limits(results: list[Result], people: Allocation, plan: Plan) -> list[Reason]:
    """What a reader must know before believing a figure."""
    said = [] if plan.endpoints else [why("no_endpoint_declared")]
    if people.without_arm:
        said.append(why("no_arm_stated", people=", ".join(people.without_arm[:5])))
    if people.other_arms:
        said.append(why("other_arms", people=len(people.other_arms), arms=_counted(people.other_arms)))
    for r in results:
        name, assessed = {"endpoint": r.endpoint, "visit": r.visit}, _assessed(people, r)
        for arm, lost in r.missing.items():
            whole = lost + assessed[arm]
            if lost and 2 * lost >= whole:
                said.append(why("half_not_assessed", **name, arm=arm, assessed=assessed[arm], all=whole))
        if _fewest(r.n, assessed, plan) < effects.FEWEST:
            said.append(why("few_pairs" if plan.design == "split-face" else "few_people", **name, n=r.n))
        elif r.role == "declared":
            said += [why("of_endpoint", **name, cause=note) for note in r.notes]
    if plan.weigh:
        bare = dict.fromkeys(r.endpoint for r in results if not r.weighed)
        said += [why("weighed"), *(why("not_weighed", endpoint=endpoint) for endpoint in bare)]
    return said


def _dropout(results: list[Result], data: Data, plan: Plan) -> list[Reason]:
    """Of the declared endpoints: who has no value, and whether these differ."""
    declared = [r for r in results if r.role == "declared"]
    rows = {r.endpoint: data.rows[data.rows["endpoint"] == r.endpoint] for r in declared}
    return [said for r in declared for said in dropout_limits(rows[r.endpoint], data.visits, plan, r.visit)]


def _counted(arms: dict[str, str]) -> str:
    """`placebo (12), actve (1)`: an arm of one person is most often a misspelt one."""
    return ", ".join(f"{arm} ({n})" for arm, n in Counter(arms.values()).most_common())


def _assessed(people: Allocation, r: Result) -> dict[str, int]:
    return {a: int((people.places["arm"] == a).sum()) - r.missing[a] for a in people.arms}
