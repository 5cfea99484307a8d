"""The page of repeatability: what can be detected, a Bland-Altman plot per finding, and every figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from skinimg.base.findings import FINDINGS
from skinimg.base.reasons import Reason
from skinimg.base.results import Reasons
from skinimg.report.curves import BAND, INK, MUTED, STYLE, axes_of, svg
from skinimg.report.language import Language, language
from skinimg.report.page import render, write
from skinimg.report.photos import view_title
from skinimg.report.verdicts import SPEAKING_METRICS, WHOLE, metric_title, quantity
from skinimg.study import view_key

ACCENT = "#0b5563"


@dataclass(frozen=True)
class RepeatabilityRow:
    """A row of repeatability.csv: how well one metric in one region agrees between the shots of a session.

    What the figures are is in repeatability/agreement.py; NaN with the reason in `missing` where there are none.
    """

    view: str
    light: str
    region: str
    finding: str
    metric: str
    unit: str
    subjects: int
    n: int
    k: int
    mean: float = math.nan
    icc_2_1: float = math.nan
    icc_3_1: float = math.nan
    sem_agreement: float = math.nan
    sem_consistency: float = math.nan
    cv_percent: float = math.nan
    mdc95: float = math.nan
    mdc95_percent: float = math.nan
    bias: float = math.nan
    loa_low: float = math.nan
    loa_high: float = math.nan
    icc_2_1_low: float = math.nan
    icc_2_1_high: float = math.nan
    icc_3_1_low: float = math.nan
    icc_3_1_high: float = math.nan
    sem_agreement_low: float = math.nan
    sem_agreement_high: float = math.nan
    missing: Reasons = ()


@dataclass(frozen=True)
class Headline:
    """One finding's headline: the row of the table that speaks for it, and its plot."""

    row: RepeatabilityRow
    plot: Figure


@dataclass(frozen=True)
class ViewAgreement:
    """One view and light."""

    key: str
    lines: tuple[Headline, ...]
    regions: Mapping[str, Sequence[RepeatabilityRow]]  # region -> rows


def write_repeatability_report(
    rows: Sequence[RepeatabilityRow],
    shots: Mapping[tuple[str, ...], npt.NDArray[np.float64]],
    notes: Sequence[Reason],
    lang: str,
    path: Path,
) -> Path:
    """Write the page and return its path.

    Parameters
    ----------
    shots : (view, light, region, finding, metric) -> (n, k) values
    notes : which photos were taken

    Raises
    ------
    SettingsError
        There is no report in the language that was asked for.
    """
    say = language(lang)
    by_view: dict[str, list[RepeatabilityRow]] = {}
    for row in rows:
        by_view.setdefault(view_key(row), []).append(row)
    html = render(
        "repeatability.html",
        say,
        views=[_view(key, mine, shots, say) for key, mine in by_view.items()],
        notes=[say.reason(note) for note in notes],
        view_title=view_title,
        metric_title=metric_title,
        quantity=quantity,
        svg=svg,
    )
    return write(html, path)


def _view(
    key: str,
    rows: Sequence[RepeatabilityRow],
    shots: Mapping[tuple[str, ...], npt.NDArray[np.float64]],
    say: Language,
) -> ViewAgreement:
    lines = []
    for finding in FINDINGS:
        mine = {r.metric: r for r in rows if r.finding == finding and r.region in WHOLE and not r.missing}
        if speaking := next((mine[metric] for metric in SPEAKING_METRICS if metric in mine), None):
            values = shots[speaking.view, speaking.light, speaking.region, finding, speaking.metric]
            lines.append(Headline(speaking, bland_altman(values, speaking, say)))
    regions: dict[str, list[RepeatabilityRow]] = {}
    for row in rows:
        regions.setdefault(row.region, []).append(row)
    return ViewAgreement(key, tuple(lines), regions)


def bland_altman(values: npt.NDArray[np.float64], row: RepeatabilityRow, say: Language) -> Figure:
    """Second minus first shot against the mean of both, with bias and 95 % limits of agreement.

    values : (n, k)
    """
    mean, difference = values[:, :2].mean(axis=1), values[:, 1] - values[:, 0]
    with mpl.rc_context(STYLE):
        figure, axes = axes_of(4.6, 3.0, left=0.95)
        axes.axhspan(row.loa_low, row.loa_high, color=BAND, lw=0, zorder=0)
        axes.axhline(0, color=MUTED, lw=0.7, ls=(0, (1, 3)), zorder=1)
        axes.axhline(row.bias, color=ACCENT, lw=1.4, zorder=2)
        axes.plot(mean, difference, "o", color=INK, ms=5, alpha=0.75, mec="white", mew=0.6, zorder=3)
        reach = 1.25 * float(np.abs([row.loa_low, row.loa_high, *difference]).max()) or 1.0
        axes.set_ylim(-reach, reach)
        for level, drop in ((row.loa_high, "bottom"), (row.loa_low, "top")):
            text = say.value(level, row.unit, sign=True)
            axes.annotate(
                text,
                (0.995, level),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2 if drop == "bottom" else -2),
                textcoords="offset points",
                ha="right",
                va=drop,
                color=MUTED,
            )
        for ticks, limits, put in (
            (axes.get_xticks(), axes.get_xlim(), axes.set_xticks),
            (axes.get_yticks(), axes.get_ylim(), axes.set_yticks),
        ):
            shown = [tick for tick in ticks if limits[0] <= tick <= limits[1]]
            places = next(p for p in range(12) if np.allclose(np.round(shown, p), shown, rtol=0, atol=1e-9))
            put(shown, [say.number(tick, places) for tick in shown])
        axes.set_xlabel(say("repeatability.mean_axis", unit=say.unit(row.unit)).rstrip(", "))
        axes.set_ylabel(say("repeatability.difference_axis"))
    return figure
