"""The page of one subject: what it says, what it must not contain, and bad input."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from math import nan
from pathlib import Path

import numpy as np
import pytest

from skinimg.base.errors import SettingsError
from skinimg.base.reasons import why
from skinimg.base.results import IndexRow
from skinimg.report import ReportOptions, write_subject_report

Draw = Callable[..., "object"]
SECTIONS = ("summary", "missing", "history", "compare-0", "change-0", "details", "photos", "alignment-0", "method")


def page(drawn, tmp_path: Path, options: ReportOptions = ReportOptions(), subject: bool = True) -> str:  # noqa: B008
    path = write_subject_report(
        drawn.result, drawn.pictures, options, drawn.footer, tmp_path / "r.html", drawn.subject if subject else None
    )
    assert path == tmp_path / "r.html"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]  # nothing half-written is left
    return path.read_text(encoding="utf-8")


def words(html: str) -> str:
    """What a reader reads."""
    html = re.sub(r"<(style|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


class Balance(HTMLParser):
    """Checks that every element is closed by its own end tag."""

    VOID = frozenset(("meta", "input", "img", "br", "link", "image", "use", "path", "rect", "circle"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_says_how_much_how_sure_and_the_verdict(drawn_subject, tmp_path):
    html = page(drawn_subject(), tmp_path)
    said = words(html)
    speaking = ("S4", "face", "spots", "burden")
    changes = drawn_subject().result.changes
    (percent,) = (-c.change_percent for c in changes if (c.session, c.region, c.finding, c.metric) == speaking)
    assert f"{percent:.0f} % less pigment load of the spots, 95 % interval" in said
    assert "Smallest detectable change: 6.0 %." in said
    for verdict in ("Improved", "Worsened", "Unchanged", "Not assessable"):
        assert verdict in said
    assert "Another expression: landmarks moved by 6.0 % of the face." in said
    assert "Exosomes, 0.5 mm microneedling" in said
    assert "Not a medical device" in said
    for section in SECTIONS:
        assert f'id="{section}"' in html
    balance = Balance()
    balance.feed(html)
    assert balance.open == []


def test_next_to_nothing_at_baseline_is_told_in_its_unit(drawn_subject, tmp_path):
    drawn = drawn_subject()
    little = {"baseline": 0.01, "follow_up": 0.02, "change": 0.01, "change_percent": 100.0, "verdict": "unchanged"}
    faint = tuple(replace(c, **little) if c.finding == "redness" else c for c in drawn.result.changes)
    said = words(page(replace(drawn, result=replace(drawn.result, changes=faint)), tmp_path))
    summary = said[: said.index("Before and after")]
    assert "There was so little at first that even its disappearance would be within measurement noise." in summary
    assert "% more redness" not in summary


def test_maps_that_show_nothing_in_any_session_are_a_sentence(drawn_subject, tmp_path):
    drawn, nothing = drawn_subject(sessions=3), np.zeros((18, 14), np.float32)
    later = [replace(p, changes={"erythema": nothing, "hyperpigmentation": nothing - 0.08}) for p in drawn.pictures[1:]]
    drawn.pictures[1:] = later
    html = page(drawn, tmp_path)
    section = html[html.index('id="fields-0"') :]
    section = section[: section.index("</section>")]
    assert words(section).count("Nothing stands out of the noise in any session.") == 1
    assert "-hyperpigmentation-change" in section and "-erythema-change" not in html


def test_is_self_contained(drawn_subject, tmp_path):
    html = page(drawn_subject(), tmp_path)
    found = re.findall(r"""\s(?:href|src)="([^"]+)"|url\(["']?([^"')]+)""", html)
    addresses = [one or other for one, other in found]
    assert addresses
    assert {a.split(":")[0] if not a.startswith("#") else "#" for a in addresses} == {"#", "data"}
    targets = set(re.findall(r'\bid="([^"]+)"', html))
    assert {a[1:] for a in addresses if a.startswith("#")} <= targets


def test_every_part_is_in_the_page_once(drawn_subject, tmp_path):
    html = page(drawn_subject(), tmp_path)
    pictures = re.findall(r"data:image/webp;base64,[A-Za-z0-9+/=]+", html)
    assert len(pictures) == len(set(pictures)) == 12  # photo and two maps of four sessions
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_same_input_same_bytes(drawn_subject, tmp_path):
    first = page(drawn_subject(), tmp_path)
    assert page(drawn_subject(), tmp_path) == first


def test_names_and_notes_are_escaped(drawn_subject, tmp_path):
    evil = """<script>alert("1")</script>'"&</title>"""
    drawn = drawn_subject(name=evil, arms=(evil, "B"))
    first, *others = drawn.result.photos
    drawn.result = replace(drawn.result, photos=(replace(first, photo=evil), *others))
    entries = tuple(replace(entry, treatment=evil) for entry in drawn.subject.photos)
    drawn.subject = replace(drawn.subject, photos=entries)
    drawn.result = replace(drawn.result, warnings=(why("as_told", words=evil),))
    drawn.footer = {evil: evil}
    html = page(drawn, tmp_path)
    assert "<script>alert" not in html
    assert "</title>'" not in html
    assert html.count("<script") == 3
    assert html.count("&lt;script&gt;alert") >= 6


