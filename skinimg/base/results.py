"""The frozen records of what a run says about one subject: pictures, and one record per row of its tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from skinimg.base.photo_difference import UNKNOWN, PhotoDifference
from skinimg.base.reasons import Reason
from skinimg.base.records import BoolArray, ByteArray, FloatArray


@dataclass(frozen=True)
class Change:
    """One row of changes.csv without its keys."""

    region: str
    finding: str
    metric: str
    unit: str
    baseline: float = np.nan
    follow_up: float = np.nan
    ci_low: float = np.nan  # of the change; the interval may reach farther on the side away from 0
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
        """Whether the baseline is within its own noise: half of the variance of a null change is the baseline's.

        An area or a load below 0 is, however large; an angle or a colour may well be negative.
        """
        size = self.baseline if self.unit.startswith("mm2") else abs(self.baseline)
        return size <= self.mdc95 / np.sqrt(2)


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


Reasons = tuple[Reason, ...]
_NAN = math.nan


@dataclass(frozen=True)
class PhotoRow:
    """A row of photos.csv: a photo, and how good it is. What columns mean is in output/columns.py."""

    subject: str
    session: str
    date: str
    view: str
    light: str
    replicate: int
    photo: str
    sha256: str
    status: str
    reasons: Reasons
    px_per_mm: float = _NAN
    scale_source: str = ""
    color_source: str = "none"
    color_error_de00: float = _NAN
    sharpness: float = _NAN
    yaw_deg: float = _NAN
    pitch_deg: float = _NAN
    roll_deg: float = _NAN
    registration_error_mm: float = _NAN
    overlap_fraction: float = _NAN
    difference: PhotoDifference = UNKNOWN


@dataclass(frozen=True)
class MeasurementRow:
    """A row of measurements.csv: a value, or the reason for none."""

    subject: str
    session: str
    date: str
    view: str
    light: str
    replicate: int
    region: str
    finding: str
    metric: str
    value: float
    unit: str
    missing: Reasons = ()


@dataclass(frozen=True)
class ChangeRow:
    """A row of changes.csv: a change since the baseline, and its verdict."""

    subject: str
    view: str
    light: str
    region: str
    finding: str
    metric: str
    unit: str
    baseline_session: str
    session: str
    days: int | None
    baseline: float = _NAN
    follow_up: float = _NAN
    change: float = _NAN
    change_percent: float = _NAN
    ci_low: float = _NAN
    ci_high: float = _NAN
    mdc95: float = _NAN
    verdict: str = "not_assessable"
    reason: Reasons = ()
    role: str = "exploratory"
    percent_ci_low: float = _NAN
    percent_ci_high: float = _NAN


@dataclass(frozen=True)
class LesionRow:
    """A row of lesions.csv: one object in one session."""

    subject: str
    view: str  # with the light, if not standard
    finding: str
    lesion: int
    session: str
    region: str
    x_mm: float
    y_mm: float
    area_mm2: float
    contrast: float
    status: str


@dataclass(frozen=True)
class ScoreRow:
    """A row of scores.csv: the improvement of a finding, or `overall`."""

    subject: str
    view: str  # with the light, if not standard
    session: str
    finding: str
    improvement_percent: float
    ci_low: float
    ci_high: float
    verdict: str
    grade: Reasons = ()


@dataclass(frozen=True)
class IndexRow:
    """A row of indices.csv: an estimate of a clinical score."""

    subject: str
    view: str
    light: str
    session: str
    index: str
    value: float
    ci_low: float
    ci_high: float
    unit: str
    note: Reasons = ()


@dataclass(frozen=True)
class SubjectResult:
    """Everything about one subject, table by table; `error` : why nothing of it could be scored, empty if it could."""

    subject: str
    photos: tuple[PhotoRow, ...]
    measurements: tuple[MeasurementRow, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    lesions: tuple[LesionRow, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    indices: tuple[IndexRow, ...] = ()
    warnings: Reasons = ()
    seconds: dict[str, float] = field(default_factory=dict)  # per stage
    error: Reasons = ()


@dataclass(frozen=True)
class SubjectOverview:
    """As much of a subject as the overview of a study shows."""

    subject: str
    photos: tuple[PhotoRow, ...]
    scores: tuple[ScoreRow, ...]
