"""Taking a person out of tables of many row groups, and what is held in memory meanwhile."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from skinimg.base.errors import StudyError
from skinimg.output import study_tables, tables
from skinimg.run.forget import forget
from tests.output.filled import filled

PEOPLE = ("Annabella", "Bertrand", "Cecile", "Dorothea", "Emil")


def write(out, people, monkeypatch):
    monkeypatch.setattr(study_tables, "GROUP_ROWS", 4)
    (out / "subjects").mkdir(parents=True)
    (out / "reports").mkdir()
    names = study_tables.headers() | {"study": pd.DataFrame([{"subject": "", "photo": ""}])}
    with study_tables.study_tables(out, names) as add:
        for who in people:
            rows = [
                {"subject": who, "session": f"S{k}", "photo": f"{who}/S{k}.jpg", "sha256": f"{who}{k}"}
                for k in (1, 2, 3)
            ]
            for name in tables.COLUMNS:
                add(name, filled(name, rows))
            add("study", pd.DataFrame(rows)[["subject", "photo"]])
    record = {
        "input_sha256": {},
        "failures": {},
        "warnings": [],
        "uncompared": [],
        "left_out": [],
        "subjects": len(people),
    }
    (out / "run.json").write_text(json.dumps(record))
    (out / "reasons.json").write_text("{}")
    (out / "index.html").write_text("")
    return out


def test_the_others_tables_are_those_of_a_study_without_the_person(tmp_path, monkeypatch):
    out = write(tmp_path / "all", PEOPLE, monkeypatch)
    others = write(tmp_path / "others", [p for p in PEOPLE if p != "Cecile"], monkeypatch)
    forget("Cecile", out)
    for name in (*tables.COLUMNS, "study"):
        assert (out / f"{name}.csv").read_bytes() == (others / f"{name}.csv").read_bytes(), name
        pd.testing.assert_frame_equal(*(pd.read_parquet(folder / f"{name}.parquet") for folder in (out, others)))
    assert json.loads((out / "run.json").read_text())["subjects"] == 4


def test_a_person_whose_photos_were_left_out_is_forgotten_too(tmp_path, monkeypatch):
    """run.json names every photo below a manifest, whether it has a row or not."""
    out = write(tmp_path, PEOPLE, monkeypatch)
    record = json.loads((out / "run.json").read_text())
    record["left_out"] = [{"file": "Fiona/S1.jpg", "reason": "not listed in manifest.csv"}]
    record["warnings"] = ["Photos that manifest.csv does not list, left out: Fiona/S1.jpg."]
    (out / "run.json").write_text(json.dumps(record))
    forget("Fiona", out)
    assert "Fiona" not in (out / "run.json").read_text()
    assert json.loads((out / "run.json").read_text())["subjects"] == len(PEOPLE)
    with pytest.raises(StudyError, match="Gerda is not in"):
        forget("Gerda", out)


def test_the_folder_of_one_person_bears_the_name(tmp_path, monkeypatch):
    out = write(tmp_path, PEOPLE, monkeypatch)
    record = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps(record | {"input": "../Cecile", "noise": "../noise.json"}))
    forget("Cecile", out)
    record = json.loads((out / "run.json").read_text())
    assert (record["input"], record["noise"]) == ("", "../noise.json")


def test_no_more_than_a_row_group_is_in_memory(tmp_path, monkeypatch):
    out = write(tmp_path, PEOPLE, monkeypatch)
    read = []
    one_group = pq.ParquetFile.read_row_group

    def watched(file, k, **more):
        found = one_group(file, k, **more)
        read.append(len(found))
        return found

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", watched)
    for name in ("read_table", "ParquetDataset"):
        monkeypatch.setattr(pq, name, lambda *_, **__: pytest.fail("a whole table was read"))
    forget("Cecile", out)
    assert max(read) <= 6
    assert sum(read) > len(PEOPLE) * 3 * len(tables.COLUMNS)


def test_a_trace_in_a_late_row_group_is_found(tmp_path, monkeypatch):
    out = write(tmp_path, PEOPLE, monkeypatch)
    table = pd.read_parquet(out / "changes.parquet")
    table.loc[table.index[-1], "reason"] = "as on Cecile/S1.jpg"
    table.to_parquet(out / "copy.parquet", row_group_size=4)
    with pytest.raises(StudyError, match=r"traces of Cecile are left.*copy\.parquet"):
        forget("Cecile", out)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(StudyError, match=r"holds no results .found no photos\.parquet"):
        forget("Cecile", tmp_path)


def test_a_person_named_by_a_number_is_not_found_in_other_numbers(tmp_path, monkeypatch):
    out = write(tmp_path, ("11", "12", "13"), monkeypatch)
    record = json.loads((out / "run.json").read_text())
    record["warnings"] = ["12, front: S2 serves as the baseline, earlier photos do not", "13, front: no date"]
    (out / "run.json").write_text(json.dumps(record))
    (out / "settings.json").write_text(json.dumps({"tile_mm": 12}))
    forget("12", out)
    assert set(pd.read_csv(out / "photos.csv", dtype=str)["subject"]) == {"11", "13"}
    assert json.loads((out / "run.json").read_text())["warnings"] == ["13, front: no date"]


def test_a_file_named_after_a_number_is_a_trace_of_it(tmp_path, monkeypatch):
    out = write(tmp_path, ("11", "12"), monkeypatch)
    (out / "12.csv").write_text("left\n")
    with pytest.raises(StudyError, match="12"):
        forget("12", out)
