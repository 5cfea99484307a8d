"""One door to all benchmarks, and what it keeps of a run."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

from benchmarks import entry, record
from benchmarks.entry import names, run


@pytest.mark.parametrize("name", names())
def test_every_benchmark_says_how_it_is_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(name, ["--help"])
    assert left.value.code == 0
    assert f"usage: bench {name}" in capsys.readouterr().out
    assert f"./scripts/bench {name}" in (import_module(f"benchmarks.{name}").__doc__ or "")


def test_an_unknown_benchmark_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match="no benchmark 'algin'; there are align, change"):
        run("algin", [])


def test_a_run_is_kept_with_versions_and_hardware(monkeypatch, tmp_path, capsys) -> None:
    figures = {"tiles_per_second": 3.0}
    monkeypatch.setattr("benchmarks.tiles.main", lambda: figures)
    monkeypatch.setattr(entry, "record", lambda *run: record.record(*run, history=tmp_path))
    for seed in ("1", "2"):
        run("tiles", ["--tiles", seed], keep=True)
    lines = [json.loads(line) for line in (tmp_path / "tiles.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["arguments"] for line in lines] == [["--tiles", "1"], ["--tiles", "2"]]
    assert lines[0]["figures"] == figures
    assert lines[0]["machine"]["cores"] and lines[0]["versions"]["skinimg"]
    assert json.loads(capsys.readouterr().out.partition("}")[0] + "}") == figures


def test_what_writes_its_own_page_has_no_figures_to_keep(monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.realism.main", lambda: None)
    with pytest.raises(SystemExit, match="no figures to keep"):
        run("realism", [], keep=True)
