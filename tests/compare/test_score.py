"""Scores follow from the headline changes; what counts is settled by the baseline; nothing within the noise is a change."""

import math

import numpy as np
import pytest

from skinimg.base.findings import HEADLINE
from skinimg.base.reasons import why
from skinimg.base.results import Change
from skinimg.compare.score import counts, efficacy, grade, scores

Z95 = 1.959964


def change(finding, percent, half=5.0, verdict="improved", baseline=100.0):
    """half : of the 95 % interval of a null change, which goes with the value, in per cent."""
    follow_up = baseline * (1 + percent / 100)
    mdc95 = half / 100 * baseline
    wide = mdc95 * math.sqrt((1 + (follow_up / baseline) ** 2) / 2)
    apart = follow_up - baseline
    return Change(
        "face", finding, HEADLINE[finding], "mm2 OD", baseline, follow_up, apart - wide, apart + wide, mdc95, verdict,
        role="headline",
    )  # fmt: skip


def test_less_is_an_improvement_with_its_interval():
    found = scores([change("spots", -30)])[0]
    assert (found.finding, found.improvement_percent) == ("spots", pytest.approx(30))
    assert found.ci_low < 30 < found.ci_high
    assert found.ci_high - found.ci_low == pytest.approx(2 * 5 * 0.7, rel=0.02)  # noise goes with what is left


def test_overall_is_the_geometric_mean_of_what_is_left():
    unknown = Change(
        "face", "pores", "area", "mm2", reason=why("not_measurable", px_per_mm=2.0, needed=8), role="headline"
    )
    found = scores([change("spots", -50), change("redness", -20), unknown])
    overall = found[-1]
    assert overall.finding == "overall"
    assert overall.improvement_percent == pytest.approx(100 * (1 - math.sqrt(0.5 * 0.8)))
    assert [s.verdict for s in found] == ["improved", "improved", "not_assessable", "improved"]


def test_the_interval_of_the_overall_score_knows_that_errors_go_together():
    pair = [change("spots", -20), change("redness", -20)]
    halves = []
    for rho in (0.0, 0.5, 1.0):
        found = efficacy(pair, (), {("redness", "spots"): rho})
        halves.append(math.log((100 - found.ci_low) / (100 - found.ci_high)) / 2)
    assert halves[1] / halves[0] == pytest.approx(math.sqrt(1.5), rel=1e-6)
    assert halves[2] / halves[0] == pytest.approx(math.sqrt(2), rel=1e-6)
    assert halves[2] == pytest.approx(0.05, rel=0.01)


def test_null_pairs_with_correlated_findings_are_rarely_called():
    """Errors of three findings share two thirds of their variance; 2,000 pairs, 5 % called."""
    rng, rho, called = np.random.default_rng(0), 2 / 3, 0
    for _ in range(2000):
        common, own = rng.normal(), rng.normal(size=3)
        z = math.sqrt(rho) * common + math.sqrt(1 - rho) * own
        pair = [
            change(f, 10 / Z95 * e, 10, "unchanged") for f, e in zip(("spots", "redness", "wrinkles"), z, strict=True)
        ]
        found = efficacy(
            pair, (), dict.fromkeys([("spots", "redness"), ("spots", "wrinkles"), ("redness", "wrinkles")], rho)
        )
        called += found.verdict != "unchanged"
    assert 0.035 < called / 2000 < 0.065


def test_nothing_assessable_has_no_overall_score():
    overall = efficacy([], (), {})
    assert overall.verdict == "not_assessable"
    assert math.isnan(overall.improvement_percent)


def test_what_counts_is_settled_by_the_baseline_whatever_happened():
    """A face with little redness: a fall by half would be within the noise, so it does not count, fallen or risen."""
    for percent in (-95, 40, 900):
        hardly = change("redness", percent, half=60, verdict="worsened" if percent > 100 else "unchanged")
        assert not counts(hardly, ())
        found = scores([change("spots", -30), hardly])
        assert found[-1].improvement_percent == pytest.approx(30)


def test_declared_targets_count_and_others_do_not():
    both = [change("spots", -40), change("wrinkles", 20, verdict="worsened")]
    assert scores(both, ("spots",))[-1].improvement_percent == pytest.approx(40)
    assert scores(both, ("wrinkles",))[-1].verdict == "worsened"
    faint = change("redness", -30, half=60, verdict="unchanged")
    assert scores([faint], ("redness",))[-1].verdict == "unchanged"


@pytest.mark.parametrize("verdict", ["unchanged", "worsened"])
@pytest.mark.parametrize(("percent", "half", "baseline"), [(40, 450, 100.0), (80, 5, -20.0)])
def test_without_a_percentage_the_verdict_of_the_change_stays_and_nothing_is_graded(verdict, percent, half, baseline):
    """What is within its noise at the baseline, or below zero, can still be worse, and counts for nothing overall."""
    found = scores([change("redness", percent, half, verdict, baseline)], ("redness",))
    assert [s.verdict for s in found] == [verdict, "not_assessable"]
    assert all(math.isnan(s.improvement_percent) and s.grade is None for s in found)


def test_complete_clearance_is_finite():
    found = scores([change("spots", -100)])[-1]
    assert found.verdict == "improved"
    assert 95 < found.improvement_percent < 100
    assert found.ci_low > 80


def test_only_the_headline_counts():
    left = Change("left_cheek", "spots", "burden", "", 100, 50, -60, -40, 4, "improved")
    assert len(scores([left])) == 1  # overall only


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
    assert str(grade(percent, verdict)).startswith(says)
    assert str(grade(percent, verdict)).endswith("(estimate)")


@pytest.mark.parametrize(
    "marks_half, counted",
    [(5.0, 50), (90.0, 10)],  # enough redness with edges to count; next to none
)
def test_skin_counts_once_overall(marks_half, counted):
    """Redness and erythema lie on the same skin: the one with edges, where the baseline shows enough of it."""
    both = [change("redness", -50, half=marks_half), change("erythema", -10)]
    assert efficacy(both, (), {}).improvement_percent == pytest.approx(counted)
