"""One subject's report: gather what is said, fill the template, write the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skinimg.base.entries import Subject
from skinimg.base.findings import FINDINGS
from skinimg.base.results import SessionPictures, SubjectResult
from skinimg.report.content import gather
from skinimg.report.language import language
from skinimg.report.lesions import STRIPS
from skinimg.report.page import ReportOptions, render, write
from skinimg.report.pictures import colour_stops
from skinimg.report.verdicts import cells, metric_title, quantity


def write_subject_report(
    result: SubjectResult,
    session_pictures: Sequence[SessionPictures],
    options: ReportOptions,
    footer: Mapping[str, str],
    path: Path,
    subject: Subject | None = None,
) -> Path:
    """Write the report of one subject and return its path.

    Parameters
    ----------
    result : the rows of the tables of docs/REFERENCE.md.
    session_pictures : aligned pictures, in the order of the sessions, the baseline first within each view.
    footer : printed as it is, name and value: versions, weights, settings, hashes.
    path : the HTML file; with `options.pdf`, the PDF lies beside it, else none does.
    subject : the manifest's rows, for treatments, arms and instrument values; the report does without.

    Raises
    ------
    SettingsError
        There is no report in the language that was asked for.
    """
    say = language(options.lang)
    content = gather(result, session_pictures, options, subject, say)
    html = render(
        "subject.html",
        say,
        name=content.name,
        views=content.views,
        sessions=content.sessions,
        arms=content.arms,
        photos=content.photos,
        warnings=content.warnings,
        footer=dict(footer),
        findings=FINDINGS,
        strips=STRIPS,
        colour_stops=colour_stops,
        quantity=quantity,
        metric_title=metric_title,
        cells=cells,
    )
    beside = path.with_suffix(".pdf")
    if options.pdf:
        from skinimg.report.pdf import write_pdf

        write_pdf(content, footer, say, beside)
    else:
        beside.unlink(missing_ok=True)  # of an earlier analysis, whose numbers these are not
    return write(html, path)
