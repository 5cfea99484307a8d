"""Joining parts without analysing anything; and what is cleared away before a subject is done."""

import json
from types import SimpleNamespace

import pytest

from skinimg.base.entries import Subject
from skinimg.base.errors import StudyError
from skinimg.base.settings import Settings
from skinimg.report import ReportOptions
from skinimg.run import engine
from skinimg.run.shards import merge
from tests.run.test_forget import write

NAMES = {"noise": "../../noise.json", "weights": {"name": "../../mine.safetensors"}, "input": "../../photos"}


def parts(tmp_path, monkeypatch, **second):
    """Two finished parts in French, whose run.json names files as seen from each."""
    made = []
    for k, people in enumerate((("Anna",), ("Ben",)), start=1):
        out = write(tmp_path / "parts" / str(k), people, monkeypatch)
        record = json.loads((out / "run.json").read_text()) | NAMES
        record |= {"shard": [k, 2], "versions": {}, "settings": {}, "seconds": {}, "subjects_resumed": 0}
        (out / "run.json").write_text(json.dumps(record | (second if k == 2 else {})))
        (out / "index.html").write_text('<html lang="fr">')
        made.append(out)
    return made


def test_a_merged_study_names_its_photos_as_seen_from_itself(tmp_path, monkeypatch):
    merge(parts(tmp_path, monkeypatch), tmp_path / "all")
    record = json.loads((tmp_path / "all" / "run.json").read_text())
    assert (record["input"], record["noise"]) == ("../photos", "../noise.json")
    assert record["weights"]["name"] == "../mine.safetensors"


def test_a_merged_overview_is_in_the_language_of_its_parts(tmp_path, monkeypatch):
    page = merge(parts(tmp_path, monkeypatch), tmp_path / "all")
    assert 'lang="fr"' in page.read_text(encoding="utf-8")[:500]


def test_parts_with_another_noise_are_not_merged(tmp_path, monkeypatch):
    with pytest.raises(StudyError, match="another noise"):
        merge(parts(tmp_path, monkeypatch, noise=""), tmp_path / "all")


def test_work_on_a_subject_of_a_longer_name_is_left_alone(tmp_path, monkeypatch):
    """Two workers: `P1` is begun while `P1.5` is in work."""

    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(engine, "load_segmenter", lambda *_: SimpleNamespace(key=""))
    monkeypatch.setattr(engine, "_analyze", full)
    for name in (".P1.123", ".P1.5.123"):
        (tmp_path / "subjects" / name).mkdir(parents=True)
    common = "", "cpu", Settings(), ReportOptions(), 1, True
    engine._do(engine.Job(Subject("P1", ("S1",), ()), tmp_path, *common))
    assert [path.name for path in (tmp_path / "subjects").iterdir()] == [".P1.5.123"]
