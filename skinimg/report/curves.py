"""Courses over the sessions, forest plots and the waterfall of a study."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skinimg.base.results import ScoreRow
from skinimg.report.chart import INK, MUTED, RULE, Chart, around, numbers
from skinimg.report.language import Language
from skinimg.report.verdicts import Told

REGION_LIMIT = 150.0  # percent; where a region holds next to nothing its band is thousands wide and would flatten all
PANELS = 5  # regions beside each other in one row


def finding_curve(changes: Sequence[Told], say: Language) -> Chart:
    """Change in percent over the sessions of one finding, region and metric"""
    x, dated = _times(changes)
    chart = Chart((461, 194), around(x), around(_values(changes)))
    ends = x[0] - 0.02 * (x[-1] - x[0]), x[-1] + 0.02 * (x[-1] - x[0])
    _series(chart, x, changes, 0.0, ends, chart.x)
    every = max(1, math.ceil(len(changes) / 8))
    ticks = [0.0, *x[1::every]]
    names = [say.number(day, 0) for day in ticks] if dated else ["", *(c.session[:12] for c in changes[::every])]
    chart.x_axis(ticks, names, say("ui.days_axis") if dated else say("ui.sessions_axis"))
    chart.y_axis(*numbers(chart.y, 6, say, sign=True), say("ui.percent_axis"))
    return chart


def region_curves(by_region: dict[str, list[Told]], say: Language) -> Chart:
    """The same for several regions, beside each other on one scale; a row holds PANELS of them."""
    by_region = {region: [_cut(c) for c in changes] for region, changes in by_region.items()}
    rows = math.ceil(len(by_region) / PANELS)
    longest = max(len(changes) for changes in by_region.values())
    low, high = around([end for changes in by_region.values() for end in _values(changes)], margin=0.0)
    reach = (high - low) * 1.35 or 1.0
    size = 648, 126 * rows + 14
    chart = Chart(size, (0, PANELS), (low - (rows - 1) * reach, high + 0.25 * reach), bottom=11, font=9)
    for place, (region, changes) in enumerate(by_region.items()):
        column, down = place % PANELS, (place // PANELS) * reach
        x = column + 0.06 + 0.8 * np.arange(len(changes) + 1) / max(longest, 1)
        _series(chart, x, changes, -down, (x[0] - 0.03, x[-1] + 0.03), (column + 0.03, column + 0.9))
        chart.words(chart.at_x(column + 0.03), chart.at_y(high - down + 0.1 * reach), say.name("region", region))
    step, names = numbers((low, high), 4, say, sign=True)
    chart.y_axis([tick - row * reach for row in range(rows) for tick in step], names * rows, say("ui.percent_axis"))
    return chart


def _cut(c: Told) -> Told:
    cut = [float(np.clip(value, -REGION_LIMIT, REGION_LIMIT)) for value in (c.percent, c.low, c.high, c.mdc)]
    return replace(c, percent=cut[0], low=cut[1], high=cut[2], mdc=cut[3])


def forest(scores: Sequence[ScoreRow], say: Language) -> Chart:
    """One line per subject, improvement in percent with its interval."""
    ordered = sorted(scores, key=lambda score: score.improvement_percent)
    names = [score.subject if len(score.subject) <= 18 else score.subject[:17] + "…" for score in ordered]
    x = around([0.0, *(end for s in ordered for end in (s.ci_low, s.ci_high, s.improvement_percent))])
    chart = Chart((490, min(65 + 18.7 * len(ordered), 6480)), x, (-0.7, len(ordered) - 0.3), left=122)
    chart.line((0, 0), chart.y, MUTED, 0.8)
    for y, score in enumerate(ordered):
        if math.isfinite(score.ci_low + score.ci_high):
            chart.line((score.ci_low, score.ci_high), (y, y))
    chart.dots([score.improvement_percent for score in ordered], range(len(ordered)))
    chart.y_axis(range(len(ordered)), names)
    chart.x_axis(*numbers(chart.x, 6, say, sign=True), say("index.improvement_axis"))
    return chart


def waterfall(improvements: Sequence[float], say: Language) -> Chart:
    """Improvements of many people in percent, best first, at the middle of up to 200 equal shares of the people."""
    steps = min(len(improvements), 200)
    shares = (np.arange(steps) + 0.5) / steps
    values = np.quantile(improvements, 1 - shares)
    chart = Chart((490, 194), (0, 100), around([0.0, *values]))
    for share, value in zip(shares, values, strict=True):
        chart.line((100 * share, 100 * share), (0, value), INK, 380 / steps)
    chart.line(chart.x, (0, 0), MUTED, 0.8)
    chart.x_axis(*numbers(chart.x, 5, say), say("index.people_axis"))
    chart.y_axis(*numbers(chart.y, 6, say, sign=True), say("index.improvement_axis"))
    return chart


def _times(changes: Sequence[Told]) -> tuple[np.ndarray, bool]:
    """x of the baseline and of each change: days where all are known and differ, else the number of the session."""
    days = [c.days for c in changes]
    dated = all(math.isfinite(d) and d > 0 for d in days) and len(set(days)) == len(days)
    return np.array([0.0, *(days if dated else range(1, len(days) + 1))]), dated


def _values(changes: Sequence[Told]) -> list[float]:
    """All that has to find room on the axis of percent; NaN where there is nothing."""
    return [0.0, *(value for c in changes for value in (c.percent, c.low, c.high, c.mdc, -c.mdc))]


def _series(
    chart: Chart,
    x: np.ndarray,
    changes: Sequence[Told],
    shift: float,
    ends: tuple[float, float],
    zero: tuple[float, float],
) -> None:
    """Points, intervals and the band of detectable change; a session that was not assessable leaves a gap.

    ends : of the band, zero : of the line of no change; x values
    """
    percent = [shift, *(c.percent + shift if c.assessable else math.nan for c in changes)]
    band = [c.mdc for c in changes if c.assessable and math.isfinite(c.mdc)]
    if band:
        chart.band(shift - max(band), shift + max(band), ends)
    chart.line(zero, (shift, shift), RULE, 0.8)
    for place, c in zip(x[1:], changes, strict=True):
        if c.assessable:
            chart.line((place, place), (c.low + shift, c.high + shift), INK, 1.2)
    chart.line(x, percent)
    chart.dots(x, percent)
