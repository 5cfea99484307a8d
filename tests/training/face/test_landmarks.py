"""The loss of the landmark network, and its training from photos to checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skinimg.model.face_network import LandmarkOutput
from skinimg.training.face import backdrops as backdrops_module
from skinimg.training.face.landmarks import landmark_loss, train_landmarks
from skinimg.training.face.loop import FaceTrainingRecipe
from tests.training.face.drawn_faces import mean_shape

ANCHORS = torch.tensor([468, 473, 33, 152])


def loss_of(shift: float, anchor_shift: float, logit: float, there: float) -> float:
    """Of a network that is off by so many crop sides."""
    target = torch.from_numpy(mean_shape())[None]
    marks, anchors = target + torch.tensor([shift, 0, 0]), target[:, ANCHORS, :2] + anchor_shift
    out = LandmarkOutput(marks, anchors, torch.tensor([logit]))
    return float(landmark_loss(out, target, torch.tensor([there]), ANCHORS))


def test_the_right_answer_costs_least() -> None:
    right = loss_of(0, 0, 8.0, 1.0)
    assert right < 0.001
    assert right < loss_of(0.01, 0, 8.0, 1.0) < loss_of(0.02, 0, 8.0, 1.0)
    assert right < loss_of(0, 0.01, 8.0, 1.0)
    assert right < loss_of(0, 0, -8.0, 1.0)


def test_where_no_face_is_only_the_verdict_counts() -> None:
    assert loss_of(0.3, 0.3, -8.0, 0.0) == loss_of(0, 0, -8.0, 0.0) < 0.001
    assert loss_of(0, 0, 8.0, 0.0) > 7


@pytest.mark.usefixtures("a_second_a_look")
def test_a_training_leaves_a_checkpoint_and_the_shape(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_CLUTTER", "_GRIDS", "_SKIN", "_BLOWN_UP"):
        monkeypatch.setattr(backdrops_module, name, 2)
    said: list[str] = []
    train_landmarks(FaceTrainingRecipe(folder, tmp_path, minutes=1.5 / 60, batch=2), said.append)
    state = torch.load(tmp_path / "landmarks.pt", weights_only=True)
    assert state["steps"] == 2
    assert len(said) == 1 and said[0].endswith("held out; starts at step 0")
    with np.load(tmp_path / "shape.npz") as shape:
        assert shape["mean_shape"].shape == (478, 3)
        assert len(set(shape["anchors"].tolist())) == len(state["net"]["heat.bias"])
        np.testing.assert_array_equal(shape["mirror"][shape["mirror"]], np.arange(478))
