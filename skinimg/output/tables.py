"""The rows of the output tables (docs/REFERENCE.md), and how tables are written: atomically, safe in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TextIO, TypeGuard

import numpy as np
import pandas as pd

from skinimg.base.entries import PhotoEntry, days_between
from skinimg.base.files import atomic
from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.reasons import Reason, in_words
from skinimg.base.records import Shot
from skinimg.base.results import Change
from skinimg.compare.clinical_scores import Estimate
from skinimg.compare.photo_limits import warnings_of
from skinimg.compare.ratio import percent_interval
from skinimg.compare.score import Score
from skinimg.measure.metrics import METRICS, Metric

DIFFERENCES = tuple(field.name for field in fields(PhotoDifference))
COLUMNS: dict[str, tuple[str, ...]] = {
    "photos": (
        *("subject", "session", "date", "view", "light", "replicate", "photo", "sha256", "status", "reasons"),
        *("px_per_mm", "scale_source", "color_source", "color_error_de00", "sharpness"),
        *("yaw_deg", "pitch_deg", "roll_deg", "registration_error_mm", "overlap_fraction"),
        *DIFFERENCES,
    ),
    "measurements": (
        *("subject", "session", "date", "view", "light", "replicate"),
        *("region", "finding", "metric", "value", "unit", "missing"),
    ),
    "changes": (
        *("subject", "view", "light", "region", "finding", "metric", "unit", "baseline_session", "session", "days"),
        *("baseline", "follow_up", "change", "change_percent", "ci_low", "ci_high", "mdc95", "verdict", "reason"),
        *("role", "percent_ci_low", "percent_ci_high"),
    ),
    "lesions": (
        *("subject", "view", "finding", "lesion", "session", "region"),
        *("x_mm", "y_mm", "area_mm2", "contrast", "status"),
    ),
    "scores": (
        *("subject", "view", "session", "finding"),
        *("improvement_percent", "ci_low", "ci_high", "verdict", "grade"),
    ),
    "indices": ("subject", "view", "light", "session", "index", "value", "ci_low", "ci_high", "unit", "note"),
}
_WHOLE_NUMBERS = ("replicate", "days", "lesion")
_NUMBERS = (
    *("px_per_mm", "color_error_de00", "sharpness", "yaw_deg", "pitch_deg", "roll_deg"),
    *("registration_error_mm", "overlap_fraction", "value", "baseline", "follow_up", "change", "change_percent"),
    *(
        "ci_low",
        "ci_high",
        "mdc95",
        "percent_ci_low",
        "percent_ci_high",
        "x_mm",
        "y_mm",
        "area_mm2",
        "contrast",
        "improvement_percent",
    ),
    *DIFFERENCES,
)
Row = dict[str, object]
_AS_CSV: dict[str, Any] = {"lineterminator": "\n", "float_format": "%.6g"}


def frame(name: str, rows: list[Row]) -> pd.DataFrame:
    """A table of the contract, with its columns and types also when it has no rows; reasons in their English words."""
    worded = [{column: in_words(v) if _says(v) else v for column, v in row.items()} for row in rows]
    return typed(pd.DataFrame(worded, columns=list(COLUMNS[name])))


def said(rows: Iterable[Row]) -> dict[str, tuple[Reason, ...]]:
    """What the cells of these rows say: their English words -> the reasons behind them."""
    cells = dict.fromkeys(cell for row in rows for cell in row.values() if _says(cell))
    return {in_words(cell): cell for cell in cells if cell}


def _says(cell: object) -> TypeGuard[tuple[Reason, ...]]:
    """Reasons stand in the rows as tuples, and nothing else does."""
    return isinstance(cell, tuple)


def _cell(reason: Reason | None) -> tuple[Reason, ...]:
    return (reason,) if reason else ()


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with one type per column: text (never missing, empty instead), whole number, or number."""
    columns: dict[str, pd.Series] = {}
    for name in table.columns:
        values = table[name]
        if name in _WHOLE_NUMBERS:
            columns[name] = pd.to_numeric(values).astype("Int64")
        elif name in _NUMBERS:
            columns[name] = pd.to_numeric(values).astype("float64")
        else:
            columns[name] = values.astype(object).where(values.notna(), "").astype(str)
    return pd.DataFrame(columns)


def _keys(entry: PhotoEntry) -> Row:
    return {
        "subject": entry.subject,
        "session": entry.session,
        "date": entry.date,
        "view": entry.view,
        "light": entry.light,
        "replicate": entry.replicate,
    }


def photo_row(shot: Shot) -> Row:
    """A measured photo."""
    reasons = (*shot.seen.quality.reasons, *shot.alignment.notes, *warnings_of(shot.difference))
    face = shot.seen.face
    return {
        **_keys(shot.entry),
        "photo": shot.entry.photo,
        "sha256": shot.seen.sha256,
        "status": "warning" if reasons else "ok",
        "reasons": reasons,
        "px_per_mm": np.nan if shot.seen.frame.scale_source == "assumed" else shot.seen.frame.native_px_per_mm,
        "scale_source": shot.seen.frame.scale_source,
        "color_source": shot.seen.colour.source,
        "color_error_de00": shot.seen.colour.error_de00,
        "sharpness": shot.seen.quality.sharpness,
        "yaw_deg": face.yaw_deg if face else np.nan,
        "pitch_deg": face.pitch_deg if face else np.nan,
        "roll_deg": face.roll_deg if face else np.nan,
        "registration_error_mm": np.nan if shot.seen.frame.scale_source == "assumed" else shot.alignment.error_mm,
        "overlap_fraction": shot.alignment.overlap_fraction,
        **asdict(shot.difference),
    }


