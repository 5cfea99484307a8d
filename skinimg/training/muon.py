"""Muon: gradient descent whose steps change a kernel equally much in every direction (kellerjordan.github.io, 2024).

Momentum of a kernel's gradient is dominated by a few directions; the step is the orthogonal matrix that is nearest to
it instead. From scratch on 12 parts of a store of phantom tiles, 240 steps learn what AdamW has hardly begun to: Dice on other
parts 0.54, 0.59, 0.32, 0.05 and 0.48 instead of 0.35, 0.46, 0.05, 0 and 0 (docs/BENCHMARKS.md, Segmentation), for 0.1 s
more a step. torch's own `torch.optim.Muon` takes no kernels of convolutions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skinimg.model.device import bfloat16_pays
from skinimg.model.network import SkinNetwork

# Polynomial that drives singular values towards one; five rounds leave them within 0.7 and 1.2 (Jordan 2024).
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
_MOMENTUM = 0.95
_OVER_ADAM = 10.0  # rate of a kernel over that of AdamW: 0.02 where AdamW has 2e-3, Jordan's own; not searched


class Muon(torch.optim.Optimizer):
    """For kernels (out, in, h, w), each seen as a matrix (out, in * h * w)."""

    def __init__(self, kernels: list[nn.Parameter], lr: float) -> None:
        super().__init__(kernels, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One step with Nesterov's momentum; kernels without a gradient stay."""
        for group in self.param_groups:
            for kernel in group["params"]:
                if kernel.grad is None:
                    continue
                state = self.state[kernel]
                if not state:
                    state["momentum"] = torch.zeros_like(kernel.grad)
                momentum = state["momentum"]
                momentum.lerp_(kernel.grad, 1 - _MOMENTUM)
                ahead = kernel.grad.lerp(momentum, _MOMENTUM).reshape(len(kernel), -1)
                turn = orthogonal(ahead) * max(1.0, ahead.shape[0] / ahead.shape[1]) ** 0.5
                kernel.add_(turn.reshape(kernel.shape), alpha=-group["lr"])


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal matrix that is nearest to a matrix (rows, columns): singular values of 0.7 to 1.2."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide.to(torch.bfloat16 if bfloat16_pays(matrix.device.type) else torch.float32)
    wide = wide / (wide.norm() + 1e-7)
    a, b, c = _QUINTIC
    for _ in range(_ROUNDS):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * square @ square) @ wide
    return (wide if matrix.shape[0] <= matrix.shape[1] else wide.T).to(matrix.dtype)


class Optimiser:
    """Muon for the kernels within the body, AdamW for its first and last layer, biases and norms."""

    def __init__(self, network: SkinNetwork, learning_rate: float) -> None:
        ends = (*network.body.convInit.parameters(), *network.body.conv_final.parameters())
        outer = {id(parameter) for parameter in ends}
        everything = list(network.parameters())
        kernels = [p for p in everything if p.ndim == 4 and id(p) not in outer]
        inner = {id(kernel) for kernel in kernels}
        others = [p for p in everything if id(p) not in inner]
        self._both = Muon(kernels, learning_rate), torch.optim.AdamW(others, lr=learning_rate, weight_decay=1e-4)

    def step(self, learning_rate: float) -> None:
        """learning_rate : of AdamW at this step."""
        for optimiser, factor in zip(self._both, (_OVER_ADAM, 1.0), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = factor * learning_rate
            optimiser.step()

    def state_dict(self) -> list[dict[str, object]]:
        """State of both, for a checkpoint."""
        return [optimiser.state_dict() for optimiser in self._both]

    def load_state_dict(self, states: list[dict[str, object]]) -> None:
        """Go on from a checkpoint."""
        for optimiser, state in zip(self._both, states, strict=True):
            optimiser.load_state_dict(state)
