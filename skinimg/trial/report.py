"""The report of a trial as one HTML page: flow, who took part, effects, courses, limits, and what authors must add."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from skinimg.base.provenance import versions
from skinimg.report import curves
from skinimg.report.language import language
from skinimg.report.page import render, write
from skinimg.trial.trial import Result, Trial

_MOST_LINES = 200  # people in a spaghetti plot: more are a grey block

# CONSORT 2010 with the extension for within-person trials (Pandis 2017): item, what the page gives or authors must say.
CHECKLIST: tuple[tuple[str, str, bool], ...] = (
    ("1a title: within-person or parallel design", "see the heading", True),
    ("2a why a within-person design suits the condition, and whether treatments can carry over", "", False),
    ("3a design, and how sides were assigned", "design above; the reason is yours", False),
    ("4a eligibility of people, and of their sides", "", False),
    ("6a outcomes, declared before the data were seen", "see Effects, role `declared`", True),
    ("7a sample size, with the correlation of sides", "`skinimg power` gives it", False),
    ("8a-10 random allocation, its concealment, and who did it", "", False),
    ("11a blinding of people, staff and assessors", "assessment is by software; say the rest", False),
    ("12a statistical methods that respect pairing", "see Method", True),
    ("13a flow of people and sides", "see Flow", True),
    ("15 baseline by person and by side", "see Who took part", True),
    ("17a effect with precision", "see Effects", True),
    ("18 other analyses, exploratory ones told apart", "see Effects, role `exploratory`", True),
    ("19 harms", "", False),
    ("20 limitations", "see Limits", False),
    ("23-25 registration, protocol, funding", "", False),
)


@dataclass(frozen=True)
class Line:
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


def write_report(trial: Trial, path: Path) -> Path:
    """Write the page and return its path."""
    shown = [r for r in trial.results if r.role == "declared"] or list(trial.results[: len(trial.data.endpoints)])
    html = render(
        "trial.html",
        language("en"),
        trial=trial,
        lines=[_line(r) for r in trial.results],
        table_1=_table_1(trial),
        forest=curves.svg(_forest(shown)),
        courses=[(r.endpoint, curves.svg(_spaghetti(trial, r.endpoint))) for r in shown],
        formulas=list(dict.fromkeys(f"{r.endpoint}: {r.model.formula}" for r in shown if r.model.formula)),
        checklist=CHECKLIST,
        versions=versions(),
    )
    return write(html, path)


def _line(r: Result) -> Line:
    e = r.effect
    p = (e.p_t, e.p_rank, r.model.p, r.p_holm, r.p_responders)
    shares = "; ".join(f"{arm} {k}/{n}" for arm, (k, n) in r.responders.items())
    return Line(
        r.endpoint,
        r.visit,
        r.n,
        f"{_interval(e.estimate, e.low, e.high)} {'' if r.unit == '1' else r.unit}",
        _interval(r.ratio.estimate, r.ratio.low, r.ratio.high),
        _interval(r.model.estimate, r.model.low, r.model.high),
        tuple(_number(v) for v in p),
        shares or "–",
        _number(r.tipping),
        r.role,
    )


def _interval(value: float, low: float, high: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3g} ({_number(low)} to {_number(high)})"


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3g}"


def _table_1(trial: Trial) -> list[tuple[str, list[str]]]:
    """Who took part, and their baseline, by arm."""
    places = trial.people.places
    roster = trial.roster.drop_duplicates("subject").set_index("subject")
    by_arm = [places.loc[places["arm"] == arm, "subject"] for arm in trial.people.arms]
    lines = [("people", [str(s.nunique()) for s in by_arm])]
    ages = [pd.to_numeric(roster["age"].reindex(s), errors="coerce").dropna() for s in by_arm]
    lines.append(("age, mean (SD)", [f"{a.mean():.0f} ({a.std():.0f})" if len(a) > 1 else "–" for a in ages]))
    types = [roster["phototype"].reindex(s).replace("", np.nan).dropna().value_counts().sort_index() for s in by_arm]
    lines.append(("skin type", [", ".join(f"{k}: {n}" for k, n in t.items()) or "–" for t in types]))
    for endpoint in trial.data.endpoints:
        mine = trial.data.rows[(trial.data.rows["endpoint"] == endpoint) & trial.data.rows["baseline"].notna()]
        first = mine.drop_duplicates(["subject", "arm"])
        values = [first.loc[first["arm"] == arm, "baseline"] for arm in trial.people.arms]
        lines.append((f"{endpoint} at baseline, mean (SD)", [f"{v.mean():.3g} ({v.std():.3g})" for v in values]))
    return lines


def _forest(results: list[Result]) -> Figure:
    """Effects with intervals, each in units of its own half-width so that endpoints of all units share an axis."""
    with mpl.rc_context(curves.STYLE):
        figure, axes = curves.axes_of(7.0, 0.9 + 0.3 * len(results), left=2.6)
        for k, r in enumerate(reversed(results)):
            half = (r.effect.high - r.effect.low) / 2
            if np.isfinite(half) and half > 0:
                axes.plot([r.effect.estimate / half - 1, r.effect.estimate / half + 1], [k, k], color=curves.INK)
                axes.plot([r.effect.estimate / half], [k], "s", color=curves.INK)
        axes.axvline(0, color=curves.MUTED, linewidth=0.8)
        axes.set_yticks(range(len(results)), [f"{r.endpoint}, {r.visit}" for r in reversed(results)])
        axes.set_xlabel("effect in half-widths of its own interval")
    return figure


def _spaghetti(trial: Trial, endpoint: str) -> Figure:
    """Every person's change from visit to visit, and the mean of each arm."""
    mine = trial.data.rows[(trial.data.rows["endpoint"] == endpoint)]
    places = range(len(trial.data.visits) + 1)
    with mpl.rc_context(curves.STYLE):
        figure, axes = curves.axes_of(7.0, 3.0)
        for colour, arm in zip(("#0b6e6e", "#b3541e"), trial.people.arms, strict=False):
            wide = mine[mine["arm"] == arm].pivot(index="subject", columns="visit", values="change")
            wide = wide.reindex(columns=list(trial.data.visits))
            each = np.column_stack([np.zeros(len(wide)), wide.to_numpy(np.float64)])
            for line in each[:_MOST_LINES]:
                axes.plot(places, line, color=colour, linewidth=0.5, alpha=0.35)
            counts = np.isfinite(each).sum(axis=0)
            mean = np.where(counts > 0, np.nansum(each, axis=0) / np.maximum(counts, 1), np.nan)
            axes.plot(places, mean, color=colour, linewidth=2.5, label=arm)
        axes.set_xticks(list(places), ["baseline", *trial.data.visits])
        axes.set_ylabel("change")
        axes.legend(frameon=False)
    return figure
