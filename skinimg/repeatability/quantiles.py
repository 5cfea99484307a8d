"""How many standard errors hold 95 % of people whom the noise model has not seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

Values = npt.NDArray[np.float64]

# Below it 95 % of people cannot be counted: the safe level, 0.95 (n + 1) / n, is beyond all of them.
_FEWEST_TO_COUNT = 19
_MOST = 6.0  # standard errors; where even these do not hold 95 % of people the metric is no measure of anything


def quantiles(scaled: Values, rows: pd.DataFrame, tone: str, least: float) -> list[float]:
    """Standard errors that hold 95 % of people, for the whole face and for regions.

    Where fewer are of this tone than can be counted: those of everybody, or of its own few, whichever are more.
    """
    mine = (rows["tone"] == tone).to_numpy()
    chosen = [mine] if mine.any() else []
    if not enough_to_count(rows["person"][mine]):
        chosen.append(np.ones_like(mine))
    held = [_held(scaled[of], rows[of]) for of in chosen]
    return [max(*quantiles, least) if any(quantiles) else 0.0 for quantiles in zip(*held, strict=True)]


def enough_to_count(person: pd.Series) -> bool:
    """Whether 95 % of so many people can be counted."""
    return bool(person.nunique() >= _FEWEST_TO_COUNT)


def _held(scaled: Values, rows: pd.DataFrame) -> list[float]:
    """Of the whole face and of regions, by whichever way so many people allow."""
    hold = _counted if enough_to_count(rows["person"]) else _students
    return hold(scaled, rows["person"].to_numpy(), rows["whole"].to_numpy(bool))


def _counted(scaled: Values, person: npt.NDArray[np.object_], whole: npt.NDArray[np.bool_]) -> list[float]:
    """Standard errors that hold 95 % of people, for the whole face and for regions: in a small region tails are heavier.

    What is said of the whole face is a verdict, so its level is the one that is safe for any distribution (Vovk 2012). Regions
    are exploratory, with false discovery control on top. What is called falsely: docs/benchmarks/precision.md.
    """
    people = len(np.unique(person.astype(str)))
    levels = 0.95 * (people + 1) / people, 0.95
    return [
        min(_conformal(scaled[use], person[use], level), _MOST) if use.any() else 0.0
        for use, level in zip((whole, ~whole), levels, strict=True)
    ]


def _students(scaled: Values, person: npt.NDArray[np.object_], whole: npt.NDArray[np.bool_]) -> list[float]:
    """Of too few people to count by: Student's t, times what those whom the fit has not seen stray more than foretold.

    Lines of five and of seven phantoms strayed by 11 % over the face, where their regions had foretold 4 %.
    """
    more = [max(float(np.sqrt(np.mean(scaled[use] ** 2))), 1.0) if use.any() else 0.0 for use in (whole, ~whole)]
    students = float(stdtrit(len(np.unique(person.astype(str))), 0.975))
    return [min(students * times, _MOST) for times in more]


def _conformal(scaled: Values, person: npt.NDArray[np.object_], level: float) -> float:
    """Standard errors that hold that share of all rows, everybody weighing the same."""
    names, at = np.unique(person.astype(str), return_inverse=True)
    weight = 1 / np.bincount(at)[at] / len(names)
    order = np.argsort(scaled)
    reached = int(np.searchsorted(np.cumsum(weight[order]), level - 1e-9))
    return float(max(scaled[order][min(reached, len(order) - 1)], 1.0))
