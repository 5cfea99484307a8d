"""The page of repeatability: what can be detected, a Bland-Altman plot per finding, and every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from skinimg.base.findings import FINDINGS
from skinimg.base.reasons import Reason, Said
from skinimg.report.curves import BAND, INK, MUTED, STYLE, axes_of, svg
from skinimg.report.language import Language, language
from skinimg.report.page import render, write
from skinimg.report.photos import view_title
from skinimg.report.verdicts import SPEAKING_METRICS, WHOLE, metric_title, quantity, view_key

ACCENT = "#0b5563"


@dataclass(frozen=True)
class Line:
    """One finding's headline: the row of the table that speaks for it, and its plot."""

    row: Any
    plot: Figure


@dataclass(frozen=True)
class View:
    """One view and light."""

    key: str
    lines: tuple[Line, ...]
    regions: Mapping[str, Sequence[Any]]  # region -> rows


def write_repeatability_report(
    table: pd.DataFrame,
    shots: Mapping[tuple[str, ...], npt.NDArray[np.float64]],
    notes: Sequence[Reason],
    said: Said,
    lang: str,
    path: Path,
) -> Path:
    """Write the page and return its path.

    Parameters
    ----------
    table : repeatability.csv
    shots : (view, light, region, finding, metric) -> (n, k) values
    notes : which photos were taken; said : what the cells of `missing` say

    Raises
    ------
    SettingsError
        There is no report in the language that was asked for.
    """
    say = replace(language(lang), said=said)
    by_view: Any = table.groupby(["view", "light"], sort=False)
    views = [_view(str(view), str(light), rows, shots, say) for (view, light), rows in by_view]
    html = render(
        "repeatability.html", say, views=views, notes=[say.reason(note) for note in notes],
        view_title=view_title, metric_title=metric_title, quantity=quantity, svg=svg,
    )  # fmt: skip
    return write(html, path)


def _view(
    view: str, light: str, table: pd.DataFrame, shots: Mapping[tuple[str, ...], npt.NDArray[np.float64]], say: Language
) -> View:
    rows: list[Any] = list(table.itertuples(index=False))
    lines = []
    for finding in FINDINGS:
        mine = {r.metric: r for r in rows if r.finding == finding and r.region in WHOLE and not r.missing}
        if speaking := next((mine[metric] for metric in SPEAKING_METRICS if metric in mine), None):
            values = shots[view, light, speaking.region, finding, speaking.metric]
            lines.append(Line(speaking, bland_altman(values, speaking, say)))
    regions: dict[str, list[Any]] = {}
    for row in rows:
        regions.setdefault(row.region, []).append(row)
    return View(view_key(view, light), tuple(lines), regions)


def bland_altman(values: npt.NDArray[np.float64], row: Any, say: Language) -> Figure:
    """Second minus first shot against the mean of both, with bias and 95 % limits of agreement.

    values : (n, k); row : of repeatability.csv
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
