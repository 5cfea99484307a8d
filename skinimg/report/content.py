"""Gather what results and pictures say about one subject, in the reader's language, for any page to set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from skinimg.base.entries import Subject
from skinimg.base.findings import FINDINGS
from skinimg.base.results import ChangeRow, MeasurementRow, PhotoRow, Reasons, ScoreRow, SessionPictures, SubjectResult
from skinimg.report import curves, lesions, photos, pictures, verdicts
from skinimg.report.chart import Chart
from skinimg.report.estimates import EstimateLine, estimate_lines
from skinimg.report.language import Language, uncapital
from skinimg.report.page import ReportOptions
from skinimg.report.verdicts import WHOLE, Told
from skinimg.study import view_key


@dataclass(frozen=True)
class Detail:
    """One finding's curves and tables."""

    finding: str
    metric: str
    curve: Chart | None
    region_curve: Chart | None
    regions: tuple[Told, ...]  # last session, the speaking metric, every region
    metrics: tuple[Told, ...]  # last session, the whole face, every metric

    @property
    def common_reason(self) -> Reasons:
        """The one reason why nothing at all could be measured, empty otherwise."""
        rows = (*self.regions, *self.metrics)
        reasons = {c.reason for c in rows}
        return reasons.pop() if len(reasons) == 1 and not any(c.measured for c in rows) else ()


@dataclass(frozen=True)
class ViewContent:
    """Everything that the report says about one view."""

    key: str
    title: str
    compared: str
    overall: tuple[str, ...]
    lines: tuple[verdicts.Verdict, ...]
    missing: tuple[tuple[str, str], ...]
    sides: tuple[verdicts.Side, ...]
    estimates: tuple[EstimateLine, ...]
    details: tuple[Detail, ...]
    values: tuple[tuple[str, str, str], ...]  # finding, metric, value: only where there is nothing to compare
    pictures: pictures.ViewPictures | None
    pictures_note: str
    tracks: tuple[lesions.Track, ...]
    counts: dict[str, list[dict[str, int]]]  # finding -> per shown session, status -> objects
    marks: tuple[lesions.Mark, ...]


@dataclass(frozen=True)
class HistoryLine:
    """One session on the time line."""

    session: str
    date: str
    treatment: str
    instruments: str


@dataclass(frozen=True)
class Content:
    """All of a subject's report."""

    name: str
    views: tuple[ViewContent, ...]
    sessions: tuple[HistoryLine, ...]
    arms: tuple[str, str] | None
    photos: tuple[photos.PhotoLine, ...]
    warnings: tuple[str, ...]


def gather(
    result: SubjectResult,
    session_pictures: Sequence[SessionPictures],
    options: ReportOptions,
    subject: Subject | None,
    say: Language,
) -> Content:
    """One view after the other, then what concerns all of them. Notes name files: not in a de-identified report."""
    keys = enumerate(dict.fromkeys(map(view_key, result.photos)))
    return Content(
        name=result.subject,
        views=tuple(_view(number, key, result, session_pictures, options, say) for number, key in keys),
        sessions=tuple(_history(result.photos, subject, say)),
        arms=_arms(subject),
        photos=tuple(photos.photo_lines(result.photos, say, options.deidentify)),
        warnings=() if options.deidentify else tuple(map(say.reason, result.warnings)),
    )


def _view(
    number: int,
    key: str,
    result: SubjectResult,
    session_pictures: Sequence[SessionPictures],
    options: ReportOptions,
    say: Language,
) -> ViewContent:
    changes = verdicts.changes_of(result.changes, key)
    last = changes[-1].session if changes else ""
    lines = verdicts.verdicts(changes, last, say)
    shown, note = _pictures(number, key, result.photos, session_pictures, options, say)
    found = lesions.tracks(result.lesions, shown) if shown else []
    return ViewContent(
        key=key,
        title=say.view(key),
        compared=_compared(result.changes, last, say) if changes else "",
        overall=tuple(_overall(result.scores, key, last, say)),
        lines=tuple(lines),
        missing=tuple(verdicts.reasons(lines, changes, last, say)),
        sides=tuple(verdicts.sides(changes, last)),
        estimates=tuple(estimate_lines(result.indices, key, say)),
        details=tuple(_details(changes, last, lines, say)),
        values=() if changes else tuple(_values(result.measurements, key, say)),
        pictures=shown,
        pictures_note=note,
        tracks=tuple(found),
        counts=lesions.counts(result.lesions, shown) if found and shown else {},
        marks=tuple(lesions.marks(found, shown)) if shown else (),
    )


