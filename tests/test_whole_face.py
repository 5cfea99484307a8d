"""One whole face, end to end, against the exact truth of its treatment: the right side was treated, the left was not.

A phantom of samples/, first and last session, with the shipped weights, as a user would run it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from skinimg import analyze

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
KEYS = ["region", "finding", "metric"]


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Rows of the last session by (region, finding, metric), with the true change in per cent beside them."""
    study = tmp_path_factory.mktemp("study")
    manifest = pd.read_csv(SAMPLES / "manifest.csv", dtype=str, keep_default_na=False)
    mine = manifest[(manifest["subject"] == "P01") & manifest["session"].isin(["S1", "S4"])]
    for photo in mine["photo"]:
        (study / photo).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / photo, study / photo)
    mine.to_csv(study / "manifest.csv", index=False)
    outcome = analyze(study / "manifest.csv", study.parent / "out")
    assert outcome.complete, outcome.rejected
    truth = pd.read_csv(SAMPLES / "truth" / "changes.csv")
    truth = truth[(truth["subject"] == "P01") & (truth["session"] == "S4")][[*KEYS, "change_percent"]]
    found = outcome.tables["changes"].merge(truth.rename(columns={"change_percent": "true"}), how="left", on=KEYS)
    return found.set_index(KEYS)


def holds(row: pd.Series) -> bool:
    """Whether the interval holds the true change."""
    return bool(row["percent_ci_low"] <= row["true"] <= row["percent_ci_high"])


@pytest.mark.parametrize("finding", ["spots", "redness"])
def test_what_was_treated_is_called_improved_and_falls_by_what_was_drawn(changes: pd.DataFrame, finding: str) -> None:
    whole, treated = (changes.loc[(region, finding, "burden")] for region in ("face", "right_side"))
    assert whole["role"] == "headline"
    assert whole["verdict"] == treated["verdict"] == "improved"
    # A third of what falls lies in marks too pale for the network, and shade within marks does not fall.
    assert treated["change_percent"] == pytest.approx(treated["true"], abs=30)


def test_the_side_that_was_not_treated_is_unchanged(changes: pd.DataFrame) -> None:
    for finding in ("spots", "redness"):
        assert changes.loc[("left_side", finding, "burden"), "verdict"] == "unchanged"
    assert holds(changes.loc[("left_side", "spots", "burden")])


@pytest.mark.parametrize(
    ("finding", "metric"), [("redness", "burden"), ("pores", "area"), ("wrinkles", "burden"), ("spots", "area")]
)
def test_the_interval_holds_the_truth(changes: pd.DataFrame, finding: str, metric: str) -> None:
    assert holds(changes.loc[("face", finding, metric)])


def test_nothing_that_faded_is_called_worse(changes: pd.DataFrame) -> None:
    assert not (changes["verdict"] == "worsened").any()
