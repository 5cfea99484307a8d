"""Agreement of graders: columns `m_NAME_r1`, `m_NAME_r2`, ... of the study's table grade the same photos.

Of the sides of a face (`m_NAME_r1_left`), every side at every visit is one more thing that was graded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from skinimg.trial.people import stated
from skinimg.trial.raters import RaterFigure, icc, kappa

_GRADER = re.compile(r"(m_.+)_r(\d+)(_left|_right)?")
_MOST_CLASSES = 21  # an ordinal scale; beyond that a figure is a measurement


@dataclass(frozen=True)
class Agreed:
    """`kappa` : quadratic weights, mean over pairs of graders where there are more than two; None for measurements."""

    name: str
    n: int
    graders: int
    icc: RaterFigure
    kappa: dict[str, RaterFigure]


def graders_of(roster: pd.DataFrame) -> tuple[Agreed, ...]:
    """Agreement of all graders of each scale, over the visits that all of them graded; at least three."""
    visits = stated(roster, ["subject", "session"])
    scales: dict[str, dict[str, list[str]]] = {}  # name -> side -> columns
    for column in roster.columns:
        if found := _GRADER.fullmatch(column):
            scales.setdefault(found[1], {}).setdefault(found[3] or "", []).append(column)
    agreed = []
    for name, sides in scales.items():
        columns = [column.removesuffix(side) for side, mine in sides.items() for column in mine]
        columns = list(dict.fromkeys(columns))
        graded = [visits.reindex(columns=[c + side for c in columns]).to_numpy() for side in sides]
        values = (
            pd.DataFrame(np.concatenate(graded))
            .replace(",", ".", regex=True)
            .apply(pd.to_numeric, errors="coerce")
            .dropna()
            .to_numpy(np.float64)
        )
        if len(columns) < 2 or len(values) < 3:
            continue
        pairs = {}
        if (values == values.round()).all() and np.ptp(values) < _MOST_CLASSES:
            pairs = {
                f"{columns[a]} {columns[b]}": kappa(values[:, a], values[:, b])
                for a, b in combinations(range(len(columns)), 2)
            }
        agreed.append(Agreed(name, len(values), len(columns), icc(values), pairs))
    return tuple(agreed)
