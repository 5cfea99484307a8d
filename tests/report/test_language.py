"""Numbers, dates and words of both languages."""

from __future__ import annotations

import ast
import math
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest

import skinimg
from skinimg.base.findings import CLOSEUP_REGIONS, FACE_REGIONS, FINDINGS, LIGHTS, VIEWS
from skinimg.base.reasons import in_words, read_said, renamed, sentences, told, why, write_said
from skinimg.compare.clinical_scores import INDICES
from skinimg.measure.metrics import METRICS
from skinimg.report.language import LANGUAGES, NBSP, language

EN, FR = language("en"), language("fr")


def test_both_languages_have_the_same_keys_and_places():
    for section, entries in EN.catalogue.items():
        assert set(FR.catalogue[section]) == set(entries), section
        for key, text in entries.items():
            if isinstance(text, str):
                places = [sorted(set(re.findall(r"{(\w+)", t))) for t in (text, FR.catalogue[section][key])]
                assert places[0] == places[1], (section, key)
    assert set(FR.catalogue) == set(EN.catalogue)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_name_of_the_contract_has_a_word(lang):
    words = language(lang).catalogue
    assert set(FINDINGS) | {"overall"} == set(words["finding"])
    assert set(FINDINGS) == set(words["definition"])
    assert set(METRICS) == set(words["metric"])
    assert {*FACE_REGIONS, *CLOSEUP_REGIONS} == set(words["region"])
    assert {*VIEWS, *LIGHTS} == set(words["view"])


def test_numbers_are_written_as_the_reader_writes_them():
    assert EN.number(1234.5) == "1\N{NARROW NO-BREAK SPACE}234" or EN.number(1234.5) == "1\N{NARROW NO-BREAK SPACE}235"
    assert FR.number(-0.12345) == "−0,123"
    assert EN.number(0.0) == "0"
    assert EN.number(math.nan) == FR.percent(math.nan) == "—"
    assert EN.percent(31.2) == "31\N{NO-BREAK SPACE}%"
    assert FR.percent(-3.14, sign=True) == "−3,1\N{NO-BREAK SPACE}%"
    assert EN.percent(0.04, sign=True) == "0.0\N{NO-BREAK SPACE}%"
    assert EN.value(12.3, "mm2") == "12.3\N{NO-BREAK SPACE}mm²"
    assert EN.value(12.3, "deg") == "12.3°"
    assert EN.value(7.0, "1") == "7"
    assert EN.value(63.25, "1") == "63.2"


def test_dates_are_words_and_other_text_stays():
    assert EN.date("2026-01-05") == "5 January 2026"
    assert FR.date("2026-08-05") == "5 août 2026"
    assert EN.date("week 3") == "week 3"
    assert EN.date("") == ""


def places_of(sentence):
    return sorted(place for _, place, _, _ in string.Formatter().parse(sentence) if place)


def test_every_reason_has_a_sentence_with_the_same_places_in_every_language():
    english = sentences("en")
    for lang in LANGUAGES:
        assert set(sentences(lang).reason) == set(english.reason), lang
        for code, text in sentences(lang).reason.items():
            assert places_of(text) == places_of(english.reason[code]), (lang, code)
    assert set(english.hint) <= set(english.reason)


def test_every_code_of_the_source_has_a_sentence_and_no_sentence_is_left_over():
    """Codes are literals, so that this test finds them; two families are put together from a prefix and an identifier."""
    used = set()
    for path in Path(skinimg.__file__).parent.rglob("*.py"):
        words = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
        used |= {word for word in words if isinstance(word, str)}
    used |= {index.note.code for index in INDICES}
    known = set(sentences("en").reason)
    assert known <= used, known - used
    called = re.compile(r'why\(\s*"(\w+)"')
    asked = {
        code for path in Path(skinimg.__file__).parent.rglob("*.py") for code in called.findall(path.read_text("utf-8"))
    }
    assert len(asked) > 80
    assert asked <= known, asked - known


def test_a_reason_is_written_in_the_readers_language():
    coarse = why("not_measurable", px_per_mm=4.24, needed=8)
    assert str(coarse) == "not measurable at 4.2 px/mm, needs 8"
    assert EN.reason(coarse) == "Not measurable at 4.2 px/mm, needs 8"
    assert FR.reason(coarse) == "Non mesurable à 4,2 px/mm, il faut 8"
    assert EN.reason() == "No reason was recorded"


