"""scripts/check_gpu, where there is no GPU: it runs, its tables are equal to the last bit, and it sees tables that differ."""

import json
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.drawn import SPOTS, save, skin_patch

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "check_gpu"


@pytest.fixture
def script():
    loader = SourceFileLoader("check_gpu", str(SCRIPT))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_on_the_cpu_nothing_differs(tmp_path):
    rows = ["subject,session,photo,view,mm_per_px"]
    for session in ("S1", "S2"):
        save(skin_patch(SPOTS[:2], size_mm=40, noise_seed=int(session[1])), tmp_path / f"{session}.png")
        rows.append(f"a,{session},{session}.png,closeup,0.1")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    told = tmp_path / "told.json"
    command = [str(SCRIPT), "--device", "cpu", "--study", str(tmp_path / "manifest.csv"), "--seconds", "0"]
    subprocess.run([sys.executable, *command, "--workers", "1", "--out", str(told)], check=True, capture_output=True)
    record = json.loads(told.read_text())
    assert record["same"]
    assert record["tolerance"] == 0
    assert record["photos"] == 2
    assert record["photos_per_second"] > 0
    assert record["segmentations_per_second"] > 0
    assert set(record["largest_difference"]) >= {"photos", "measurements", "changes", "lesions", "scores"}


def changes(change=1.0, verdict="worsened"):
    return pd.DataFrame(
        {
            "subject": ["a"], "session": ["S2"], "region": ["face"], "finding": ["spots"], "metric": ["area"],
            "change": [change], "mdc95": [0.5], "verdict": [verdict], "reason": [""],
        }
    )  # fmt: skip


def test_a_change_is_held_against_its_own_limit(script):
    assert script.largest_difference("changes", changes(), changes()) == (0.0, "")
    assert script.largest_difference("changes", changes(), changes(1.25)) == (0.5, "change")
    assert script.largest_difference("changes", changes(), changes().iloc[:0])[0] == np.inf


def test_a_number_is_held_against_its_metric(script):
    table = pd.DataFrame({"metric": ["area", "area", "count"], "value": [100.0, 110.0, 1.0]})
    share, where = script.largest_difference("measurements", table, table.assign(value=[100.0, 110.0, 1.5]))
    assert (share, where) == (0.5, "value")


def test_a_verdict_may_flip_only_at_its_limit(script):
    assert script.flipped(changes(), changes(verdict="unchanged"), 0.2) == ["a S2 face spots area"]
    assert script.flipped(changes(0.55), changes(0.45, "unchanged"), 0.2) == []


def test_a_study_in_which_nothing_could_be_measured_proves_nothing(tmp_path):
    save(np.zeros((64, 64, 3), np.float32), tmp_path / "black.png")
    (tmp_path / "manifest.csv").write_text("subject,session,photo,view,mm_per_px\na,S1,black.png,closeup,0.1\n")
    command = [str(SCRIPT), "--device", "cpu", "--study", str(tmp_path / "manifest.csv"), "--workers", "1"]
    told = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert told.returncode == 1
    assert "nothing can be compared" in told.stderr
