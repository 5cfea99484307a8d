"""Agreement of graders: columns `m_NAME_r1`, `m_NAME_r2`, ... of the study's table grade the same photos."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from skinimg.trial.raters import RaterFigure, icc, kappa

_GRADER = re.compile(r"(m_.+)_r(\d+)")
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
    scales: dict[str, list[str]] = {}
    for column in roster.columns:
        if found := _GRADER.fullmatch(column):
            scales.setdefault(found[1], []).append(column)
    agreed = []
    for name, columns in scales.items():
        visits = roster.drop_duplicates(["subject", "session"])[columns]
        values = visits.apply(pd.to_numeric, errors="coerce").dropna().to_numpy(np.float64)
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
