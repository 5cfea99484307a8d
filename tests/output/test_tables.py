"""Tables have one type per column, are safe to open in a spreadsheet, and never lie half-written."""

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from skinimg.base.entries import PhotoEntry, days_between
from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.reasons import why
from skinimg.base.results import Change, ChangeRow, IndexRow, LesionRow, MeasurementRow, PhotoRow, ScoreRow
from skinimg.output import tables
from skinimg.output.rows import change_row

GREY = why("grey")
ROWS = {
    "photos": PhotoRow(
        *("a", "S1", "", "front", "standard", 2, "S1.jpg", "ab", "warning", (GREY,)),
        px_per_mm=9.5, difference=PhotoDifference(tone_gain=1.25),
    ),
    "measurements": MeasurementRow("a", "S1", "", "front", "standard", 1, "face", "spots", "area", np.nan, "mm2", (GREY,)),
    "changes": ChangeRow("a", "front", "standard", "face", "spots", "area", "mm2", "S1", "S2", None, change=-2.5),
    "lesions": LesionRow("a", "front", "spots", 7, "S2", "face", 1.5, 2.5, np.nan, 0.25, "resolved"),
    "scores": ScoreRow("a", "front", "S2", "spots", 12.5, np.nan, np.nan, "improved", (GREY,)),
    "indices": IndexRow("a", "front", "standard", "S1", "mmasi_like", 6.5, 5.0, 8.0, "points"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(tables.COLUMNS))
def test_an_empty_table_keeps_columns_and_types(name):
    empty = tables.frame(name, [])
    assert tuple(empty.columns) == tables.COLUMNS[name]
    full = tables.frame(name, [ROWS[name]])
    assert list(empty.dtypes) == list(full.dtypes)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_survive_the_disk(tmp_path, name):
    tables.write(tables.frame(name, [ROWS[name]]), tmp_path / name)
    (row,) = tables.rows(tables.TABLES[name], pd.read_parquet(tmp_path / f"{name}.parquet"), {str(GREY): (GREY,)})
    assert repr(row) == repr(ROWS[name])  # NaN is not equal to itself


def test_words_that_no_reason_is_known_for_stay_as_they_are():
    table = tables.frame("scores", [ROWS["scores"]])
    (row,) = tables.rows(ScoreRow, table.assign(grade="much better"), {})
    assert [str(reason) for reason in row.grade] == ["much better"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@x", "\tx"])
def test_formulas_are_defused_in_csv_and_kept_in_parquet(tmp_path, text):
    table = tables.frame("scores", [replace(ROWS["scores"], subject=text, improvement_percent=-3.0)])
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
    row = change_row(entry, entry, change, why("no_scale"))
    assert row.change_percent == pytest.approx(-20)
    assert np.isnan([row.baseline, row.change, row.mdc95]).all()
    assert (row.verdict, row.reason) == ("improved", (why("no_scale"),))
    assert change_row(entry, entry, change).baseline == 10.0
