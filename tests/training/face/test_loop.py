"""The loop of the face model's training: it goes on where it stopped, ends in time, and tells how it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from skinimg.training.face import loop
from skinimg.training.face.loop import Run, train

pytestmark = pytest.mark.usefixtures("a_second_a_look")


def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 1, 3))


def photos() -> Iterator[list[Tensor]]:
    generator = torch.Generator().manual_seed(0)
    while True:
        image = torch.rand(2, 3, 8, 8, generator=generator)
        yield [image, image.mean((1, 2, 3))]


def loss_of(out: Tensor, target: Tensor) -> Tensor:
    return (out.mean((1, 2, 3)) - target).square().mean()


def test_resumed_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = Run(small_net(), tmp_path / "net.pt", minutes=3 / 60, learning_rate=1e-2)
    train(first, photos(), loss_of, print)
    assert first.done and first.steps == 3
    again = Run(small_net(), tmp_path / "net.pt", minutes=5 / 60, learning_rate=1e-2)
    assert (again.steps, again.seconds, again.done) == (3, 3.0, False)
    for name, value in first.net.state_dict().items():
        assert torch.equal(value, again.net.state_dict()[name]), name
    for name, value in first.average.state_dict().items():
        assert torch.equal(value, again.average.state_dict()[name]), name
    train(again, photos(), loss_of, print)
    assert again.steps == 5
    assert torch.load(tmp_path / "net.pt", weights_only=True)["steps"] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["net.pt"]


def test_the_average_lags_behind(tmp_path: Path) -> None:
    run = Run(small_net(), tmp_path / "net.pt", minutes=1, learning_rate=1e-2)
    stream = photos()
    for _ in range(5):
        image, target = next(stream)
        before = run.average.state_dict()["0.weight"].clone()
        run.step(loss_of(run.net(image), target))
        after, now = run.average.state_dict()["0.weight"], run.net.state_dict()["0.weight"]
        assert torch.allclose(torch.linalg.vector_norm(now - before), sum_of_parts(before, after, now), rtol=1e-3)
    assert not run.average.training


def sum_of_parts(before: Tensor, after: Tensor, now: Tensor) -> Tensor:
    """As long as the whole way where `after` lies on it."""
    return torch.linalg.vector_norm(after - before) + torch.linalg.vector_norm(now - after)


def test_some_parameters_learn_slowly(tmp_path: Path) -> None:
    run = Run(small_net(), tmp_path / "net.pt", minutes=1, learning_rate=1e-2, slow="2")
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    image, target = next(photos())
    run.step(loss_of(run.net(image), target))
    moved = {name: float((value - before[name]).abs().max()) for name, value in run.net.state_dict().items()}
    assert 0 < moved["2.weight"] < 0.2 * moved["0.weight"]


def test_it_tells_saves_and_looks_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_TELL_EVERY", 2)
    monkeypatch.setattr(loop, "_SAVE_EVERY", 4)
    said: list[str] = []
    run = Run(small_net(), tmp_path / "net.pt", minutes=9 / 60, learning_rate=1e-2)

    def look() -> None:
        said.append(f"saved {torch.load(tmp_path / 'net.pt', weights_only=True)['steps']}")

    train(run, photos(), loss_of, said.append, look)
    steps = [line.split(",")[0] for line in said]
    assert steps == ["step 2", "step 4", "saved 4", "step 6", "step 8", "saved 8"]
    assert said[0].startswith("step 2, 0.0 min, loss ")
