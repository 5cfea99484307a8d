"""The command line: exit codes, plain errors, JSON."""

import json
import subprocess
import sys

import numpy as np
import pytest

from skinimg.base.findings import FACE_REGIONS, FINDINGS
from skinimg.base.shipped import shipped
from skinimg.cli.terminal import _named_folder, end
from tests.drawn import save, skin_patch


def skinimg(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "skinimg", *map(str, arguments)], capture_output=True, text=True, cwd=cwd
    )


@pytest.mark.parametrize(
    ("what", "ids"), [("findings", list(FINDINGS)), ("regions", [*FACE_REGIONS, "patch"]), ("weights", None)]
)
def test_list_as_json(what, ids):
    done = skinimg("list", what, "--json")
    assert done.returncode == 0
    rows = json.loads(done.stdout)
    assert [row["id"] for row in rows] == ids if ids else {"classical", "face"} <= {row["name"] for row in rows}


def test_a_folder_without_photos_is_a_study_error(tmp_path):
    done = skinimg("analyze", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "photo" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_link_that_goes_round_is_no_folder(tmp_path):
    save(skin_patch(size_mm=20, spots=()), tmp_path / "in" / "S1_closeup.png")
    (tmp_path / "round").symlink_to("round")
    done = skinimg("analyze", tmp_path / "in", "--out", tmp_path / "round")
    assert done.returncode == 2
    assert "cannot write to" in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "guide").write_text("in the way")
    done = skinimg("guide", shipped("samples") / "photos" / "P01" / "S1_front.jpg", "--out", tmp_path / "guide")
    assert done.returncode == 2
    assert done.stderr == f"skinimg: {tmp_path / 'guide'} cannot be read or written (found File exists)\n"
    with pytest.raises(OSError, match="no file"):  # one that names no file is a bug
        end(OSError("no file"))


def test_the_home_that_a_shell_leaves_in_a_name_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _named_folder("~/results") == tmp_path / "results"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--weights", "nonsense"), 4, "nonsense"),
        (("--device", "cuda"), 4, "CUDA"),
        (("--device", "abacus"), 4, "abacus"),
        (("--workers", "0"), 2, "workers"),
        (("--settings", "missing.toml"), 2, "missing.toml"),
        (("--lang", "de"), 2, "one of en, fr"),
        (("--out", ""), 2, "an empty name"),
    ],
)
def test_bad_options_are_refused_before_any_work(tmp_path, arguments, code, says):
    save(skin_patch(size_mm=20, spots=()), tmp_path / "in" / "S1_closeup.png")
    done = skinimg("analyze", tmp_path / "in", "--out", tmp_path / "out", *arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_photos_without_a_face_are_listed_and_exit_3(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("S1_front.png", "S2_front.png"):
        save(rng.uniform(0.1, 0.5, (300, 300, 3)).astype(np.float32), tmp_path / "in" / name)
    done = skinimg("analyze", tmp_path / "in", "--out", tmp_path / "out", "--json")
    assert done.returncode == 3, done.stderr
    answer = json.loads(done.stdout)
    assert not answer["complete"]
    assert len(answer["rejected"]) == 2
    assert all("face" in item["reason"] for item in answer["rejected"])
    assert (tmp_path / "out" / "index.html").exists()


def test_a_damaged_photo_does_not_stop_the_others(tmp_path):
    for session in ("S1", "S2", "S3"):
        save(skin_patch(size_mm=40), tmp_path / "in" / f"{session}_closeup.png")
    whole = (tmp_path / "in" / "S2_closeup.png").read_bytes()
    (tmp_path / "in" / "S2_closeup.png").write_bytes(whole[: len(whole) // 2])
    done = skinimg("analyze", tmp_path / "in", "--out", tmp_path / "out", "--json")
    assert done.returncode == 3, done.stderr
    answer = json.loads(done.stdout)
    assert [item["photo"] for item in answer["rejected"]] == ["S2_closeup.png"]
    overall = {s["session"]: s["verdict"] for s in answer["scores"] if s["finding"] == "overall"}
    assert overall == {"S2": "not_assessable", "S3": "unchanged"}


def test_a_single_session_is_measured_without_changes(tmp_path):
    save(skin_patch(size_mm=40), tmp_path / "in" / "S1_closeup.png")
    done = skinimg("analyze", tmp_path / "in", "--out", tmp_path / "out", "--json")
    assert done.returncode == 3, done.stderr
    assert "one session only (S1)" in json.loads(done.stdout)["uncompared"][0]
    assert (tmp_path / "out" / "changes.csv").read_text().count("\n") == 1
    assert (tmp_path / "out" / "measurements.csv").read_text().count("\n") > 20


def test_manifest_of_a_folder_reads_back(tmp_path):
    for session in ("S1", "S2", "S10"):
        save(skin_patch(size_mm=10, spots=()), tmp_path / "in" / f"{session}_closeup.png")
    assert skinimg("manifest", tmp_path / "in").returncode == 0
    lines = (tmp_path / "in" / "manifest.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == ["S1", "S2", "S10"]
    assert skinimg("check", tmp_path / "in" / "manifest.csv").returncode == 0


def test_library_writes_nothing_to_stdout_with_json(tmp_path):
    done = skinimg("analyze", tmp_path, "--out", tmp_path / "o", "--json")
    assert done.stdout == ""
