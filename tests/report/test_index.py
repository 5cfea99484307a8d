"""The study's page."""

from __future__ import annotations

import re

import pytest

from skinimg.base.reasons import why
from skinimg.base.results import SubjectOverview
from skinimg.report import ReportOptions, index, write_index


@pytest.fixture
def study(drawn_subject):
    drawn = [drawn_subject(name=name, scale=0.05).result for name in ("P-10", "P-9", "<b>P&1</b>")]
    return [SubjectOverview(d.subject, d.photos, d.scores) for d in drawn]


def test_lists_links_and_failures(study, tmp_path):
    error = why("no_photo_measured", refusals=(why("empty_file", file="S1_front.jpg"),))
    target = tmp_path / "index.html"
    path = write_index(study, {"P-99": (error,)}, ReportOptions(), target, lambda name: name.strip("<b>/"))
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
    path = write_index([], {}, ReportOptions(lang="fr"), tmp_path / "index.html")
    assert "Toutes les personnes ont été évaluées." in path.read_text(encoding="utf-8")


def test_many_people_are_paged_and_summed_up(drawn_subject, tmp_path, monkeypatch):
    monkeypatch.setattr(index, "PAGE", 2)
    one = drawn_subject(name="P", scale=0.05).result
    names = [f"P{k}" for k in range(5)]
    people = [SubjectOverview(name, one.photos, one.scores) for name in names]
    stale = tmp_path / "index_9.html"
    stale.write_text("of an earlier run")
    path = write_index(iter(people), {"P1": (why("grey"),)}, ReportOptions(), tmp_path / "index.html")
    pages = [path, tmp_path / "index_2.html"]
    shown = [re.findall(r'<a href="reports/([^"]+).html"', page.read_text(encoding="utf-8")) for page in pages]
    assert shown == [["P0", "P2"], ["P3", "P4"]]
    assert not stale.exists()
    assert '<a href="index_2.html">2</a>' in path.read_text(encoding="utf-8")
    spots = [score.verdict for score in one.scores if score.finding == "spots"][-1]
    row = re.search(r"Pigmentation spots</th>((?:<td>\d+</td>)+)", path.read_text(encoding="utf-8"))
    counts = dict(zip(("improved", "unchanged", "worsened", "not_assessable"), re.findall(r"\d+", row[1]), strict=True))
    assert counts == dict.fromkeys(counts, "0") | {spots: "4"}