def _pictures(
    number: int,
    key: str,
    rows: Sequence[PhotoRow],
    everything: Sequence[SessionPictures],
    options: ReportOptions,
    say: Language,
) -> tuple[pictures.ViewPictures | None, str]:
    mine = [p for p in everything if p.view_key == key]
    if not mine:
        return None, say("ui.pictures_none")
    photos_of_it = verdicts.of_view(rows, key)
    known = any(math.isfinite(row.px_per_mm) for row in photos_of_it)
    has_scale = known and all(row.scale_source != "assumed" for row in photos_of_it)
    shown = pictures.view_pictures(number, mine, has_scale, options.deidentify, len(everything))
    return shown, "" if shown else say("ui.pictures_withheld")


def _compared(changes: Sequence[ChangeRow], last: str, say: Language) -> str:
    row = next(row for row in changes if row.session == last)
    if row.days is None:
        return say("sentence.compared_undated", session=last, baseline=row.baseline_session)
    return say("sentence.compared", session=last, baseline=row.baseline_session, days=row.days)


def _overall(scores: Sequence[ScoreRow], key: str, last: str, say: Language) -> list[str]:
    said = []
    for row in (r for r in scores if (r.finding, r.view, r.session) == ("overall", key, last)):
        value, low, high = row.improvement_percent, row.ci_low, row.ci_high
        if math.isfinite(value):
            change = say("sentence.better" if value >= 0 else "sentence.worse", percent=say.percent(abs(value)))
            said.append(
                say("sentence.overall", change=change, low=say.percent(low, True), high=say.percent(high, True))
            )
        if row.grade:
            said.append(say("sentence.grade", grade=uncapital(say.reason(*row.grade))))
    return said


def _details(changes: list[Told], last: str, lines: list[verdicts.Verdict], say: Language) -> list[Detail]:
    """Curves where something could be assessed; the tables always."""
    made = []
    for line in sorted(lines, key=lambda one: list(FINDINGS).index(one.change.finding)):
        finding, metric, whole = line.change.finding, line.change.metric, line.change.region
        series = [c for c in changes if c.finding == finding and c.metric == metric]
        by_region: dict[str, list[Told]] = {}
        for c in series:  # a session that was not assessable leaves a gap in its region's curve
            by_region.setdefault(c.region, []).append(c)
        shown = {region: of for region, of in by_region.items() if region != whole and any(c.drawable for c in of)}
        mine = [c for c in changes if c.finding == finding and c.session == last]
        own = by_region[whole]
        made.append(
            Detail(
                finding,
                metric,
                curves.finding_curve(own, say) if any(c.drawable for c in own) else None,
                curves.region_curves(shown, say) if shown else None,
                tuple(c for c in mine if c.metric == metric),
                tuple(c for c in mine if c.region == whole),
            )
        )
    return made


def _values(measurements: Sequence[MeasurementRow], key: str, say: Language) -> list[tuple[str, str, str]]:
    """(finding, metric, value or reason); metrics that share a reason share a line."""
    lines: dict[tuple[str, str, str], list[str]] = {}  # finding, metric (empty for a reason), what is said -> titles
    for row in (r for r in verdicts.of_view(measurements, key) if r.region in WHOLE):
        if math.isfinite(row.value):
            line = row.finding, row.metric, say.value(row.value, row.unit)
        else:
            line = row.finding, "", say.reason(*row.missing)
        lines.setdefault(line, []).append(verdicts.metric_title(row.metric, say))
    return [(say.name("finding", finding), ", ".join(titles), said) for (finding, _, said), titles in lines.items()]


def _history(photos: Sequence[PhotoRow], subject: Subject | None, say: Language) -> list[HistoryLine]:
    dates = {row.session: row.date for row in photos}
    sessions = subject.sessions if subject else tuple(dates)
    lines = []
    for session in sessions:
        entries = [e for e in subject.photos if e.session == session] if subject else []
        treatment = ", ".join(dict.fromkeys(e.treatment for e in entries if e.treatment))
        values = {name: value for e in entries for name, value in e.instruments.items() if value}
        instruments = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
        lines.append(HistoryLine(session, say.date(dates.get(session, "")), treatment, instruments))
    return lines


def _arms(subject: Subject | None) -> tuple[str, str] | None:
    """Left and right arm of a split-face study, None elsewhere."""
    for entry in subject.photos if subject else ():
        if entry.arm_left or entry.arm_right:
            return entry.arm_left, entry.arm_right
    return None
