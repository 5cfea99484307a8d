"""The training loop of both face networks: a time to train for, averaged weights, and a checkpoint to go on from."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from skinimg.base.files import atomic
from skinimg.model.device import bfloat16_pays

Net = TypeVar("Net", bound=nn.Module)
Say = Callable[[str], None]

_WARM_STEPS = 200
_SLOW = 0.1  # of the learning rate
_LONGEST_AVERAGE = 0.998  # kept of the averaged weights at each step
_TELL_EVERY, _SAVE_EVERY = 100, 400  # steps


@dataclass(frozen=True)
class FaceTrainingRecipe:
    """What to train on, for how long, and where to write."""

    data: Path  # folder of photos and landmarks (photos.py)
    out: Path  # folder of the checkpoints
    minutes: float = 40.0  # wall clock, over all resumed runs
    batch: int = 48
    seed: int = 1


class Run(Generic[Net]):
    """One network in training: AdamW, cosine over wall-clock minutes, averaged weights.

    It goes on from the checkpoint if there is one. slow : how the names of those parameters begin that learn slowly
    """

    def __init__(self, net: Net, checkpoint: Path, minutes: float, learning_rate: float, slow: str = "") -> None:
        self.net: Net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(net).eval()
        groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
        for name, parameter in net.named_parameters():
            groups[bool(slow) and name.startswith(slow)].append(parameter)
        self._optimizer = torch.optim.AdamW(
            [{"params": groups[False], "scale": 1.0}, {"params": groups[True], "scale": _SLOW}],
            lr=learning_rate,
            weight_decay=0.02,
        )
        self._checkpoint, self._minutes, self._learning_rate = checkpoint, minutes, learning_rate
        self.seconds, self.steps, self._last = 0.0, 0, time.time()
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average.load_state_dict(state["average"])
            self._optimizer.load_state_dict(state["optimizer"])
            self.seconds, self.steps = state["seconds"], state["steps"]

    @property
    def done(self) -> bool:
        """Whether the time is up."""
        return self.seconds >= 60 * self._minutes

    def step(self, loss: Tensor) -> None:
        """Learn from the loss of one batch."""
        part = min(self.seconds / (60 * self._minutes), 1.0)
        warm = min(1.0, (self.steps + 1) / _WARM_STEPS)
        rate = float(self._learning_rate * warm * (0.5 + 0.5 * np.cos(np.pi * part)) + 1e-6)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self._optimizer.step()
        self._add_to_average()
        self.steps += 1
        self.seconds += time.time() - self._last
        self._last = time.time()

    @torch.no_grad()
    def _add_to_average(self) -> None:
        keep = min(_LONGEST_AVERAGE, 1 - 1 / (1 + self.steps / 10))
        for mean, now in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - keep)
            else:
                mean.copy_(now)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "seconds": self.seconds,
            "steps": self.steps,
        }
        with atomic(self._checkpoint) as part:
            torch.save(state, part)


def train(
    run: Run[Net],
    stream: Iterator[list[Tensor]],
    loss_of: Callable[..., Tensor],
    say: Say,
    look: Callable[[], None] | None = None,
) -> None:
    """Until the time is up: every 100 steps how it goes, every 400 a checkpoint and a look; a checkpoint at the end.

    stream : batches, images (n, 3, h, w) first; loss_of : what the network answers and the rest of the batch -> loss
    """
    losses: list[float] = []
    while not run.done:
        image, *truth = next(stream)
        with mixed():
            out: Any = run.net.train()(image.contiguous(memory_format=torch.channels_last))
        loss = loss_of(out, *truth)
        run.step(loss)
        losses.append(float(loss.detach()))
        if run.steps % _TELL_EVERY == 0:
            say(f"step {run.steps}, {run.seconds / 60:.1f} min, loss {np.mean(losses[-100:]):.3f}")
        if run.steps % _SAVE_EVERY == 0:
            run.save()
            if look is not None:
                look()
    run.save()


def mixed() -> torch.autocast:
    """bfloat16 on the CPU where it is faster."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bfloat16_pays("cpu"))
