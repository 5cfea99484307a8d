"""The report that a clinic hands over: one self-contained HTML file per subject, and an index of the study.

Comes in: records of `base/results.py`. Goes out: HTML and PDF. `run`, `repeatability` and `trial` call it.

subject    write_subject_report   fills the template, writes the file
content    gathers all that is said about one subject, for page and PDF
index      write_index            the study's overview
agreement  write_repeatability_report   what repeat photographs say about the noise
verdicts   from the table of changes to sentences
photos     what to do better next time
pictures   images and outlines as parts of one SVG
lesions    the map of change
curves     its charts
chart      strokes, dots and words as SVG
pdf        the same content with ReportLab
prints     its pictures
chart_print  its charts
language   words, numbers and dates; texts/LANG.toml
page       Jinja2, options, writing
"""

from skinimg.report.agreement import write_repeatability_report
from skinimg.report.index import write_index
from skinimg.report.page import ReportOptions
from skinimg.report.subject import write_subject_report

__all__ = ["ReportOptions", "write_index", "write_repeatability_report", "write_subject_report"]
