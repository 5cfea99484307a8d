"""Judging the face model: a known error comes out as that error, a face that is missed as not found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from skinimg.base.errors import PhotoError, WeightsError
from skinimg.base.reasons import why
from skinimg.base.records import Face
from skinimg.model.face_network import LandmarkOutput
from skinimg.training.face import judge
from skinimg.training.face.judge import evaluate, held_out_crop_error, summary
from skinimg.training.face.photos import Faces
from tests.training.face.drawn_faces import mean_shape


class Says(nn.Module):
    """A network with the same answer for every crop."""

    def __init__(self, answer: np.ndarray) -> None:
        super().__init__()
        self.answer = torch.from_numpy(answer)

    def forward(self, x: Tensor) -> LandmarkOutput:
        return LandmarkOutput(self.answer.expand(len(x), -1, -1), torch.zeros(1), torch.zeros(1))


def test_error_on_crops_is_in_units_of_the_eye_distance(faces: Faces) -> None:
    faces = replace(faces, held_out=np.arange(10) < 3)
    shape = mean_shape()
    error = held_out_crop_error(Says(shape), faces)  # type: ignore[arg-type]
    assert error.shape == (3,)
    assert (error < 15).all()  # the crops are shifted by 2 canvas pixels, of 43 between the eyes
    eyes = np.linalg.norm(shape[468, :2] - shape[473, :2])
    far = held_out_crop_error(Says(shape + np.float32([0, eyes, 0])), faces)  # type: ignore[arg-type]
    np.testing.assert_allclose(far, 100, atol=15)


def test_summary_counts_who_was_not_found() -> None:
    figures = summary(np.array([1.0, 3.0, np.nan, 2.0]))
    assert figures == {"n": 4, "median_percent": 2.0, "p90_percent": 2.8, "not_found_percent": 25.0}


def test_summary_of_people_of_whom_none_was_found() -> None:
    assert summary(np.full(2, np.nan)) == {"n": 2, "not_found_percent": 100.0}


def test_weights_that_find_nobody_are_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(photo: np.ndarray, model: str) -> Face:
        raise PhotoError(why("no_face", needed=0.5))

    monkeypatch.setattr("skinimg.training.face.photos.held_out_people", lambda names, canvases: np.ones(10, bool))
    monkeypatch.setattr(judge, "load_face_model", lambda weights: weights)
    monkeypatch.setattr(judge, "find_face", blind)
    with pytest.raises(WeightsError, match="none of 10"):
        evaluate(folder, Path("some.safetensors"))


def test_evaluation_of_whole_photos(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody held out: one is not seen, one is placed on somebody else, the others 10 % off."""
    table = np.load(folder / "landmarks.npz")
    monkeypatch.setattr("skinimg.training.face.photos.held_out_people", lambda names, canvases: np.ones(10, bool))
    monkeypatch.setattr(judge, "load_face_model", lambda weights: weights)
    asked: list[Any] = []

    def pretend(photo: np.ndarray, model: str) -> Face:
        truth = table["landmarks"][len(asked)]
        asked.append(model)
        if len(asked) == 2:
            raise PhotoError(why("no_face", needed=0.5))
        off = np.linalg.norm(truth[468, :2] - truth[473, :2]) * (2.0 if len(asked) == 3 else 0.1)
        return Face(truth + np.float32([off, 0, 0]), 0.9, 0, 0, 0, 1, 0.1)

    monkeypatch.setattr(judge, "find_face", pretend)
    result = evaluate(folder, Path("some.safetensors"))
    assert asked == ["some.safetensors"] * 10
    every = {"n": 10, "median_percent": 10.0, "p90_percent": 10.0, "not_found_percent": 20.0}
    assert result.groups["all"] == every
    assert result.groups["greyscale"]["n"] == 2
    assert result.groups["colour, ITA below 10 (brown, dark)"]["n"] == 1
    assert "colour, ITA 10 to 28 (tan)" not in result.groups
    assert result.iris_sd == 0 and result.iris_log_ratio == pytest.approx(0, abs=1e-4)
    assert len(result.confidence) == 9
    lines = list(result.lines())
    assert lines[0].split() == ["all", *" ".join(f"{key} {value}" for key, value in every.items()).split()]
    assert lines[-1] == "confidence, 1 %, 5 %, 50 %: 0.90, 0.90, 0.90"
