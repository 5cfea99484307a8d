"""The study's overview: every subject's verdicts, a forest plot per finding, and what could not be scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from skinimg.base.findings import FINDINGS
from skinimg.base.records import SubjectFailure
from skinimg.report import curves, photos
from skinimg.report.curves import Score
from skinimg.report.language import language
from skinimg.report.page import ReportOptions, render, write


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    subject: str
    href: str
    view: str
    session: str
    photos: str
    scores: dict[str, Score]


def write_index(
    tables: Mapping[str, pd.DataFrame],
    failures: Sequence[SubjectFailure],
    options: ReportOptions,
    path: Path,
    file_name: Callable[[str], str] = str,
) -> Path:
    """Write the study's page and return its path.

    Parameters
    ----------
    tables : the study's `photos` and `scores`, with the columns of docs/REFERENCE.md.
    failures : subjects without a report.
    file_name : subject -> the stem of its report in `reports/`, where names are made safe for files.

    Raises
    ------
    SettingsError
        There is no report in the language that was asked for.
    """
    said = {text: reasons for failure in failures for text, reasons in failure.said.items()}
    say = replace(language(options.lang), said=said)
    scores = _last_scores(tables["scores"])
    findings = [f for f in ("overall", *FINDINGS) if any(score.finding == f for score in scores)]
    known = [score for score in scores if math.isfinite(score.improvement)]
    by_finding = {f: [score for score in known if score.finding == f] for f in findings}
    html = render(
        "index.html",
        say,
        rows=_rows(tables["photos"], scores, {failure.subject for failure in failures}, file_name),
        findings=findings,
        forests=[(f, curves.svg(curves.forest(mine, say))) for f, mine in by_finding.items() if mine],
        failures=failures,
        view_title=photos.view_title,
    )
    return write(html, path)


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


def _rows(table: pd.DataFrame, scores: list[Score], failed: set[str], file_name: Callable[[str], str]) -> list[Row]:
    """One line per subject and view; subjects that failed are listed elsewhere."""
    rows = []
    for subject in dict.fromkeys(table["subject"].astype(str)):
        if subject in failed:
            continue
        status = table.loc[table["subject"].astype(str) == subject, "status"]
        usable = f"{int((status != 'rejected').sum())}/{len(status)}"
        mine = [score for score in scores if score.subject == subject]
        href = "reports/" + quote(f"{file_name(subject)}.html")
        for view in dict.fromkeys(score.view for score in mine) or [""]:
            by_finding = {score.finding: score for score in mine if score.view == view}
            session = next(iter(by_finding.values())).session if by_finding else ""
            rows.append(Row(subject, href, view, session, usable, by_finding))
    return rows
