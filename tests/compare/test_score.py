"""Scores follow from the headline changes, and nothing within the noise is called a change."""

import math

import pytest

from skinimg.base.records import Change
from skinimg.compare.score import HEADLINE, efficacy, grade, scores


def change(finding, percent, half=5.0, verdict="improved"):
    metric = HEADLINE[finding]
    return Change("face", finding, metric, "", 100.0, 100.0 + percent, percent - half, percent + half, 4.0, verdict)


def test_less_is_an_improvement_with_its_interval():
    found = scores([change("spots", -30)], "face")[0]
    assert (found.finding, found.improvement_percent) == ("spots", pytest.approx(30))
    assert (found.ci_low, found.ci_high) == (pytest.approx(25), pytest.approx(35))


def test_overall_is_the_mean_of_what_could_be_assessed():
    unknown = Change("face", "pores", "area", "mm2", reason="too coarse")
    found = scores([change("spots", -30), change("redness", -10), unknown], "face")
    overall = found[-1]
    assert overall.finding == "overall"
    assert overall.improvement_percent == pytest.approx(20)
    assert overall.ci_high - overall.ci_low == pytest.approx(2 * math.hypot(5, 5) / 2)
    assert [s.verdict for s in found] == ["improved", "improved", "not_assessable", "improved"]


def test_nothing_assessable_has_no_overall_score():
    overall = efficacy([])
    assert overall.verdict == "not_assessable"
    assert math.isnan(overall.improvement_percent)


def test_what_is_hardly_there_does_not_speak_for_the_rest():
    """A face with next to no redness: its complete clearance would be within the noise."""
    hardly = change("redness", 40, half=450, verdict="unchanged")
    found = scores([change("spots", -30), hardly], "face")
    assert [s.verdict for s in found] == ["improved", "unchanged", "improved"]
    assert found[-1].improvement_percent == pytest.approx(30)
    assert found[-1].ci_high - found[-1].ci_low == pytest.approx(10)


def test_a_face_with_next_to_nothing_is_unchanged():
    found = scores([change("redness", 40, half=450, verdict="unchanged")], "face")
    assert found[-1].verdict == "unchanged"


def test_a_certain_worsening_counts_but_not_for_more_than_an_improvement_can():
    many_new = change("redness", 900, half=300, verdict="worsened")
    found = scores([change("spots", -60), many_new], "face")
    assert found[1].improvement_percent == pytest.approx(-900)
    assert found[-1].improvement_percent == pytest.approx(-20)
    assert found[-1].verdict == "worsened"


def test_only_the_whole_view_counts():
    left = Change("left_cheek", "spots", "burden", "", 100, 50, -60, -40, 4, "improved")
    assert len(scores([left], "face")) == 1  # overall only


@pytest.mark.parametrize(
    ("percent", "verdict", "says"),
    [
        (80, "improved", "very much improved"),
        (60, "improved", "much improved"),
        (20, "improved", "improved"),
        (20, "unchanged", "no change"),
        (-20, "worsened", "worse"),
    ],
)
def test_grades_are_marked_as_estimates(percent, verdict, says):
    assert grade(percent, verdict).startswith(says)
    assert grade(percent, verdict).endswith("(estimate)")