def rejected_row(entry: PhotoEntry, reasons: tuple[Reason, ...], sha256: str) -> Row:
    """A photo that could not be used."""
    return {
        **_keys(entry),
        "photo": entry.photo,
        "sha256": sha256,
        "status": "rejected",
        "reasons": reasons,
        "scale_source": "",
        "color_source": "none",
    }


def measurement_row(
    entry: PhotoEntry, region: str, finding: str, metric: Metric, value: float | None, reason: Reason | None
) -> Row:
    """One value, or the reason for none."""
    return {
        **_keys(entry),
        "region": region,
        "finding": finding,
        "metric": metric.id,
        "value": np.nan if value is None else value,
        "unit": metric.unit,
        "missing": _cell(reason),
    }


def change_row(baseline: PhotoEntry, follow_up: PhotoEntry, c: Change, no_scale: Reason | None = None) -> Row:
    """One change since the baseline.

    no_scale : why millimetres are not known; then only the change in per cent and its verdict are left of such a metric
    """
    percent_low, percent_high = percent_interval(c)
    unitless = no_scale is not None and METRICS[c.metric].needs_mm
    numbers = {
        "baseline": c.baseline,
        "follow_up": c.follow_up,
        "change": c.change,
        "ci_low": c.ci_low,
        "ci_high": c.ci_high,
        "mdc95": c.mdc95,
    }
    return {
        "subject": baseline.subject,
        "view": baseline.view,
        "light": baseline.light,
        "region": c.region,
        "finding": c.finding,
        "metric": c.metric,
        "unit": c.unit,
        "baseline_session": baseline.session,
        "session": follow_up.session,
        "days": days_between(baseline.date, follow_up.date),
        **(dict.fromkeys(numbers, np.nan) if unitless else numbers),
        "change_percent": c.percent,
        "verdict": c.verdict,
        "reason": _cell(c.reason or (no_scale if unitless else None)),
        "role": c.role,
        "percent_ci_low": percent_low,
        "percent_ci_high": percent_high,
    }


def score_row(subject: str, view_key: str, session: str, s: Score) -> Row:
    """One score."""
    return {
        "subject": subject,
        "view": view_key,
        "session": session,
        "finding": s.finding,
        "improvement_percent": s.improvement_percent,
        "ci_low": s.ci_low,
        "ci_high": s.ci_high,
        "verdict": s.verdict,
        "grade": _cell(s.grade),
    }


def index_row(entry: PhotoEntry, e: Estimate) -> Row:
    """One estimate of a clinical score."""
    keys = {name: value for name, value in _keys(entry).items() if name in COLUMNS["indices"]}
    return keys | {
        "index": e.index,
        "value": e.value,
        "ci_low": e.ci_low,
        "ci_high": e.ci_high,
        "unit": e.unit,
        "note": e.note,
    }


_STATED = ("arm", "arm_left", "arm_right", "treatment", "treatment_target", "site", "age", "phototype")


def roster_columns(photos: Iterable[PhotoEntry]) -> list[str]:
    """The columns of `roster` for a whole study: covariates and instruments are those that any photo has."""
    return list(dict.fromkeys(column for entry in photos for column in _stated(entry)))


def roster(photos: Iterable[PhotoEntry], columns: Sequence[str]) -> pd.DataFrame:
    """What the study states of photos, as text with the columns of a manifest: who is in which arm, and so on."""
    return pd.DataFrame([_stated(entry) for entry in photos], columns=list(columns)).fillna("").astype(str)


def _stated(entry: PhotoEntry) -> Row:
    scale = "" if entry.mm_per_px is None else repr(entry.mm_per_px)
    row: Row = {**_keys(entry), "photo": entry.photo, "mm_per_px": scale}
    row |= {name: getattr(entry, name) for name in _STATED}
    return (
        row | {f"x_{k}": v for k, v in entry.covariates.items()} | {f"m_{k}": v for k, v in entry.instruments.items()}
    )


def write(table: pd.DataFrame, stem: Path) -> None:
    """`stem`.csv and `stem`.parquet, each through a temporary file, so that no reader ever sees half a table."""
    write_csv(table, stem.with_suffix(".csv"))
    _whole(stem.with_suffix(".parquet"), lambda path: path.write_bytes(table.to_parquet(index=False)))


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A CSV, whole or not at all; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    _whole(path, lambda p: _safe(table).to_csv(p, index=False, encoding="utf-8", **_AS_CSV))


def append_csv(table: pd.DataFrame, file: TextIO) -> None:
    """The rows of a table, without its header, at the end of an open CSV."""
    _safe(table).to_csv(file, index=False, header=False, **_AS_CSV)


def _safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table with text that a spreadsheet runs no part of."""
    safe = table.copy()
    for column in table.columns:
        if table[column].dtype.kind not in "if" and column not in _WHOLE_NUMBERS:
            values = safe[column].astype(str)
            safe[column] = values.where(~values.str.match(r"[=+\-@\t\r]"), "'" + values)
    return safe


def _whole(target: Path, save: Callable[[Path], object]) -> None:
    with atomic(target) as partial:
        save(partial)
