"""Days since a treatment: what passes is told from what lasts, and what cannot be told is said."""

from pathlib import Path

import pytest

from skinimg.base.entries import PhotoEntry, Subject
from skinimg.compare.comparable import lone_lights, transient_redness, undated_treatments


def subject(*sessions):
    """(session, date, treatment) in order."""
    photos = [PhotoEntry("P", name, Path("x"), "x", date=day, treatment=what) for name, day, what in sessions]
    return Subject("P", tuple(name for name, _, _ in sessions), tuple(photos))


def test_a_photo_soon_after_an_earlier_treatment_is_named_with_its_days():
    person = subject(("S1", "2026-01-05", "laser"), ("S2", "2026-01-08", "laser"), ("S3", "2026-02-08", ""))
    found = transient_redness(person, 7)
    assert list(found) == ["S2"]
    assert str(found["S2"]) == "3 days after the treatment of S1: redness may be passing, needs 7 days"


@pytest.mark.parametrize(
    ("day", "told"), [("2026-01-05", "0 days"), ("2026-01-06", "1 day "), ("2026-01-11", "6 days"), ("2026-01-12", "")]
)
def test_the_week_ends_on_its_seventh_day(day, told):
    found = transient_redness(subject(("S1", "2026-01-05", "led"), ("S2", day, "")), 7)
    assert str(found.get("S2", "")).startswith(told)
    assert bool(found) == bool(told)


def test_a_sessions_own_treatment_comes_after_its_photo():
    assert transient_redness(subject(("S1", "2026-01-05", ""), ("S2", "2026-01-06", "laser")), 7) == {}


def test_days_count_from_the_last_treatment_not_from_the_last_session():
    person = subject(("S1", "2026-01-01", "laser"), ("S2", "2026-01-03", ""), ("S3", "2026-01-05", ""))
    assert str(transient_redness(person, 7)["S3"]).startswith("4 days after the treatment of S1")


def test_no_limit_no_label():
    assert transient_redness(subject(("S1", "2026-01-05", "led"), ("S2", "2026-01-05", "")), 0) == {}


def test_without_dates_it_is_said_that_nothing_can_be_told():
    person = subject(("S1", "2026-01-05", "laser"), ("S2", "", ""))
    assert transient_redness(person, 7) == {}
    assert "no date for S2" in str(undated_treatments(person))
    assert undated_treatments(subject(("S1", "2026-01-05", "laser"), ("S2", "2026-02-05", ""))) is None
    assert undated_treatments(subject(("S1", "", ""), ("S2", "", "laser"))) is None  # nothing was photographed after it


def lit(*photos):
    """(session, light) of front photos."""
    return Subject("P", ("S1", "S2"), tuple(PhotoEntry("P", s, Path("x"), "x", light=light) for s, light in photos))


def test_a_session_alone_in_its_light_does_not_drop_out_without_a_word():
    crossed = [str(said) for said in lone_lights(lit(("S1", "standard"), ("S2", "cross_polarized")))]
    assert len(crossed) == 2
    assert "S2 is the only session in cross_polarized light (others: standard)" in crossed[1]
    both = ("S1", "standard"), ("S1", "cross_polarized"), ("S2", "standard")
    assert [said.code for said in lone_lights(lit(*both))] == ["lone_light"]


def test_lights_that_every_session_has_or_that_nobody_else_has_are_fine():
    every = lit(("S1", "standard"), ("S1", "uv"), ("S2", "standard"), ("S2", "uv"))
    assert lone_lights(every) == lone_lights(lit(("S1", "standard"))) == []
    assert lone_lights(lit(("S1", "standard"), ("S1", "uv"))) == []
