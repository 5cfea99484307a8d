"""The finder's loss prefers the right answer; its training leaves a checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from skinimg.training.face import backdrops as backdrops_module
from skinimg.training.face.finder import finder_loss, train_finder
from skinimg.training.face.loop import FaceTrainingRecipe

FACE = (60.0, 44.0, 16.0, 0.2)  # x, y, radius, roll


def answer(x: float, y: float, radius: float, roll: float, side: int = 32) -> torch.Tensor:
    """(1, 6, side, side) of a finder that is sure of this face."""
    cell_y, cell_x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    dx, dy = (x - 1.5) / 4 - cell_x, (y - 1.5) / 4 - cell_y
    logit = 8 * torch.exp(-(dx**2 + dy**2) / 2) - 4
    same = torch.ones_like(dx)
    size, turn = torch.tensor(radius / 4).log(), torch.tensor(roll)
    return torch.stack([logit, dx, dy, size * same, turn.cos() * same, turn.sin() * same])[None]


@pytest.mark.parametrize("wrong", [(8, 0, 0, 0), (0, -8, 0, 0), (0, 0, 5, 0), (0, 0, 0, 0.4)])
def test_the_right_answer_costs_least(wrong: tuple[float, ...]) -> None:
    target = torch.tensor([FACE])
    right = finder_loss(answer(*FACE), target)
    shifted = finder_loss(answer(*(a + b for a, b in zip(FACE, wrong, strict=True))), target)
    assert float(right) < 0.9 * float(shifted)


def test_where_no_face_is_only_a_no_is_right() -> None:
    nothing = torch.tensor([[60.0, 44.0, 0.0, 0.0]])
    silent = answer(*FACE)
    silent[:, 0] = -6
    assert float(finder_loss(silent, nothing)) < 0.1 < float(finder_loss(answer(*FACE), nothing))
    silent.requires_grad_()
    torch.autograd.backward(finder_loss(silent, nothing))
    assert silent.grad is not None
    assert silent.grad[:, 0].abs().sum() > 0 and silent.grad[:, 1:].abs().sum() == 0


@pytest.mark.usefixtures("a_second_a_look")
def test_a_training_leaves_a_checkpoint(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CLUTTER", "_GRIDS", "_SKIN", "_BLOWN_UP"):
        monkeypatch.setattr(backdrops_module, name, 2)
    said: list[str] = []
    train_finder(FaceTrainingRecipe(folder, tmp_path / "out", minutes=1.5 / 60, batch=2), said.append)
    state = torch.load(tmp_path / "out" / "finder.pt", weights_only=True)
    assert state["steps"] == 2 and said == []
    bias = state["average"]["head.bias"].numpy()
    assert bias[0] == pytest.approx(-4, abs=0.01)  # it began by saying no
    assert np.abs(bias[1:]).max() < 1
