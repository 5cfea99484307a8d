"""The PDF beside the page: the same words, the same bytes every time, any name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skinimg.base.entries import PhotoEntry
from skinimg.base.reasons import why
from skinimg.base.results import Change
from skinimg.output.rows import change_row
from skinimg.report import ReportOptions, prints, write_subject_report
from skinimg.report.content import gather
from skinimg.report.language import language
from skinimg.report.pictures import outline
from skinimg.report.verdicts import changes_of

pdf = pytest.importorskip("skinimg.report.pdf", reason="reportlab is not installed")


def write(drawn, path, lang="en"):
    options = ReportOptions(lang=lang, pdf=True)
    write_subject_report(drawn.result, drawn.pictures, options, drawn.footer, path / "r.html", drawn.subject)
    assert sorted(p.name for p in path.iterdir()) == ["r.html", "r.pdf"]
    return (path / "r.pdf").read_bytes()


def test_is_written_beside_the_page_and_is_the_same_every_time(drawn_subject, tmp_path):
    first = write(drawn_subject(arms=("A", "B")), tmp_path)
    assert first.startswith(b"%PDF-")
    assert first.count(b"/Type /Page\n") >= 5
    assert first.count(b"/DCTDecode") == 9  # photo, outlines and two maps, before and after; map of change
    assert write(drawn_subject(arms=("A", "B")), tmp_path) == first


def test_an_older_pdf_does_not_stay_beside_a_newer_page(drawn_subject, tmp_path):
    drawn = drawn_subject(scale=0.1)
    write(drawn, tmp_path)
    write_subject_report(drawn.result, [], ReportOptions(), drawn.footer, tmp_path / "r.html", drawn.subject)
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_a_measured_change_says_its_reason_in_the_table():
    """A number without a verdict is no riddle; as on the page."""
    entries = [PhotoEntry("P", session, Path("a.jpg"), "a.jpg") for session in ("S1", "S2")]
    change = Change("face", "tone", "ita", "deg", 40.0, 10.0, -34.0, -26.0, 4.0, reason=why("no_direction"))
    (told,) = changes_of([change_row(*entries, change)], "front")
    table = pdf._changes([told], "metric", language("en"))
    verdict = table._cellvalues[1][-1]
    assert [part.getPlainText() for part in verdict][1] == "Changed, but neither direction is an improvement"


def test_no_heading_of_sides_without_any(drawn_subject):
    drawn = drawn_subject(arms=("A", "B"), scale=0.1)
    say = language("en")
    content = gather(drawn.result, drawn.pictures, ReportOptions(), drawn.subject, say)
    assert pdf._sides(content, say)
    without = replace(content, views=tuple(replace(view, sides=()) for view in content.views))
    assert pdf._sides(without, say) == []


def test_maps_of_change_of_what_has_no_edge_are_in_it_with_their_scale(drawn_subject, tmp_path):
    drawn = drawn_subject(sessions=3)
    without = write(drawn, tmp_path)
    change = np.full((18, 14), -0.08, np.float32)
    change[:3] = np.nan
    middle = replace(drawn.pictures[1], changes={"erythema": change, "hyperpigmentation": change})
    drawn.pictures[1:] = [middle, replace(drawn.pictures[2], changes={"erythema": change / 2})]
    path = tmp_path / "with"
    path.mkdir()
    found = write(drawn, path)
    assert found.count(b"/DCTDecode") == without.count(b"/DCTDecode") + 2  # of pigment the last that there is
    ramp = np.asarray(Image.open(prints.ramp("erythema")), int)[0]
    assert ramp[0, 2] > ramp[0, 0] and ramp[-1, 0] > ramp[-1, 2] and ramp[len(ramp) // 2].min() > 235


def test_maps_that_show_nothing_in_any_session_are_a_sentence(drawn_subject):
    say, nothing = language("en"), np.zeros((18, 14), np.float32)
    for sessions, still in (((nothing, nothing), ("erythema",)), ((nothing, nothing - 0.08), ())):
        drawn = drawn_subject(sessions=3)
        drawn.pictures[1:] = [
            replace(p, changes={"erythema": of}) for p, of in zip(drawn.pictures[1:], sessions, strict=True)
        ]
        content = gather(drawn.result, drawn.pictures, ReportOptions(), drawn.subject, say)
        pictures = content.views[0].pictures
        assert pictures is not None
        assert (pictures.still, bool(pictures.change_ranges)) == (still, not still)
        (block,) = pdf._field_maps(pictures, say)
        said = [one.text for one in block._content if hasattr(one, "text")]
        assert any("Nothing stands out of the noise" in one for one in said) == bool(still)


@pytest.mark.parametrize("case", [{"rejected": True}, {"sessions": 1}, {"name": "山田太郎 <b>&</b> Ægir Ωmega" * 3}])
def test_stands_bad_input(drawn_subject, tmp_path, case):
    assert write(drawn_subject(scale=0.1, **case), tmp_path, "fr").startswith(b"%PDF-")


def test_rings_follow_the_outline():
    mask = np.zeros((20, 20), bool)
    mask[5:11, 5:11] = True
    (ring,) = prints._rings(outline(mask), 2.0)
    assert ring[0] == ring[-1]
    assert (min(ring), max(ring)) == ((10.0, 10.0), (20.0, 20.0))
