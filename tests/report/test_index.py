"""The study's page."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from skinimg.base.reasons import why
from skinimg.base.records import SubjectFailure
from skinimg.output.tables import frame
from skinimg.report import ReportOptions, write_index


@pytest.fixture
def study(drawn_subject):
    drawn = [drawn_subject(name=name, scale=0.05).result for name in ("P-10", "P-9", "<b>P&1</b>")]
    return {name: pd.concat([getattr(d, name) for d in drawn]) for name in ("photos", "scores")}


def test_lists_links_and_failures(study, tmp_path):
    error = why("no_photo_measured", refusals=(why("empty_file", file="S1_front.jpg"),))
    failure = SubjectFailure("P-99", str(error), study["photos"][:0], {str(error): (error,)})
    path = write_index(study, [failure], ReportOptions(), tmp_path / "index.html", lambda name: name.strip("<b>/"))
    html = path.read_text(encoding="utf-8")
    assert re.findall(r'<a href="(reports[^"]+)"', html) == [
        "reports/P-10.html",
        "reports/P-9.html",
        "reports/P%261.html",
    ]
    assert "<b>P" not in html
    assert "No photo could be measured: the photo is empty (found 0 bytes" in html
    assert "3 persons, 1 not scored" in html
    assert html.count("data:image/svg+xml;base64,") == 5  # spots, redness, pores, scars and overall; no wrinkles


def test_an_empty_study_is_still_a_page(tmp_path):
    tables = {name: frame(name, []) for name in ("photos", "scores")}
    path = write_index(tables, [], ReportOptions(lang="fr"), tmp_path / "index.html")
    assert "Toutes les personnes ont été évaluées." in path.read_text(encoding="utf-8")
