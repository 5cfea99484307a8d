"""The study's overview: every subject's verdicts, how far people improved, and what could not be scored.

A study of more than `PAGE` people has several pages, each written as soon as its people were read; the first one sums up.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from skinimg.base.findings import FINDINGS
from skinimg.base.reasons import Said
from skinimg.report import curves, photos
from skinimg.report.curves import Score
from skinimg.report.language import Language, language
from skinimg.report.page import ReportOptions, render, write

PAGE = 200  # people on a page, which is then about 0.6 MB; a forest plot of more has names that nobody reads
_ORDER = ("overall", *FINDINGS)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    subject: str
    href: str
    view: str
    session: str
    photos: str
    scores: dict[str, Score]


@dataclass
class _Sum:
    """What is kept of all people while pages are written."""

    people: int = 0
    verdicts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    improvements: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, scores: Iterable[Score]) -> None:
        for score in scores:
            self.verdicts[score.finding][score.verdict] += 1
            if math.isfinite(score.improvement):
                self.improvements[score.finding].append(score.improvement)


def write_index(
    parts: Iterable[Mapping[str, pd.DataFrame]],
    failures: Mapping[str, str],
    options: ReportOptions,
    path: Path,
    file_name: Callable[[str], str] = str,
    said: Said | None = None,
) -> Path:
    """Write the study's page, and `index_2.html` ... beside it where there are many people; returns the first path.

    Parameters
    ----------
    parts : `photos` and `scores` of one or more subjects each, with the columns of docs/REFERENCE.md, in order.
    failures : subject -> why it could not be scored.
    file_name : subject -> the stem of its report in `reports/`, where names are made safe for files.
    said : what the failures' sentences say, as data, for pages in another language.

    Raises
    ------
    SettingsError
        There is no report in the language that was asked for.
    """
    say = replace(language(options.lang), said=said or {})
    people = (rows for part in parts for rows in _people(part, file_name) if rows[0].subject not in failures)
    total, first = _Sum(), list[Row]()
    number, page = 0, list(islice(people, PAGE))
    while page or not number:
        number += 1
        following = list(islice(people, PAGE))
        total.people += len(page)
        rows = [row for one in page for row in one]
        total.add(score for row in rows for score in row.scores.values())
        if number == 1:
            first = rows
        else:
            _write_page(rows, path, number, more=bool(following), say=say)
        page = following
    later = [_page_name(path, k) for k in range(2, number + 1)]
    for old in path.parent.glob(f"{path.stem}_*{path.suffix}"):
        if old.name not in later:
            old.unlink()
    html = render(
        "index.html",
        say,
        rows=first,
        findings=[f for f in _ORDER if f in total.verdicts],
        people=total.people,
        pages=later,
        verdicts=total.verdicts,
        plots=_plots(first, total, say, paged=number > 1),
        failures=failures,
        view_title=photos.view_title,
    )
    return write(html, path)


def _page_name(path: Path, number: int) -> str:
    return path.name if number == 1 else f"{path.stem}_{number}{path.suffix}"


def _write_page(rows: list[Row], path: Path, number: int, *, more: bool, say: Language) -> None:
    """A later page: the table of its people, and the way to the pages around it."""
    here = {finding for row in rows for finding in row.scores}
    html = render(
        "index_page.html",
        say,
        rows=rows,
        findings=[f for f in _ORDER if f in here],
        number=number,
        overview=path.name,
        before=_page_name(path, number - 1),
        after=_page_name(path, number + 1) if more else "",
        view_title=photos.view_title,
    )
    write(html, path.with_name(_page_name(path, number)))


def _plots(rows: Sequence[Row], total: _Sum, say: Language, *, paged: bool) -> list[tuple[str, str]]:
    """(finding, picture): people by name with their intervals, or, of many, their improvements in order of size."""
    if paged:
        return [
            (f, curves.svg(curves.waterfall(total.improvements[f], say))) for f in _ORDER if f in total.improvements
        ]
    scores = [score for row in rows for score in row.scores.values() if math.isfinite(score.improvement)]
    by_finding = {f: [score for score in scores if score.finding == f] for f in _ORDER}
    return [(f, curves.svg(curves.forest(mine, say))) for f, mine in by_finding.items() if mine]


def _people(part: Mapping[str, pd.DataFrame], file_name: Callable[[str], str]) -> Iterator[list[Row]]:
    """One line per view of each person."""
    scores = _last_scores(part["scores"])
    for subject, table in part["photos"].groupby("subject", sort=False):
        usable = f"{int((table['status'] != 'rejected').sum())}/{len(table)}"
        mine = [score for score in scores if score.subject == str(subject)]
        href = "reports/" + quote(f"{file_name(str(subject))}.html")
        rows = []
        for view in dict.fromkeys(score.view for score in mine) or [""]:
            by_finding = {score.finding: score for score in mine if score.view == view}
            session = next(iter(by_finding.values())).session if by_finding else ""
            rows.append(Row(str(subject), href, view, session, usable, by_finding))
        yield rows


def _last_scores(table: pd.DataFrame) -> list[Score]:
    """Scores of each subject's and view's last session; the table is in the order of the sessions."""
    last = table.groupby(["subject", "view"], sort=False)["session"].transform("last") if len(table) else table
    kept = table[table["session"] == last] if len(table) else table
    return [
        Score(
            str(r.subject), str(r.view), str(r.session), str(r.finding), _number(r.improvement_percent),
            _number(r.ci_low), _number(r.ci_high), str(r.verdict),
        )
        for r in kept.itertuples(index=False)
    ]  # fmt: skip


def _number(value: object) -> float:
    return math.nan if value is None or value == "" or pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]
