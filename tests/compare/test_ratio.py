"""Percentages with the baseline's own error: Fieller against simulation, and no percentage of nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.results import Change
from skinimg.compare.change import with_verdict
from skinimg.compare.ratio import log_ratio, percent_interval, standard_error
from skinimg.measure.metrics import METRICS


def change(baseline, follow_up, sd):
    """Both values with the same SD."""
    half = 1.96 * math.sqrt(2) * sd
    apart = follow_up - baseline
    return Change("face", "spots", "burden", "", baseline, follow_up, apart - half, apart + half, half, "unchanged")


@pytest.mark.parametrize("true", [1.0, 0.5, 0.1])
def test_fieller_holds_the_true_ratio_in_95_percent(true):
    rng, inside = np.random.default_rng(1), 0
    for _ in range(2000):
        low, high = percent_interval(change(100 + rng.normal(0, 12), 100 * true + rng.normal(0, 12), 12))
        inside += low <= 100 * (true - 1) <= high
    assert 0.935 < inside / 2000 < 0.965


def test_a_percentage_excludes_zero_where_the_change_does():
    for follow_up in (60, 65, 70, 75, 80, 110, 130, 160):
        c = change(100, follow_up, 10)
        low, high = percent_interval(c)
        assert (low <= 0 <= high) == (c.ci_low <= 0 <= c.ci_high)


def test_a_baseline_within_its_noise_has_none():
    assert math.isnan(percent_interval(change(19, 40, 10))[0])
    assert math.isnan(change(19, 40, 10).percent)
    assert math.isfinite(percent_interval(change(21, 40, 10))[0])


def test_what_fell_below_detection_counts_as_being_at_the_limit():
    log, down, up = log_ratio(change(100, -3, 2))
    assert log == pytest.approx(math.log(1.96 * 2 / 100), rel=1e-3)
    assert down == up == pytest.approx(math.hypot(1 / 1.96, 0.02), rel=1e-3)


def test_a_wider_side_widens_its_own_end_alone():
    even = change(100, 60, 5)
    wider = replace(even, ci_low=even.change - 30)
    assert percent_interval(wider)[1] == percent_interval(even)[1]
    assert percent_interval(wider)[0] < percent_interval(even)[0] - 10
    assert log_ratio(wider)[2] == log_ratio(even)[2] < log_ratio(wider)[1]
    assert standard_error(wider) == standard_error(even)


def test_the_standard_error_is_that_of_the_wider_of_both():
    c = Change("face", "spots", "burden", "", 100, 80, -40, 0, 10, "unchanged")
    assert standard_error(c) == pytest.approx(20 / 1.96, rel=1e-4)


def test_no_load_falls_by_more_than_all_of_it():
    gone = Change("face", "spots", "burden", "mm2 OD", 100, 0.0, -100, -75, 30, "improved")
    assert percent_interval(gone)[0] == -100


def test_not_to_know_how_much_is_measured_makes_no_fall_smaller():
    """Nine tenths of a load are gone, with an eighth of it as noise: the wide side of the interval is no detection limit."""
    known = Change("face", "spots", "burden", "mm2 OD", 100, 10.0)
    fallen = with_verdict(known, METRICS["burden"], 10, 8, 1.96 * 0.15)
    log, down, up = log_ratio(fallen)
    assert log == pytest.approx(math.log(0.1))
    assert down < up
