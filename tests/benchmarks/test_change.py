"""Tables of the benchmark of change, of rows whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.change_tables import markdown, of_change, of_null, slope


@pytest.fixture
def pairs() -> pd.DataFrame:
    """Ten treated pairs of spots: half of each change is found, give or take 5, and nine intervals hold the truth."""
    true = np.linspace(-10.0, -100.0, 10)
    found = true / 2
    half = np.where(np.arange(10) == 9, 5.0, 60.0)
    return pd.DataFrame({
        "finding": "spots", "metric": "burden", "regime": "fixed_rig", "tone": "fair", "asked": true, "true": true,
        "change_percent": found, "error": found - true, "low": found - half, "high": found + half,
        "verdict": "improved", "subject": [f"P{k}" for k in range(10)], "session": "S2", "aim": "pigment", "mdc95": 1.0,
        "baseline": 10.0, "follow_up": 10.0, "ci_low": -1.0,
    })  # fmt: skip


def test_dilution_and_coverage_are_told(pairs: pd.DataFrame) -> None:
    row = next(iter(of_change(pairs)))
    assert (row["finding"], row["treated_pairs"], row["not_assessable"]) == ("spots", 10, 0)
    assert slope(pairs["true"], pairs["change_percent"]) == 0.5
    assert (row["slope"], row["coverage_percent"]) == (0.5, 90.0)


def test_without_a_true_change_there_is_no_slope() -> None:
    nothing = pd.Series([0.0, 0.0])
    assert slope(nothing, pd.Series([1.0, -1.0])) is None


def test_false_verdicts_are_counted_where_nothing_was_done(pairs: pd.DataFrame) -> None:
    nulls = pairs.assign(asked=0.0, true=0.0, verdict=["improved"] * 2 + ["unchanged"] * 8)
    row = next(iter(of_null(nulls)))
    assert (row["pairs"], row["false_verdicts"], row["cv_percent"]) == (10, 2, 0.0)


def test_a_missing_figure_is_a_dash() -> None:
    assert markdown([{"a": 1, "b": None}]) == "| a | b |\n| --- | --- |\n| 1 | - |"
