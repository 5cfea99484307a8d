"""A full disk at any write, and a user who stops the run: nothing is lost or half-written."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skinimg import Options, analyze
from skinimg.base.errors import StudyError, WeightsError
from skinimg.model.weights import weights_path
from skinimg.output import study_tables
from skinimg.study import read_study
from tests.drawn import SPOTS, save, skin_patch

PIPES = (
    (Path, "write_bytes"),
    (Path, "write_text"),
    (Path, "replace"),
    (Path, "mkdir"),
    (pd.DataFrame, "to_csv"),
    (np, "savez_compressed"),
    (study_tables.tables, "append_csv"),
    (study_tables._Appended, "_close"),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    rows = ["subject,session,photo,view,mm_per_px"]
    for session in ("S1", "S2"):
        patch = skin_patch(SPOTS[:1], size_mm=20, seed=1, noise_seed=int(session[1]))
        save(patch, folder / f"{session}.png")
        rows.append(f"a,{session},{session}.png,closeup,0.1")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


def fail_at(monkeypatch, number):
    """The `number`-th write of the process finds the disk full; returns the list of writes so far."""
    writes = []

    def counted(real):
        def write(*args, **kwargs):
            writes.append(real)
            if len(writes) == number:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args, **kwargs)

        return write

    for owner, name in PIPES:
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    return writes


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    """How many writes a run has, and what it writes."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as monkeypatch:
        writes = fail_at(monkeypatch, 0)
        assert analyze(study, out).complete
    return len(writes), out


def leftovers(out):
    return [p for p in out.rglob(".*") if p.name.startswith(".")]


def test_every_write_may_fail_once(study, whole, tmp_path, monkeypatch):
    total, good = whole
    # Some writes of the subject, and some of the last ones, which are the tables of the whole run.
    for number in (1, 7, total // 2, total - 20, total - 7, total - 1):
        out = tmp_path / str(number)
        with monkeypatch.context() as patched:
            fail_at(patched, number)
            try:
                outcome = analyze(study, out)
                assert outcome.failures, number
                assert "No space left" in outcome.failures["a"]
            except StudyError as error:
                assert "No space left" in str(error)
        assert leftovers(out) == [], number
        for table in out.glob("*.parquet"):
            pd.read_parquet(table)
    assert analyze(study, out).complete
    assert (out / "changes.csv").read_bytes() == (good / "changes.csv").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_130_and_goes_on(study, tmp_path, number):
    command = [sys.executable, "-m", "skinimg", "analyze", str(study), "--out", str(tmp_path / "out")]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    subjects = tmp_path / "out" / "subjects"
    deadline = time.monotonic() + 120
    while not (subjects.is_dir() and any(subjects.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "run the same command again" in said
    assert leftovers(tmp_path / "out") == []


def test_a_photo_that_vanishes_under_the_run_is_named_and_the_rest_is_done(study, tmp_path, monkeypatch):
    here = tmp_path / "study"
    shutil.copytree(study.parent, here)

    def read_then_lost(*given):
        found = read_study(*given)
        (here / "S2.png").unlink()
        return found

    monkeypatch.setattr("skinimg.run.run.read_study", read_then_lost)
    outcome = analyze(here / "manifest.csv", tmp_path / "out")
    assert [name for name, _ in outcome.rejected] == ["S2.png"]
    assert "No such file" in outcome.rejected[0][1]
    assert not outcome.complete
    photos = pd.read_csv(tmp_path / "out" / "photos.csv")
    assert dict(zip(photos["photo"], photos["status"], strict=True)) == {"S1.png": "ok", "S2.png": "rejected"}


def test_weights_swapped_under_a_run_are_refused(study, tmp_path, monkeypatch):
    """Tensors of one training and the card of another: the sum in the card no longer fits."""
    for suffix in (".safetensors", ".json"):
        shutil.copy(weights_path("skin").with_suffix(suffix), tmp_path / f"mine{suffix}")
    shutil.copy(weights_path("face").with_suffix(".safetensors"), tmp_path / "mine.safetensors")
    with pytest.raises(WeightsError, match="do not belong to their card"):
        analyze(study, tmp_path / "out", Options(weights=str(tmp_path / "mine.safetensors")))
    assert not (tmp_path / "out" / "changes.csv").exists()
