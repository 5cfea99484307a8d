"""Numbers, dates and words of both languages."""

from __future__ import annotations

import math
import re

import pytest

from skinimg.base.findings import CLOSEUP_REGIONS, FACE_REGIONS, FINDINGS, LIGHTS, VIEWS
from skinimg.measure.metrics import METRICS
from skinimg.report.language import LANGUAGES, language, terse

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


# One of each kind that the stages write, from decoding the photo to judging the change.
REASONS = (
    "/data/Jane Doe/S2.front.png is damaged or truncated (found image file is truncated, needs a complete file). "
    "Copy the photo again from the camera.",
    "photos/S2.jpg is too large (found 40000 x 9000 = 360 megapixels, needs at most 200). If it is a real photo, ask.",
    "photos/S2.tif holds several pictures (found 3 pages or animation frames, needs one photo per file). Export it.",
    "the colour profile of a/S2.jpg cannot be used (found a grey profile on a colour photo, needs an RGB profile)",
    "no face found (found best confidence 0.02, needs 0.65). Check that the whole face is in the photo, upright; "
    "a close-up needs view=closeup.",
    "the face is too small (found 1.2 px/mm, 170 px wide, needs 3 px/mm, about 420 px wide). Come closer.",
    "2 faces: the largest central one is measured; photograph one person alone",
    "the head is turned differently in the two photos (found 31 degrees between them, needs at most 15 degrees).",
    "the photo is mirrored: its mirror image shows the baseline's skin, it does not. Export it without mirroring.",
    "no usable photo: the photo does not show the same skin as the baseline (found 10 of 96 skin features agree, "
    "needs 30 and 20 % of them). Check that it is the same person and place.",
    "too little of the baseline's skin is seen again (found 31 %, needs 60 %). Frame the photo like the baseline.",
    "the colour card cannot be read: partly hidden, in shadow or glare, or its colours were altered "
    "(found 20 of 24 patches with their colour, needs all 24). Photograph the whole card.",
    "no usable photo: blurred: sharpness 0.10, needs 0.4; hold the camera still and focus on the cheek",
    "underexposed: 14.0 % of the skin is too dark to show colour, at most 5 % is good; use more light",
    "too little skin: 20 mm2, needs 100; come closer or uncover the skin",
    "another expression: landmarks moved by 6.0 % of the face, limit 4.5 %",
    "no scale: give mm_per_px in the manifest",
    "no spots in one of the sessions",
    "no wrinkles found here",
    "3 days after the treatment of S1: redness may be passing, needs 7 days",
    "the baseline is of 0 days after the treatment of S1: redness may be passing, needs 7 days",
    "P1, front, S2: of the same day as the baseline",
    "P1: no date for S2, S3, so redness that passes after a treatment cannot be told",
    "front uv: 24 sessions of 12 people, 2 shots each (the first 2: not all have more); rough figures, better with "
    "10 repeat shots or more",
    "closeup: repeat shots of 1 person, needs 2 or more",
)
ENGLISH = re.compile(r"\b(the|is|of|and|in|found|needs|no|at|most|one|than|with|photo is|skin)\b", re.IGNORECASE)


@pytest.mark.parametrize("reason", REASONS)
def test_french_knows_every_kind_of_reason(reason):
    said = FR.reason(reason)
    assert ENGLISH.search(reason)
    assert not ENGLISH.search(said), said


def test_a_reason_names_no_file_and_gives_no_second_advice():
    assert terse(REASONS[0]).startswith("the photo is damaged or truncated (found ")
    assert terse(REASONS[0]).endswith(", needs a complete file)")
    windows = r"no usable photo: C:\Dr. Who\a.png is empty (found 0 bytes). Copy it again."
    assert terse(windows) == "no usable photo: the photo is empty (found 0 bytes)"
    assert terse(REASONS[3]).startswith("the colour profile of the photo cannot be used (")
    assert terse(REASONS[12]) == "no usable photo: blurred: sharpness 0.10, needs 0.4"
    assert terse("not measurable at 6.7 px/mm, needs 8") == "not measurable at 6.7 px/mm, needs 8"
