"""From changes to what the report says: one number for one thing."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from skinimg.base.entries import PhotoEntry
from skinimg.base.reasons import Reason, why
from skinimg.base.results import Change, ChangeRow
from skinimg.output.rows import change_row
from skinimg.report.chart import Stroke
from skinimg.report.curves import finding_curve
from skinimg.report.language import language
from skinimg.report.verdicts import Told, cells, changes_of, sentence, sides


def told(change: Change, no_scale: Reason | None = None) -> tuple[Told, ChangeRow]:
    entries = [PhotoEntry("P", session, Path("a.jpg"), "a.jpg") for session in ("S1", "S2")]
    row = change_row(*entries, change, no_scale)
    return changes_of([row], "front")[0], row


@pytest.mark.parametrize(("baseline", "follow_up"), [(40.0, 30.0), (-40.0, -30.0), (-40.0, -50.0)])
def test_the_interval_holds_its_change_on_either_side_of_zero(baseline: float, follow_up: float) -> None:
    """The ITA of dark skin is negative."""
    change = follow_up - baseline
    said, row = told(Change("face", "tone", "ita", "deg", baseline, follow_up, change - 4, change + 4, 4.0, "improved"))
    assert said.percent == pytest.approx(100 * change / baseline)
    assert said.low < said.percent < said.high
    assert (said.low < 0) == (said.high < 0) == (said.percent < 0)
    assert (said.low, said.high) == (row.percent_ci_low, row.percent_ci_high)


def test_without_a_scale_per_cent_keep_their_interval() -> None:
    change = Change("face", "spots", "burden", "mm2 OD", 40.0, 30.0, -14.0, -6.0, 4.0, "improved")
    said, _ = told(change, why("no_scale"))
    assert math.isnan(said.baseline)
    assert said.low < said.percent < said.high < 0


def test_digits_below_the_noise_are_not_written() -> None:
    """A region with next to no redness: its per cent would be thousands, and its load has no third digit."""
    change = Change("face", "redness", "burden", "mm2 OD", 0.00532, 0.00527, -0.11, 0.11, 0.11, "unchanged")
    said, _ = told(change)
    assert _plain(said) == ("0.01 mm²·OD", "0.01 mm²·OD", "0.00 mm²·OD", "—", "0.11 mm²·OD")
    assert not said.drawable
    plain, _ = told(Change("face", "spots", "burden", "mm2 OD", 122.4, 92.1, -38.0, -22.6, 7.6, "improved"))
    assert _plain(plain) == ("122 mm²·OD", "92.1 mm²·OD", "−25 %", "−30 % … −19 %", "6.2 %")
    assert plain.drawable


def test_nothing_found_at_either_visit_has_no_curve() -> None:
    said, _ = told(Change("face", "scars", "burden", "mm2 OD", 0.0, 0.0, 0.0, 0.0, 0.0, "unchanged"))
    assert not said.drawable


def _plain(said: Told) -> tuple[str, ...]:
    return tuple(cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells(said, language("en")))


def test_left_against_right_has_each_end_from_its_own_sides() -> None:
    left, _ = told(Change("left_side", "spots", "burden", "mm2 OD", 40.0, 20.0, -32.0, -16.0, 4.0, "improved"))
    right = replace(left, region="right_side", percent=0.0, low=-5.0, high=5.0)
    left = replace(left, percent=-50.0, low=-80.0, high=-40.0)
    (side,) = sides([left, right], "S2")
    assert side.low == pytest.approx(-50 - math.hypot(30, 5))
    assert side.high == pytest.approx(-50 + math.hypot(10, 5))


def test_without_a_scale_a_change_in_per_cent_is_in_the_table() -> None:
    said, _ = told(
        Change("face", "spots", "burden", "mm2 OD", 40.0, 30.0, -14.0, -6.0, 4.0, "improved"), why("no_scale")
    )
    assert said.measured
    assert cells(said, language("en"))[2] == "\N{MINUS SIGN}25\N{NO-BREAK SPACE}%"


def test_without_a_scale_what_is_too_little_for_per_cent_says_why() -> None:
    """Its square millimetres are of an assumed scale: they are told nowhere."""
    little = why("little_for_percent", baseline=0.1, least=2.0, unit="mm2 OD")
    change = Change("face", "spots", "burden", "mm2 OD", 0.1, 0.1, -3.0, 3.0, 2.9, "unchanged", little)
    said, row = told(change, why("no_scale"))
    assert row.reason == (why("little_and_no_scale"),)
    assert not said.measured
    assert sentence(said, language("en")).startswith("Too little for a percentage, and no scale: give mm_per_px")
    assert told(change)[1].reason == (little,)


def test_left_against_right_needs_a_percentage_on_both_sides() -> None:
    """Where one side has too little, the next narrower pair of regions speaks, or none."""
    pairs = {
        (region, left): told(Change(region, "redness", "burden", "mm2 OD", value, value, -1.0, 1.0, 1.0, "unchanged"))[0]
        for region, left, value in (
            ("left_side", True, 0.5), ("right_side", False, 40.0), ("left_cheek", True, 20.0), ("right_cheek", False, 20.0)
        )
    }  # fmt: skip
    assert not math.isfinite(pairs["left_side", True].percent)
    assert [side.left.region for side in sides(list(pairs.values()), "S2")] == ["left_cheek"]
    assert sides(list(pairs.values())[:2], "S2") == []


def test_a_change_that_was_refused_has_no_interval_in_the_curve() -> None:
    kept, _ = told(Change("face", "spots", "burden", "mm2 OD", 40.0, 30.0, -14.0, -6.0, 4.0, "improved"))
    refused = replace(kept, verdict="not_assessable")
    marks = finding_curve([kept, refused], language("en")).marks
    assert sum(isinstance(mark, Stroke) and mark.width == 1.2 for mark in marks) == 1