def test_french_speaks_french(drawn_subject, tmp_path):
    said = words(page(drawn_subject(), tmp_path, ReportOptions(lang="fr")))
    assert "Charge pigmentaire des taches : " in said
    assert "% de moins, intervalle à 95 % de " in said
    assert "Plus petit changement détectable : 6,0 %." in said
    assert "15 janvier 2026" in said
    assert "Autre expression : les repères ont bougé de 6,0 % du visage" in said
    for english in ("Improved", "Worsened", "change", "Whole face", "Before", "less", "more"):
        assert not re.search(rf"\b{english}\b", said.split("Réglages, versions et fichiers")[0])


def test_unknown_language_is_refused(drawn_subject, tmp_path):
    with pytest.raises(SettingsError, match="de, needs one of en, fr"):
        page(drawn_subject(), tmp_path, ReportOptions(lang="de"))
    assert not list(tmp_path.iterdir())


def test_one_session_shows_its_values(drawn_subject, tmp_path):
    said = words(page(drawn_subject(sessions=1), tmp_path))
    assert "nothing can be compared yet" in said
    assert "12.5 mm²" in said


def test_everything_rejected_says_what_to_do(drawn_subject, tmp_path):
    said = words(page(drawn_subject(rejected=True), tmp_path))
    assert "No photograph of this person could be used" in said
    assert "No face found" in said
    assert "Take this photograph again." in said


def test_forty_sessions_stay_small_and_keep_the_first_and_last(drawn_subject, tmp_path):
    html = page(drawn_subject(sessions=40, scale=0.2), tmp_path)
    assert "Pictures of 12 of 40 sessions are shown" in words(html)
    assert re.findall(r'<option value="\d+"[^>]*>(S\d+)</option>', html)[:12:11] == ["S1", "S40"]
    assert len(html) < 8e6


def test_a_long_name_in_another_script(drawn_subject, tmp_path):
    name = "山田太郎の長い名前" * 7
    assert f'<h1 dir="auto">{name}</h1>' in page(drawn_subject(name=name), tmp_path)


def test_without_the_manifest_rows(drawn_subject, tmp_path):
    html = page(drawn_subject(), tmp_path, subject=False)
    assert 'id="history"' in html
    assert 'id="sides"' not in html


def test_split_face_compares_the_sides(drawn_subject, tmp_path):
    html = page(drawn_subject(arms=("Exosomes", "Saline")), tmp_path)
    sides = words(html[html.index('id="sides"') : html.index('id="photos"')])
    assert "Left Exosomes" in sides
    assert "pigment load of the spots, left side / right side" in sides


def test_no_millimetres_without_a_scale(drawn_subject, tmp_path):
    drawn = drawn_subject(view="closeup")
    assert re.search(r"<text [^>]*>\d+\s+mm</text>", page(drawn, tmp_path))
    assumed = tuple(replace(row, scale_source="assumed") for row in drawn.result.photos)
    drawn.result = replace(drawn.result, photos=assumed)
    html = page(drawn, tmp_path)
    assert not re.search(r"<text [^>]*>\d+\s+mm</text>", html)
    assert "no known millimetres" in words(html)


@pytest.mark.parametrize(("lang", "title", "value"), [("en", "mMASI-like", "6.4"), ("fr", "Type mMASI", "6,4")])
def test_clinical_scores_are_shown_as_estimates(drawn_subject, tmp_path, lang, title, value):
    drawn = drawn_subject()
    coarse = why("not_measurable", px_per_mm=4.2, needed=6)
    rows = (
        IndexRow("P-017", "front", "standard", "S1", "mmasi_like", 6.4, 5.0, 8.1, "points"),
        IndexRow("P-017", "front", "standard", "S4", "mmasi_like", 3.1, 2.2, 4.6, "points"),
        IndexRow("P-017", "front", "standard", "S1", "ecca_like", nan, nan, nan, "points", (coarse,)),
        IndexRow("P-017", "front", "standard", "S4", "ecca_like", nan, nan, nan, "points", (coarse,)),
    )
    without = words(page(drawn, _made(tmp_path / "a"), ReportOptions(lang=lang)))
    drawn.result = replace(drawn.result, indices=rows)
    said = words(page(drawn, _made(tmp_path / "b"), ReportOptions(lang=lang)))
    assert title not in without
    assert f"{title}, " in said and value in said
    assert "4.2 px/mm" in said or "4,2 px/mm" in said  # a reason instead of a value


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
