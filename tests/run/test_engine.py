"""Killed runs, clusters and bugs: nothing finished is lost, nothing half-done is seen."""

import json
import os
import re
import shutil
import subprocess
import sys
import time

import pandas as pd
import pytest
from PIL import Image

from skinimg import Options, analyze
from skinimg.base import provenance
from skinimg.base.errors import DeviceError, StudyError
from skinimg.base.shipped import shipped
from skinimg.output.tables import COLUMNS
from skinimg.run import engine
from skinimg.run.shards import merge
from skinimg.run.verify import verify
from tests.drawn import SPOTS, save, skin_patch


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Three people, two sessions each, small."""
    folder = tmp_path_factory.mktemp("study")
    rows = ["subject,session,photo,view,mm_per_px"]
    for seed, name in enumerate("abc"):
        for session in ("S1", "S2"):
            path = folder / name / f"{session}.png"
            save(skin_patch(SPOTS[:2], size_mm=40, seed=seed, noise_seed=int(session[1])), path)
            rows.append(f"{name},{session},{name}/{session}.png,closeup,0.1")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder / "manifest.csv"


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    assert analyze(study, out).complete
    return out


def assert_same_tables(one, other):
    for name in COLUMNS:
        assert (one / f"{name}.csv").read_bytes() == (other / f"{name}.csv").read_bytes(), name


def test_a_killed_run_goes_on_where_it_was(study, whole, tmp_path):
    run = subprocess.Popen([sys.executable, "-m", "skinimg", "analyze", str(study), "--out", str(tmp_path)])
    first = tmp_path / "subjects" / "a" / "state.json"
    deadline = time.monotonic() + 300
    while not first.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.kill()
    run.wait()
    assert first.exists()
    assert not (tmp_path / "changes.csv").exists()
    outcome = analyze(study, tmp_path)
    assert outcome.complete
    assert 1 <= outcome.resumed < 3
    assert_same_tables(tmp_path, whole)
    assert sorted(p.name for p in (tmp_path / "subjects").iterdir() if not p.name.startswith(".")) == ["a", "b", "c"]


def test_a_damaged_result_is_done_again(study, whole, tmp_path):
    analyze(study, tmp_path)
    (tmp_path / "subjects" / "b" / "changes.parquet").write_bytes(b"half")
    assert analyze(study, tmp_path).resumed == 2
    assert_same_tables(tmp_path, whole)


def test_fresh_does_everything_again(study, tmp_path):
    analyze(study, tmp_path)
    assert analyze(study, tmp_path, Options(fresh=True)).resumed == 0


def test_other_settings_are_another_result(study, tmp_path):
    from skinimg import Settings

    analyze(study, tmp_path)
    assert analyze(study, tmp_path, settings=Settings(seed=1)).resumed == 0


def test_other_code_is_another_result(study, whole, tmp_path, monkeypatch):
    """An upgraded clinic, and a developer, must not see the numbers of the code before."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    assert analyze(study, tmp_path).resumed == 3
    monkeypatch.setattr(provenance, "code_sha256", lambda *_: "another code")
    provenance.versions.cache_clear()
    try:
        assert analyze(study, tmp_path).resumed == 0
    finally:
        monkeypatch.undo()
        provenance.versions.cache_clear()
    done = verify(tmp_path)
    assert done.identical
    (note,) = done.notes
    assert re.fullmatch(r"skinimg code: another code then, [0-9a-f]{16} now", note)


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers of one thread, as a cluster starts them, on loopback; the scheduler's address."""
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    contact = tmp_path / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    dask = [sys.executable, "-m", "dask"]
    started = [
        subprocess.Popen([*dask, *words, "--scheduler-file", str(contact)], env=environment, stderr=subprocess.DEVNULL)
        for words in (
            ["scheduler", *local, "--port", "0"],
            ["worker", *local, "--nworkers", "2", "--nthreads", "1", "--local-directory", str(tmp_path)],
        )
    ]
    deadline = time.monotonic() + 120
    while not contact.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield json.loads(contact.read_text())["address"]
    for process in reversed(started):
        process.terminate()
        process.wait()


def test_a_cluster_gives_the_same_tables(study, whole, tmp_path, cluster):
    assert analyze(study, tmp_path / "out", Options(scheduler=cluster)).complete
    assert_same_tables(tmp_path / "out", whole)


def test_a_worker_that_the_system_ends_is_a_device_error(study, tmp_path, cluster, monkeypatch):
    monkeypatch.setattr(engine, "_do", lambda job: os._exit(1))
    with pytest.raises(DeviceError, match="worker of the cluster was ended"):
        analyze(study, tmp_path / "out", Options(scheduler=cluster))


def test_parts_join_to_the_whole(study, whole, tmp_path):
    parts = [tmp_path / str(k) for k in (1, 2)]
    for k, part in enumerate(parts, start=1):
        analyze(study, part, Options(shard=(k, 2)))
    with pytest.raises(StudyError, match="found 1 of 2"):
        merge(parts[:1], tmp_path / "half")
    merge(parts[::-1], tmp_path / "all")
    assert_same_tables(tmp_path / "all", whole)
    for name in COLUMNS:
        one, other = (pd.read_parquet(folder / f"{name}.parquet") for folder in (tmp_path / "all", whole))
        pd.testing.assert_frame_equal(one, other)
    assert {p.name for p in (tmp_path / "all" / "subjects").iterdir()} == {"a", "b", "c"}


def test_verify_finds_what_was_changed(study, whole, tmp_path):
    assert verify(whole).identical
    copy = whole.parent / "copy"  # run.json names the photos as seen from its folder
    shutil.copytree(whole, copy)
    text = (copy / "scores.csv").read_text().replace("not_assessable", "improved", 1)
    assert text != (whole / "scores.csv").read_text()
    (copy / "scores.csv").write_text(text)
    assert verify(copy).differences == (f"scores: verdict differs in 1 of {text.count(chr(10)) - 1} rows",)


def test_a_scheduler_that_does_not_answer_is_a_device_error(study, tmp_path):
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with pytest.raises(DeviceError, match="no Dask scheduler answers"):
        analyze(study, tmp_path, Options(scheduler="tcp://127.0.0.1:9"))


def test_any_number_of_threads_gives_the_same_tables(tmp_path):
    """A face, so that its landmarks are found by a network, too: 700 px high, two sessions."""
    photos = shipped("samples") / "photos" / "P01"
    rows = ["subject,session,photo"]
    for session in ("S1", "S4"):
        image = Image.open(photos / f"{session}_front.jpg")
        small = image.resize((image.width * 700 // image.height, 700), Image.Resampling.LANCZOS)
        small.save(tmp_path / f"{session}.jpg", quality=95)
        rows.append(f"a,{session},{session}.jpg")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    for threads in (1, 4):
        command = [sys.executable, "-m", "skinimg", "analyze", "manifest.csv", "--out", f"threads{threads}"]
        subprocess.run(command, cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": str(threads)}, check=True)
    assert_same_tables(tmp_path / "threads1", tmp_path / "threads4")


def test_photos_are_never_copied_with_their_metadata(whole):
    for path in whole.rglob("*.png"):
        data = path.read_bytes()
        assert b"eXIf" not in data
        assert b"tEXt" not in data
    assert pd.read_csv(whole / "photos.csv")["photo"].str.startswith(("a/", "b/", "c/")).all()
