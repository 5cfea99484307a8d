"""What the stages found, as rows of the output tables."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from skinimg.base.entries import PhotoEntry, days_between
from skinimg.base.reasons import Reason, why
from skinimg.base.records import Shot
from skinimg.base.results import Change, ChangeRow, IndexRow, MeasurementRow, PhotoRow, Reasons, ScoreRow
from skinimg.compare.clinical_scores import Estimate
from skinimg.compare.photo_limits import warnings_of
from skinimg.compare.ratio import percent_interval
from skinimg.compare.score import Score
from skinimg.measure.metrics import METRICS, Metric


def photo_row(shot: Shot) -> PhotoRow:
    """A measured photo."""
    seen, alignment = shot.seen, shot.alignment
    reasons = (*seen.quality.reasons, *alignment.notes, *warnings_of(shot.difference))
    row = _photo_row(shot.entry, seen.sha256, "warning" if reasons else "ok", reasons)
    if seen.face:
        row = replace(row, yaw_deg=seen.face.yaw_deg, pitch_deg=seen.face.pitch_deg, roll_deg=seen.face.roll_deg)
    if seen.frame.scale_source != "assumed":
        row = replace(row, px_per_mm=seen.frame.native_px_per_mm, registration_error_mm=alignment.error_mm)
    return replace(
        row,
        scale_source=seen.frame.scale_source,
        color_source=seen.colour.source,
        color_error_de00=seen.colour.error_de00,
        sharpness=seen.quality.sharpness,
        overlap_fraction=alignment.overlap_fraction,
        difference=shot.difference,
    )


def rejected_row(entry: PhotoEntry, reasons: Reasons, sha256: str) -> PhotoRow:
    """A photo that could not be used."""
    return _photo_row(entry, sha256, "rejected", reasons)


def _photo_row(entry: PhotoEntry, sha256: str, status: str, reasons: Reasons) -> PhotoRow:
    return PhotoRow(
        subject=entry.subject,
        session=entry.session,
        date=entry.date,
        view=entry.view,
        light=entry.light,
        replicate=entry.replicate,
        photo=entry.photo,
        sha256=sha256,
        status=status,
        reasons=reasons,
    )


def measurement_row(
    entry: PhotoEntry, region: str, finding: str, metric: Metric, value: float | None, reason: Reason | None
) -> MeasurementRow:
    """One value, or the reason for none."""
    return MeasurementRow(
        subject=entry.subject,
        session=entry.session,
        date=entry.date,
        view=entry.view,
        light=entry.light,
        replicate=entry.replicate,
        region=region,
        finding=finding,
        metric=metric.id,
        value=nan if value is None else value,
        unit=metric.unit,
        missing=_cell(reason),
    )


def change_row(baseline: PhotoEntry, follow_up: PhotoEntry, c: Change, no_scale: Reason | None = None) -> ChangeRow:
    """One change since the baseline.

    no_scale : why millimetres are not known; then only the change in per cent and its verdict are left of such a metric
    """
    percent_low, percent_high = percent_interval(c)
    unitless = no_scale is not None and METRICS[c.metric].needs_mm
    row = ChangeRow(
        subject=baseline.subject,
        view=baseline.view,
        light=baseline.light,
        region=c.region,
        finding=c.finding,
        metric=c.metric,
        unit=c.unit,
        baseline_session=baseline.session,
        session=follow_up.session,
        days=days_between(baseline.date, follow_up.date),
        change_percent=c.percent,
        verdict=c.verdict,
        reason=_cell(_without_mm(c.reason, no_scale) if unitless else c.reason),
        role=c.role,
        percent_ci_low=percent_low,
        percent_ci_high=percent_high,
    )
    if unitless:
        return row
    return replace(
        row,
        baseline=c.baseline,
        follow_up=c.follow_up,
        change=c.change,
        ci_low=c.ci_low,
        ci_high=c.ci_high,
        mdc95=c.mdc95,
    )


def _without_mm(reason: Reason | None, no_scale: Reason | None) -> Reason | None:
    """What is said of a change whose millimetres are not known: none of them."""
    if reason and reason.code == "little_for_percent":
        return why("little_and_no_scale")
    return reason or no_scale


def score_row(subject: str, view_key: str, session: str, s: Score) -> ScoreRow:
    """One score."""
    return ScoreRow(
        subject=subject,
        view=view_key,
        session=session,
        finding=s.finding,
        improvement_percent=s.improvement_percent,
        ci_low=s.ci_low,
        ci_high=s.ci_high,
        verdict=s.verdict,
        grade=_cell(s.grade),
    )


def index_row(entry: PhotoEntry, e: Estimate) -> IndexRow:
    """One estimate of a clinical score."""
    return IndexRow(
        subject=entry.subject,
        view=entry.view,
        light=entry.light,
        session=entry.session,
        index=e.index,
        value=e.value,
        ci_low=e.ci_low,
        ci_high=e.ci_high,
        unit=e.unit,
        note=e.note,
    )


def _cell(reason: Reason | None) -> Reasons:
    return (reason,) if reason else ()