def test_nouns_follow_their_number_and_identifiers_are_named():
    soon = [why("soon_after_treatment", days=days, session="S1", limit=7) for days in (0, 1, 2)]
    assert [str(reason).split(" after")[0] for reason in soon] == ["0 days", "1 day", "2 days"]
    assert [FR.reason(reason).split(" après")[0] for reason in soon] == ["0 jour", "1 jour", "2 jours"]
    copies = [why("copies", count=count) for count in (1, 2)]
    assert [str(reason) for reason in copies] == [
        "1 repeat shot is a copy of another and does not count",
        "2 repeat shots are copies of another and do not count",
    ]
    little = [why("little_for_percent", baseline=1.0, least=1.724, unit=unit) for unit in ("1", "mm2 OD")]
    assert [FR.reason(reason) for reason in little] == [
        f"Trop peu pour un pourcentage{NBSP}: 1 sur 1,72",
        f"Trop peu pour un pourcentage{NBSP}: 1 sur 1,72 mm²·OD",
    ]
    absent = why("none_here", finding="spots")
    assert str(absent) == "no spots found here"
    assert FR.reason(absent) == f"Taches pigmentaires{NBSP}: rien de tel ici"


def test_words_of_the_page_follow_their_number_too():
    places = {"session": "S2", "baseline": "S1"}
    assert EN("sentence.compared", days=1, **places) == "Session S2 compared with S1, 1 day later."
    assert FR("sentence.compared", days=30, **places) == "Séance S2 comparée à S1, 30 jours plus tard."
    assert [EN("ui.sessions", count=n) for n in (1, 2)] == ["1 session", "2 sessions"]
    assert [FR("index.lead", subjects=n, failed=0).split(",")[0] for n in (1, 2)] == ["1 personne", "2 personnes"]


def test_a_view_is_named_within_a_reason():
    said = why("later_baseline", subject="P01", view="front_cross_polarized", session="S2")
    assert str(said).startswith("P01, front_cross_polarized: S2")
    assert EN.reason(said).startswith("P01, front view, cross-polarised light: S2")
    place = why("of_place", place="front_uv", said=why("few_repeated", people=0))
    assert FR.reason(place).replace(NBSP, " ").startswith("Vue de face, lumière ultraviolette : prises répétées")
    other = why("one_view_of", views="front, left45", view="front")
    assert EN.reason(other) == "Of the views front view, left three-quarter view only front view is analysed"


def test_no_line_ends_before_a_percent_sign_or_a_french_colon():
    assert f"95{NBSP}%" in EN("lead.interval_plot")
    assert f"Rougeur et pigment diffus{NBSP}:" in FR("section.field_maps")
    assert f"20{NBSP}%" in EN.reason(why("shiny", percent=30.0, limit=20.0))


def test_a_reason_within_a_reason_is_translated_too():
    refused = why("no_usable_photo", refusals=(why("empty_file", file="Jane Doe.jpg"), why("mirrored")))
    assert str(refused).startswith("no usable photo: Jane Doe.jpg is empty (found 0 bytes")
    assert "Copy the photo again.; the photo is mirrored" in str(refused)
    said = FR.reason(refused)
    said = said.replace(NBSP, " ")
    assert said.startswith("Aucune photo utilisable : la photo est vide (trouvé : 0 octet ; il faut :")
    assert said.endswith(" ; la photo est inversée : seule son image en miroir montre la peau de la première")


def test_a_report_names_no_file_and_gives_no_second_advice():
    damaged = why("damaged", file="Jane Doe.png", cause="it ends early")
    assert str(damaged).endswith("(found it ends early, needs a complete file). Copy the photo again from the camera.")
    assert EN.reason(damaged) == "The photo is damaged or truncated (found it ends early, needs a complete file)"
    assert str(replace(damaged, advise=False)).endswith("needs a complete file)")


def test_a_cell_of_the_tables_is_read_through_what_it_says():
    cell = (why("blurred", sharpness=0.1, needed=0.25), why("grey"))
    read = told(in_words(cell), {in_words(cell): cell})
    assert FR.reason(*read).replace(NBSP, " ").startswith("Floue : netteté 0,10, il faut 0,25 ; sans couleur : ")
    assert FR.reason(*told("of an older version", {})) == "Of an older version"
    assert told("", {}) == ()


def test_reasons_survive_a_file(tmp_path):
    reason = why("no_usable_photo", refusals=(why("odd_pixels", file="a.png", kind=why("kind_palette")), why("grey")))
    write_said(tmp_path, {str(reason): (reason,)})
    assert read_said(tmp_path) == {str(reason): (reason,)}


def test_a_photos_own_name_is_kept_out_with_pseudonyms():
    reason = why("damaged", file="Jane Doe.png", cause="Jane Doe.png: bad")
    assert "Jane" not in str(renamed(reason, "Jane Doe.png", "4f.png"))
