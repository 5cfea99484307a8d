"""train, evaluate and export as a developer calls them: exit codes, plain errors, files."""

import json
import sys

import cv2
import numpy as np
import pytest

from skinimg.cli.main import main
from skinimg.training import retrain as retrain_module
from tests.training.drawn_dataset import SPOTS, disc_mask, write_dataset, write_mask


@pytest.fixture
def skinimg(monkeypatch, capsys):
    """Run a command in this process -> exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["skinimg", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        seen = capsys.readouterr()
        return left.value.code or 0, seen.out, seen.err

    return run


def test_check_prints_a_table_and_exits_0_or_2(skinimg, tmp_path):
    folder = write_dataset(tmp_path / "set")
    code, out, err = skinimg("train", "--check", "--data", folder)
    assert code == 0, err
    assert "2 labelled photos of 2 people" in out
    assert "can be trained on" in out
    (spots,) = [line.split() for line in out.splitlines() if line.startswith("spots")]
    assert spots[1:4] == ["2", "2", "0"]
    assert float(spots[4]) == pytest.approx(2 * sum(np.pi * s.radius_mm**2 for s in SPOTS), rel=0.02)
    write_mask(folder / "p1" / "cheek_closeup.png", "spot", disc_mask(SPOTS))
    code, out, err = skinimg("train", "--check", "--data", folder)
    assert code == 2
    assert "did you mean 'spots'" in err
    assert "1 thing to correct" in out


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_gpu_that_is_not_there_comes_before_anything_else(skinimg, tmp_path, command):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    options = ("--weights", "classical") if command == "evaluate" else ()
    code, _, err = skinimg(
        command, "--data", tmp_path / "nowhere", "--out", tmp_path / "o", "--device", "cuda", *options
    )
    assert code == 4
    assert "CUDA" in err


def test_bad_data_stops_training_before_it_begins(skinimg, tmp_path):
    folder = write_dataset(tmp_path / "set")
    cv2.imwrite(str(folder / "p0" / "cheek_closeup.spots.png"), disc_mask(SPOTS)[:100])
    code, _, err = skinimg("train", "--data", folder, "--out", tmp_path / "mine", "--device", "cpu")
    assert code == 2
    assert "another size" in err
    assert not (tmp_path / "mine.training").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [((), "--out NAME"), (("--out", "mine"), "--phantom"), (("--check",), "--data DIR")],
)
def test_missing_options(skinimg, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    code, _, err = skinimg("train", "--device", "cpu", *options)
    assert code == 2
    assert says in err
    assert list(tmp_path.iterdir()) == []


def test_unknown_weights(skinimg, tmp_path):
    folder = write_dataset(tmp_path / "set")
    code, _, err = skinimg("evaluate", "--data", folder, "--weights", "nonsense", "--out", tmp_path / "o")
    assert code == 4
    assert "nonsense" in err
    assert not (tmp_path / "o").exists()


def test_evaluate(skinimg, tmp_path):
    folder = write_dataset(tmp_path / "set")
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("p1/cheek_closeup.png,closeup", "p1/cheek_closeup.png,front"))
    code, out, err = skinimg("evaluate", "--data", folder, "--weights", "classical", "--out", tmp_path / "o")
    assert code == 3, err  # one photo is no close-up any more, and shows no face
    assert "p1/cheek_closeup.png: left out, no face found" in err
    facts = json.loads((tmp_path / "o" / "evaluation.json").read_text(encoding="utf-8"))
    assert facts["data"]["photos"] == 1
    assert list(facts["data"]["skipped"]) == ["p1/cheek_closeup.png"]
    assert "evaluation.html" in out
    assert (tmp_path / "o" / "evaluation.html").exists()


def test_evaluate_refuses_masks_that_do_not_fit_before_it_starts(skinimg, tmp_path):
    folder = write_dataset(tmp_path / "set")
    cv2.imwrite(str(folder / "p1" / "cheek_closeup.spots.png"), disc_mask(SPOTS)[:100])
    code, _, err = skinimg("evaluate", "--data", folder, "--weights", "classical", "--out", tmp_path / "o")
    assert code == 2
    assert "another size" in err
    assert not (tmp_path / "o").exists()


def test_export_refuses_another_kind_of_file(skinimg, tmp_path):
    code, _, err = skinimg("export", "--weights", "classical", "--out", tmp_path / "x.pb")
    assert code == 2
    assert "NAME.onnx" in err
    assert list(tmp_path.iterdir()) == []


def test_train_then_evaluate(skinimg, tmp_path, monkeypatch):
    """Two steps on four close-ups end in weights that `evaluate` runs; other data are not mixed with them."""
    monkeypatch.setattr(retrain_module, "COPIES", 1)
    folder = write_dataset(tmp_path / "set", people=6)
    common = ("train", "--data", folder, "--device", "cpu", "--out", tmp_path / "mine")
    code, out, err = skinimg(*common, "--steps", 1)
    assert code == 0, err
    card = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert card["data"] == ["6 labelled photos of 6 people"]
    weights = tmp_path / "mine.safetensors"
    assert str(weights) in out
    store = sorted(path.name for path in (tmp_path / "mine.training" / "tiles").iterdir())
    assert len(store) == 2 * 5 + 1  # five people to learn from, each also augmented; one to judge by
    code, _, err = skinimg("evaluate", "--data", folder, "--weights", weights, "--out", tmp_path / "o")
    assert code == 0, err
    write_mask(folder / "p0" / "cheek_closeup.png", "scars", disc_mask(SPOTS))
    code, _, err = skinimg(*common, "--steps", 1)
    assert code == 2
    assert "--fresh" in err
