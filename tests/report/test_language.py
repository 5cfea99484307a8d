"""Numbers, dates and words of both languages."""

from __future__ import annotations

import math
import re

import pytest

from skinimg.findings import CLOSEUP_REGIONS, FACE_REGIONS, FINDINGS, LIGHTS, VIEWS
from skinimg.metrics import METRICS
from skinimg.report.language import LANGUAGES, language

EN, FR = language("en"), language("fr")


def test_both_languages_have_the_same_keys_and_places():
    for section, entries in EN.catalogue.items():
        assert set(FR.catalogue[section]) == set(entries), section
        for key, text in entries.items():
            if isinstance(text, str):
                places = [sorted(set(re.findall(r"{\w+}", t))) for t in (text, FR.catalogue[section][key])]
                assert places[0] == places[1], (section, key)
    assert set(FR.catalogue) - set(EN.catalogue) == {"reasons"}


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


def test_reasons_are_translated_where_their_wording_is_known():
    reason = "not measurable at 4.2 px/mm, needs 8"
    assert EN.reason(reason) == "Not measurable at 4.2 px/mm, needs 8"
    assert FR.reason(reason) == "Non mesurable à 4,2 px/mm, il faut 8"
    assert FR.reason("something new.") == "Something new"
    assert EN.reason("") == "No reason was recorded"
