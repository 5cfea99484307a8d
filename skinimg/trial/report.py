"""The report of a trial as one HTML page: flow, who took part, effects, courses, limits, and what authors must add."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from skinimg.base.reasons import told
from skinimg.report.chart import MUTED, Chart, around, numbers
from skinimg.report.language import Language, language
from skinimg.report.page import render, write
from skinimg.trial import raters
from skinimg.trial.document import versions_used
from skinimg.trial.effects import Effect
from skinimg.trial.graders import Agreed
from skinimg.trial.mixed import Fit
from skinimg.trial.people import stated
from skinimg.trial.trial import Result, Trial

_MOST_LINES = 200  # people in a spaghetti plot: more are a grey block

# CONSORT 2010 with the extension for within-person trials (Pandis 2017): item_ and where_ in texts/LANG.toml.
FILLED = ("1a", "3a", "6a", "12a", "13a", "15", "17a", "18")  # by this page
OPEN = ("2a", "4a", "7a", "8a", "11a", "19", "20", "23")  # authors must say it


@dataclass(frozen=True)
class EffectLine:
    """One line of the table of effects, in words."""

    endpoint: str
    visit: str
    n: int
    effect: str
    ratio: str
    model: str
    p: tuple[str, ...]
    responders: str
    tipping: str
    role: str


def write_report(trial: Trial, path: Path, lang: str) -> Path:
    """Write the page and return its path; SettingsError where there is none in this language."""
    say = language(lang)
    shown = [r for r in trial.results if r.role == "declared"] or list(trial.results[: len(trial.data.endpoints)])
    html = render(
        "trial.html",
        say,
        trial=trial,
        lines=[_line(r, say) for r in trial.results],
        table_1=_table_1(trial, say),
        forest=_forest(shown, say).svg(),
        courses=[(r.endpoint, _spaghetti(trial, r.endpoint, say).svg()) for r in shown],
        formulas=list(dict.fromkeys(f"{r.endpoint}: {r.model.formula}" for r in shown if r.model.formula)),
        checklist=_checklist(say),
        told=told,
        versions=versions_used(),
        level=say.number(100 * (1 - trial.plan.alpha)),
        agreement=[_agreed(a, say) for a in trial.graders],
    )
    return write(html, path)


def _line(r: Result, say: Language) -> EffectLine:
    e = r.effect
    p = (e.p_t, e.p_rank, r.model.p, r.p_holm, r.p_responders)
    shares = "; ".join(f"{arm} {k}/{n}" for arm, (k, n) in r.responders.items())
    return EffectLine(
        r.endpoint,
        r.visit,
        r.n,
        f"{_interval(e, say)} {'' if r.unit == '1' else r.unit}",
        _interval(r.ratio, say),
        _interval(r.model, say),
        tuple(say.number(v) for v in p),
        shares or "–",
        "; ".join(say.number(v) for v in r.tipping if np.isfinite(v)) or say.number(r.tipping[0]),
        say(f"trial.{r.role}"),
    )


def _interval(e: Effect | Fit, say: Language) -> str:
    if np.isnan(e.estimate):
        return say("ui.nodata")
    return say("trial.interval", value=say.number(e.estimate), low=say.number(e.low), high=say.number(e.high))


def _agreed(a: Agreed, say: Language) -> tuple[str, str, str, str, list[str]]:
    """Scale, graders, gradings, ICC, and kappa of each pair of graders."""
    kappa = [f"{pair}: {_figure(found, say)}" for pair, found in a.kappa.items()]
    return a.name, str(a.graders), str(a.n), _figure(a.icc, say), kappa


def _figure(f: raters.RaterFigure, say: Language) -> str:
    if np.isnan(f.value):
        return say("ui.nodata")
    return say("trial.interval", value=say.number(f.value), low=say.number(f.low), high=say.number(f.high))


def _checklist(say: Language) -> list[tuple[str, str, bool]]:
    """(item, where it is said, whether this page says it), in the order of CONSORT."""
    known = say.catalogue["trial"]
    items = sorted((*FILLED, *OPEN), key=lambda item: (int(item.rstrip("a")), item))
    return [(known[f"item_{item}"], known.get(f"where_{item}", ""), item in FILLED) for item in items]


def _table_1(trial: Trial, say: Language) -> list[tuple[str, list[str]]]:
    """Who took part, and their baseline, by arm."""
    places = trial.people.places
    roster = stated(trial.roster, ["subject"]).set_index("subject")
    by_arm = [places.loc[places["arm"] == arm, "subject"] for arm in trial.people.arms]
    lines = [(say("trial.number"), [str(s.nunique()) for s in by_arm])]
    ages = [pd.to_numeric(roster["age"].reindex(s), errors="coerce").dropna() for s in by_arm]
    lines.append((say("trial.age"), [f"{a.mean():.0f} ({a.std():.0f})" if len(a) > 1 else "–" for a in ages]))
    types = [roster["phototype"].reindex(s).replace("", np.nan).dropna().value_counts().sort_index() for s in by_arm]
    lines.append((say("trial.phototype"), [", ".join(f"{k}: {n}" for k, n in t.items()) or "–" for t in types]))
    for endpoint in trial.data.endpoints:
        mine = trial.data.rows[(trial.data.rows["endpoint"] == endpoint) & trial.data.rows["baseline"].notna()]
        first = mine.drop_duplicates(["subject", "arm"])
        values = [first.loc[first["arm"] == arm, "baseline"] for arm in trial.people.arms]
        lines.append((say("trial.at_baseline", endpoint=endpoint), [_mean(v, say) for v in values]))
    return lines


def _mean(values: pd.Series, say: Language) -> str:
    return f"{say.number(float(values.mean()))} ({say.number(float(values.std()))})"


def _forest(results: list[Result], say: Language) -> Chart:
    """Effects with intervals, each in units of its own half-width so that endpoints of all units share an axis."""
    halves = [(r.effect.high - r.effect.low) / 2 for r in results]
    middles = [r.effect.estimate / half if half > 0 else np.nan for r, half in zip(results, halves, strict=True)]
    x = around([0.0, *(m + side for m in middles for side in (-1, 1))])
    chart = Chart((504, 65 + 21.6 * len(results)), x, (-0.7, len(results) - 0.3), left=187)
    chart.line((0, 0), chart.y, MUTED, 0.8)
    places = range(len(results))[::-1]  # the first on top
    for y, middle in zip(places, middles, strict=True):
        if np.isfinite(middle):
            chart.line((middle - 1, middle + 1), (y, y))
            chart.dots([middle], [y])
    chart.y_axis(places, [f"{r.endpoint}, {r.visit}" for r in results])
    chart.x_axis(*numbers(chart.x, 6, say), say("trial.half_widths"))
    return chart


def _spaghetti(trial: Trial, endpoint: str, say: Language) -> Chart:
    """Every person's change from visit to visit, and the mean of each arm."""
    mine = trial.data.rows[(trial.data.rows["endpoint"] == endpoint)]
    places = range(len(trial.data.visits) + 1)
    chart = Chart((504, 216), around(places), around([0.0, *mine["change"]]))
    for k, (colour, arm) in enumerate(zip(("#0b6e6e", "#b3541e"), trial.people.arms, strict=False)):
        wide = mine[mine["arm"] == arm].pivot(index="subject", columns="visit", values="change")
        wide = wide.reindex(columns=list(trial.data.visits))
        each = np.column_stack([np.zeros(len(wide)), wide.to_numpy(np.float64)])
        for line in each[:_MOST_LINES]:
            chart.line(places, line, colour, 0.5, 0.35)
        counts = np.isfinite(each).sum(axis=0)
        mean = np.where(counts > 0, np.nansum(each, axis=0) / np.maximum(counts, 1), np.nan)
        chart.line(places, mean, colour, 2.5)
        chart.words(chart.left + 8, 18 + 14 * k, arm, colour)
    chart.x_axis(places, [say("trial.baseline"), *trial.data.visits], "")
    chart.y_axis(*numbers(chart.y, 6, say), say("trial.change"))
    return chart
