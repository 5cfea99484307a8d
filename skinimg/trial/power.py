"""How many people a trial needs: from the noise and the spread between people that a finished analysis shows.

A change of one person at one visit varies by what the person does (between) and by the photos (noise, known from the
smallest detectable change). Several visits average the noise of the follow-ups, not that of the one baseline, which is
half of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from skinimg.base.errors import SettingsError, StudyError
from skinimg.base.noise import Z95
from skinimg.trial.data import regions_of, select_changes, told_a_change
from skinimg.trial.plan import Plan, check_endpoint

Values = npt.NDArray[np.float64]
_VISITS = (1, 2, 3, 4)
_MOST_PEOPLE = 100_000


@dataclass(frozen=True)
class Need:
    """People needed (of both arms together when parallel), and the power found by simulation with them."""

    design: str
    visits: int
    people: int
    sd: float
    power_simulated: float


@dataclass(frozen=True)
class Pilot:
    """What the analysis shows, as shares of the mean baseline. `noise` of one change, `between` people without noise."""

    endpoint: str
    people: int
    baseline: float
    between: float
    noise: float
    alike: float  # correlation of the two sides of a face in their true change


def seen_in(folder: Path, endpoint: str, region: str = "face") -> Pilot:
    """Variances of an endpoint in the last visit of a finished analysis; how alike both sides are where a region has them.

    Raises
    ------
    SettingsError
        No endpoint that is measured on photos.
    StudyError
        Fewer than five people with a change, or a mean baseline of nothing.
    """
    if endpoint.startswith("m_"):
        raise SettingsError(
            "the spread of an instrument cannot be told from photos", found=endpoint, needed="such as spots.burden"
        )
    check_endpoint(endpoint)
    whole, _ = select_changes(folder / "changes.csv", Plan("single-arm", region=region))
    table = _last(whole, endpoint)
    if len(table) < 5 or not table["baseline"].mean() > 0:
        raise StudyError(
            f"the spread of {endpoint} between people cannot be told",
            found=f"{len(table)} people with a change",
            needed="five or more, with some of it at the baseline",
        )
    level = float(table["baseline"].mean())
    noise = float(((table["mdc95"] / Z95) ** 2).mean()) / level**2
    total = float(table["change"].var(ddof=1)) / level**2
    alike = _alike(folder, endpoint, region)
    return Pilot(endpoint, len(table), level, math.sqrt(max(total - noise, 0.0)), math.sqrt(noise), alike)


def _alike(folder: Path, endpoint: str, region: str) -> float:
    """Correlation of the changes of both sides, never below 0; 0 where a region has no sides, or too few people tell."""
    stem = region.removeprefix("left_").removeprefix("right_")
    if region != "face" and stem == region:
        return 0.0
    plan = Plan("split-face", ("a", "b"), region=stem)
    sides, _ = select_changes(folder / "changes.csv", plan)
    left, right = (_last(sides[sides["region"] == name], endpoint)["change"] for name in regions_of(plan))
    both = pd.concat([left, right], axis=1, join="inner").to_numpy(np.float64)
    alike = float(np.corrcoef(both.T)[0, 1]) if len(both) >= 5 and both.std(axis=0).all() else 0.0
    return max(alike, 0.0)


def _last(table: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    mine = table[(table["finding"] + "." + table["metric"] == endpoint) & told_a_change(table)]
    numbers = mine[["baseline", "change", "mdc95"]].apply(pd.to_numeric, errors="coerce")
    return numbers.assign(subject=mine["subject"]).dropna().drop_duplicates("subject", keep="last").set_index("subject")


def needs(
    seen: Pilot, effect: float, *, power: float = 0.8, alpha: float = 0.05, trials: int = 2000
) -> tuple[Need, ...]:
    """People for a difference of `effect` (a share of the baseline) between two arms, for each number of visits.

    Raises
    ------
    StudyError
        No number of people up to 100,000 is enough, or nothing varies.
    """
    rows = []
    for visits in _VISITS:
        noise = seen.noise**2 * (0.5 + 0.5 / visits)
        own = seen.between**2
        split = math.sqrt(2 * own * (1 - seen.alike) + 2 * noise)
        for design, sd in (("split-face", split), ("parallel", math.sqrt(own + noise))):
            arm = _people(design, sd, effect, power, alpha)
            drawn = _simulated(seen, design, arm, visits, effect, alpha, trials)
            rows.append(Need(design, visits, arm if design == "split-face" else 2 * arm, sd, drawn))
    return tuple(rows)


def _people(design: str, sd: float, effect: float, power: float, alpha: float) -> int:
    """Pairs, or people in each arm, by the noncentral t distribution."""
    if not sd > 0:
        raise StudyError("nothing varies between people", found="an SD of 0", needed="an analysis with noise")
    solver = TTestPower() if design == "split-face" else TTestIndPower()

    def enough(n: int) -> bool:
        return float(solver.power(abs(effect) / sd, n, alpha)) >= power

    low = high = 3
    while not enough(high):  # doubled from below: statsmodels has no power of an effect that is far too easy to find
        low, high = high + 1, 2 * high
        if high > _MOST_PEOPLE:
            raise StudyError("no number of people is enough", found=f"an effect of {effect:.2%} in an SD of {sd:.0%}")
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _simulated(seen: Pilot, design: str, n: int, visits: int, effect: float, alpha: float, trials: int) -> float:
    """Share of trials that a t test calls: photos are drawn, of a baseline and of each visit, not their mean's SD."""
    rng = np.random.default_rng(0)
    shot = seen.noise / math.sqrt(2)  # a change has the noise of two shots

    def change(common: Values) -> Values:
        own = seen.between * (math.sqrt(seen.alike) * common + math.sqrt(1 - seen.alike) * rng.normal(size=(trials, n)))
        follow_ups = sum(rng.normal(size=(trials, n)) for _ in range(visits)) / visits
        return np.asarray(own + shot * (follow_ups - rng.normal(size=(trials, n))))

    person = rng.normal(size=(trials, n))
    first = effect + change(person)
    if design == "split-face":
        p = stats.ttest_1samp(first - change(person), 0, axis=1).pvalue
    else:
        p = stats.ttest_ind(first, change(rng.normal(size=(trials, n))), axis=1, equal_var=False).pvalue
    return float((p < alpha).mean())
