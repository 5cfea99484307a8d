"""Curves and forest plots as SVG, one style; the same input gives the same bytes.

Each figure is one axes in a fixed place: matplotlib spends its time on axes and layout engines, and a report has a
dozen figures (small multiples of ten axes took 2 s each, this takes 0.05 s).
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skinimg.base.results import ScoreRow
from skinimg.report.language import Language
from skinimg.report.verdicts import Told

INK, MUTED, BAND, RULE = "#1d2629", "#556166", "#e3e8ea", "#b9c2c6"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "skinimg",  # ids that do not change from run to run
    "svg.fonttype": "none",  # text stays text: small, sharp, in the reader's own sans-serif
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "text.parse_math": False,  # a name with two dollar signs is not a formula
}
REGION_LIMIT = 150.0  # percent; where a region holds next to nothing its band is thousands wide and would flatten all
PANELS = 5  # regions beside each other in one row


def axes_of(width: float, height: float, left: float = 0.78, bottom: float = 0.5) -> tuple[Figure, Axes]:
    """One axes with fixed margins, all in inches."""
    figure = Figure(figsize=(width, height))
    right, top = 0.12, 0.12
    box = (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    return figure, figure.add_axes(box)


def svg(figure: Figure) -> str:
    """Data URI of a figure."""
    file = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue().encode()).decode("ascii")


def png(figure: Figure) -> bytes:
    """A figure for print, 200 dots per inch."""
    file = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(file, format="png", dpi=200, metadata={"Software": None})
    return file.getvalue()


def finding_curve(changes: Sequence[Told], say: Language) -> Figure:
    """Change in percent over the sessions of one finding, region and metric"""
    with mpl.rc_context(STYLE):
        figure, axes = axes_of(6.4, 2.7)
        x, dated = _times(changes)
        _series(axes, x, changes)
        axes.axhline(0, color=RULE, lw=0.8, zorder=1)
        every = max(1, math.ceil(len(changes) / 8))
        ticks = [0.0, *x[1::every]]
        names = [say.number(day, 0) for day in ticks] if dated else ["", *(c.session[:12] for c in changes[::every])]
        axes.set_xticks(ticks, names)
        axes.set_xlabel(say("ui.days_axis") if dated else say("ui.sessions_axis"))
        _percent_axis(axes, say)
    return figure


def region_curves(by_region: dict[str, list[Told]], say: Language) -> Figure:
    """The same for several regions, beside each other on one scale; a row holds PANELS of them."""
    by_region = {region: [_cut(c) for c in changes] for region, changes in by_region.items()}
    rows = math.ceil(len(by_region) / PANELS)
    longest = max(len(changes) for changes in by_region.values())
    ends = [e for cs in by_region.values() for c in cs for e in (c.percent, c.low, c.high, c.mdc, -c.mdc)]
    low, high = np.nanmin([0.0, *ends]), np.nanmax([0.0, *ends])
    reach = (high - low) * 1.35 or 1.0
    with mpl.rc_context(STYLE | {"font.size": 9}):
        figure, axes = axes_of(9.0, 1.75 * rows + 0.2, bottom=0.15)
        for place, (region, changes) in enumerate(by_region.items()):
            column, down = place % PANELS, (place // PANELS) * reach
            x = column + 0.06 + 0.8 * np.arange(len(changes) + 1) / max(longest, 1)
            _series(axes, x, changes, shift=-down, ends=(x[0] - 0.03, x[-1] + 0.03))
            axes.hlines(-down, column + 0.03, column + 0.9, color=RULE, lw=0.8, zorder=1)
            axes.text(column + 0.03, high - down + 0.1 * reach, say.name("region", region), va="bottom", color=INK)
        axes.set_xlim(0, PANELS)
        axes.set_ylim(low - (rows - 1) * reach, high + 0.25 * reach)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        step = [t for t in mpl.ticker.MaxNLocator(3).tick_values(low, high) if low <= t <= high]
        axes.set_yticks(
            [tick - row * reach for row in range(rows) for tick in step],
            [say.number(tick, _decimals(step), True) for _ in range(rows) for tick in step],
        )
        axes.set_ylabel(say("ui.percent_axis"))
    return figure


def _cut(c: Told) -> Told:
    cut = [float(np.clip(value, -REGION_LIMIT, REGION_LIMIT)) for value in (c.percent, c.low, c.high, c.mdc)]
    return replace(c, percent=cut[0], low=cut[1], high=cut[2], mdc=cut[3])


def forest(scores: Sequence[ScoreRow], say: Language) -> Figure:
    """One line per subject, improvement in percent with its interval."""
    ordered = sorted(scores, key=lambda score: score.improvement_percent)
    y = np.arange(len(ordered))
    names = [score.subject if len(score.subject) <= 18 else score.subject[:17] + "…" for score in ordered]
    with mpl.rc_context(STYLE):
        figure, axes = axes_of(6.8, min(0.9 + 0.26 * len(ordered), 90.0), left=1.7)
        axes.axvline(0, color=MUTED, lw=0.8)
        axes.hlines(y, [s.ci_low for s in ordered], [s.ci_high for s in ordered], color=INK, lw=1.4)
        axes.plot([s.improvement_percent for s in ordered], y, "o", color=INK, ms=4.5)
        axes.set_ylim(-0.7, len(ordered) - 0.3)
        axes.set_yticks(y, names)
        axes.set_xlabel(say("index.improvement_axis"))
        ticks = axes.get_xticks()[1:-1]
        axes.set_xticks(ticks, [say.number(tick, _decimals(ticks), True) for tick in ticks])
    return figure


def waterfall(improvements: Sequence[float], say: Language) -> Figure:
    """Improvements of many people in percent, best first, at the middle of up to 200 equal shares of the people."""
    steps = min(len(improvements), 200)
    shares = (np.arange(steps) + 0.5) / steps
    with mpl.rc_context(STYLE):
        figure, axes = axes_of(6.8, 2.7)
        axes.vlines(100 * shares, 0, np.quantile(improvements, 1 - shares), color=INK, lw=380 / steps)
        axes.axhline(0, color=MUTED, lw=0.8)
        axes.set_xlim(0, 100)
        axes.set_xlabel(say("index.people_axis"))
        _percent_axis(axes, say)
        axes.set_ylabel(say("index.improvement_axis"))
    return figure


def _times(changes: Sequence[Told]) -> tuple[np.ndarray, bool]:
    """x of the baseline and of each change: days where all are known and differ, else the number of the session."""
    days = [c.days for c in changes]
    dated = all(math.isfinite(d) and d > 0 for d in days) and len(set(days)) == len(days)
    return np.array([0.0, *(days if dated else range(1, len(days) + 1))]), dated


def _series(
    axes: Axes, x: np.ndarray, changes: Sequence[Told], shift: float = 0.0, ends: tuple[float, float] | None = None
) -> None:
    """Points, intervals and the band of detectable change; a session that was not assessable leaves a gap."""
    percent = np.array([0.0, *(c.percent if c.assessable else math.nan for c in changes)])
    low = np.array([math.nan, *(c.low for c in changes)])
    high = np.array([math.nan, *(c.high for c in changes)])
    band = [c.mdc for c in changes if c.assessable and math.isfinite(c.mdc)]
    if band:
        left, right = ends or (x[0] - 0.02 * (x[-1] - x[0]), x[-1] + 0.02 * (x[-1] - x[0]))
        axes.fill_between([left, right], shift - max(band), shift + max(band), color=BAND, lw=0, zorder=0)
    axes.plot(x, percent + shift, "-o", color=INK, lw=1.4, ms=4.5, zorder=3)
    axes.vlines(x, low + shift, high + shift, color=INK, lw=1.2, zorder=2)


def _percent_axis(axes: Axes, say: Language) -> None:
    ticks = mpl.ticker.MaxNLocator(5).tick_values(*axes.get_ylim())[1:-1]
    axes.set_yticks(ticks, [say.number(tick, _decimals(ticks), True) for tick in ticks])
    axes.set_ylabel(say("ui.percent_axis"))


def _decimals(ticks: Sequence[float] | np.ndarray) -> int:
    return 0 if all(abs(tick - round(tick)) < 1e-9 for tick in ticks) else 1
