"""The study's overview: every subject's verdicts, how far people improved, and what could not be scored.

A study of more than `PAGE` people has several pages, each written as soon as its people were read; the first one sums up.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from skinimg.base.findings import FINDINGS
from skinimg.base.results import Reasons, ScoreRow, SubjectOverview
from skinimg.report import curves
from skinimg.report.language import Language, language
from skinimg.report.page import ReportOptions, render, write

PAGE = 200  # people on a page, which is then about 0.6 MB; a forest plot of more has names that nobody reads
_ORDER = ("overall", *FINDINGS)


@dataclass(frozen=True)
class PersonLine:
    """One line of the table."""

    subject: str
    href: str
    view: str
    session: str
    photos: str
    scores: dict[str, ScoreRow]


@dataclass
class _Sum:
    """What is kept of all people while pages are written."""

    people: int = 0
    verdicts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    improvements: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, scores: Iterable[ScoreRow]) -> None:
        for score in scores:
            self.verdicts[score.finding][score.verdict] += 1
            if math.isfinite(score.improvement_percent):
                self.improvements[score.finding].append(score.improvement_percent)


def write_index(
    subjects: Iterable[SubjectOverview],
    failures: Mapping[str, Reasons],
    options: ReportOptions,
    path: Path,
    file_name: Callable[[str], str] = str,
) -> Path:
    """Write the study's page, and `index_2.html` ... beside it where there are many people; returns the first path.

    Parameters
    ----------
    subjects : one after the other, read as they are wanted.
    failures : subject -> why it could not be scored.
    file_name : subject -> the stem of its report in `reports/`, where names are made safe for files.

    Raises
    ------
    SettingsError
        There is no report in the language that was asked for.
    """
    say = language(options.lang)
    people = (_lines(one, file_name) for one in subjects if one.subject not in failures)
    total, first = _Sum(), list[PersonLine]()
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
    )
    return write(html, path)


def _page_name(path: Path, number: int) -> str:
    return path.name if number == 1 else f"{path.stem}_{number}{path.suffix}"


def _write_page(rows: list[PersonLine], path: Path, number: int, *, more: bool, say: Language) -> None:
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
    )
    write(html, path.with_name(_page_name(path, number)))


def _plots(rows: Sequence[PersonLine], total: _Sum, say: Language, *, paged: bool) -> list[tuple[str, str]]:
    """(finding, picture): people by name with their intervals, or, of many, their improvements in order of size."""
    if paged:
        return [(f, curves.waterfall(total.improvements[f], say).svg()) for f in _ORDER if f in total.improvements]
    scores = [score for row in rows for score in row.scores.values() if math.isfinite(score.improvement_percent)]
    by_finding = {f: [score for score in scores if score.finding == f] for f in _ORDER}
    return [(f, curves.forest(mine, say).svg()) for f, mine in by_finding.items() if mine]


def _lines(one: SubjectOverview, file_name: Callable[[str], str]) -> list[PersonLine]:
    """One line per view of a person, with the scores of its last session: rows are in the order of the sessions."""
    usable = f"{sum(row.status != 'rejected' for row in one.photos)}/{len(one.photos)}"
    href = "reports/" + quote(f"{file_name(one.subject)}.html")
    last = {score.view: score.session for score in one.scores} or {"": ""}
    lines = []
    for view, session in last.items():
        mine = {score.finding: score for score in one.scores if (score.view, score.session) == (view, session)}
        lines.append(PersonLine(one.subject, href, view, session, usable, mine))
    return lines
