"""The frozen records of what a run says about one subject."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from skinimg.base.reasons import Reason, Said
from skinimg.base.records import BoolArray, ByteArray, FloatArray

if TYPE_CHECKING:  # `skinimg manifest` knows these records and needs no tables
    import pandas as pd


@dataclass(frozen=True)
class Change:
    """One row of changes.csv without its keys."""

    region: str
    finding: str
    metric: str
    unit: str
    baseline: float = np.nan
    follow_up: float = np.nan
    ci_low: float = np.nan  # of the change, symmetrical
    ci_high: float = np.nan
    mdc95: float = np.nan  # at this baseline: 1.96 standard errors of a null change
    verdict: str = "not_assessable"
    reason: Reason | None = None  # why there is no verdict, no direction or no percentage
    role: str = "exploratory"  # one of many; headline: one metric per finding over the whole view

    @property
    def change(self) -> float:
        """Follow-up minus baseline."""
        return self.follow_up - self.baseline

    @property
    def percent(self) -> float:
        """Change in per cent of the baseline; NaN where the baseline is 0 or `too_little`."""
        return 100 * self.change / self.baseline if self.baseline and not self.too_little else float("nan")

    @property
    def too_little(self) -> bool:
        """Whether the baseline is within its own noise: half of the variance of a null change is the baseline's."""
        return abs(self.baseline) <= self.mdc95 / np.sqrt(2)


@dataclass(frozen=True)
class SessionPictures:
    """What the report shows of one session, everything in the baseline's frame (h, w)."""

    view_key: str  # view, or view_light for another light than standard
    session: str
    date: str
    days: int | None  # since the baseline
    aligned: ByteArray  # (h, w, 3) sRGB
    melanin: FloatArray  # (h, w) density as in SkinMaps; NaN where this session does not show this skin
    haemoglobin: FloatArray
    probability: dict[str, ByteArray]  # finding -> (h, w), 255 = certain
    valid: BoolArray  # (h, w)
    mm_per_px: float
    eyes: tuple[float, float, float, float] | None = None  # x0, y0, x1, y1 around both, to cover them; None: unknown
    changes: dict[str, FloatArray] = field(default_factory=dict)  # finding -> (r, c) OD since the baseline, 1 mm, NaN


@dataclass(frozen=True)
class SubjectResult:
    """Everything about one subject. Each table has the columns of docs/REFERENCE.md; `said` : what their cells say."""

    subject: str
    photos: pd.DataFrame
    measurements: pd.DataFrame
    changes: pd.DataFrame
    lesions: pd.DataFrame
    scores: pd.DataFrame
    indices: pd.DataFrame
    warnings: tuple[Reason, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)  # per stage
    said: Said = field(default_factory=dict)


@dataclass(frozen=True)
class SubjectFailure:
    """A subject that could not be scored, with the reason and what is known of its photos."""

    subject: str
    error: str
    photos: pd.DataFrame
    said: Said = field(default_factory=dict)  # of `error` and of the table
