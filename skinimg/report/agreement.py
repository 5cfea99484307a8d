"""The page of repeatability: what can be detected, a Bland-Altman plot per finding, and every figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skinimg.base.findings import FINDINGS
from skinimg.base.reasons import Reason
from skinimg.base.results import Reasons
from skinimg.report.chart import MUTED, Chart, around, numbers
from skinimg.report.language import Language, language
from skinimg.report.page import render, write
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
    plot: Chart


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
        metric_title=metric_title,
        quantity=quantity,
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


def bland_altman(values: npt.NDArray[np.float64], row: RepeatabilityRow, say: Language) -> Chart:
    """Second minus first shot against the mean of both, with bias and 95 % limits of agreement.

    values : (n, k)
    """
    mean, difference = values[:, :2].mean(axis=1), values[:, 1] - values[:, 0]
    reach = 1.25 * float(np.abs([row.loa_low, row.loa_high, *difference]).max())
    chart = Chart((331, 216), around(mean), (-reach, reach), left=68)
    chart.band(row.loa_low, row.loa_high)
    chart.line(chart.x, (0, 0), MUTED, 0.7, 0.6)
    chart.line(chart.x, (row.bias, row.bias), ACCENT)
    chart.dots(mean, difference)
    for level, drop in ((row.loa_high, -3.0), (row.loa_low, 11.0)):
        words = say.value(level, row.unit, sign=True)
        chart.words(chart.at_x(chart.x[1]), chart.at_y(level) + drop, words, MUTED, "end")
    of_mean = say("repeatability.mean_axis", unit=say.unit(row.unit)).rstrip(", ")
    chart.x_axis(*numbers(chart.x, 5, say), of_mean)
    chart.y_axis(*numbers(chart.y, 6, say), say("repeatability.difference_axis"))
    return chart
