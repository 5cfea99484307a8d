"""Tables have one type per column, are safe to open in a spreadsheet, and never lie half-written."""

import csv

import numpy as np
import pandas as pd
import pytest

from skinimg.base.entries import PhotoEntry, days_between
from skinimg.base.reasons import why
from skinimg.base.results import Change
from skinimg.output import tables


@pytest.mark.parametrize("name", sorted(tables.COLUMNS))
def test_an_empty_table_keeps_columns_and_types(name):
    empty = tables.frame(name, [])
    assert tuple(empty.columns) == tables.COLUMNS[name]
    full = tables.frame(name, [dict.fromkeys(tables.COLUMNS[name], np.nan)])
    assert list(pd.concat([empty, full]).dtypes) == list(full.dtypes)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@x", "\tx"])
def test_formulas_are_defused_in_csv_and_kept_in_parquet(tmp_path, text):
    table = tables.frame("scores", [{"subject": text, "improvement_percent": -3.0}])
    tables.write(table, tmp_path / "scores")
    with (tmp_path / "scores.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert row["subject"] == "'" + text
    assert row["improvement_percent"] == "-3"
    assert pd.read_parquet(tmp_path / "scores.parquet")["subject"][0] == text


def test_nothing_is_left_beside_the_tables(tmp_path):
    tables.write(tables.frame("photos", []), tmp_path / "photos")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos.csv", "photos.parquet"]


def test_days_need_both_dates():
    assert days_between("2026-01-31", "2026-03-01") == 29
    assert days_between("", "2026-03-01") is None


def test_without_a_scale_a_change_keeps_its_percentage():
    entry = PhotoEntry("a", "S1", None, "a.png")
    change = Change("face", "spots", "area", "mm2", 10.0, 8.0, -3.0, -1.0, 0.5, "improved")
    row = tables.change_row(entry, entry, change, why("no_scale"))
    assert row["change_percent"] == pytest.approx(-20)
    assert np.isnan([row["baseline"], row["change"], row["mdc95"]]).all()
    assert (row["verdict"], row["reason"]) == ("improved", (why("no_scale"),))
    assert tables.change_row(entry, entry, change)["baseline"] == 10.0
