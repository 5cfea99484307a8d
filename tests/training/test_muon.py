"""The optimiser: steps that turn every direction equally far, every parameter in one of the two, states that return."""

from __future__ import annotations

import pytest
import torch

from skinimg.model.network import SkinNetwork
from skinimg.training.muon import Muon, Optimiser, orthogonal


@pytest.mark.parametrize("shape", [(8, 72), (72, 8), (32, 32)])
def test_step_is_nearly_orthogonal(shape):
    generator = torch.Generator().manual_seed(0)
    strengths = torch.logspace(0, -1.5, min(shape))  # directions of very different strength, as gradients have them
    left, _, right = torch.linalg.svd(torch.randn(*shape, generator=generator), full_matrices=False)
    turned = orthogonal(left * strengths @ right)
    values = torch.linalg.svdvals(turned)
    assert float(values.min()) > 0.6
    assert float(values.max()) < 1.3
    assert torch.linalg.matrix_norm(turned - left @ right, 2) < 0.4  # the directions are those of the gradient


def test_momentum_carries_on_where_a_gradient_ends():
    kernel = torch.nn.Parameter(torch.zeros(4, 2, 3, 3))
    optimiser = Muon([kernel], lr=0.1)
    kernel.grad = torch.randn(kernel.shape, generator=torch.Generator().manual_seed(1))
    optimiser.step()
    first = kernel.detach().clone()
    kernel.grad = torch.zeros_like(kernel)
    optimiser.step()
    again = kernel.detach() - first
    assert torch.nn.functional.cosine_similarity(first.flatten(), again.flatten(), dim=0) > 0.99


def test_every_parameter_is_moved_once():
    torch.manual_seed(0)
    network = SkinNetwork(8)
    optimiser = Optimiser(network, 2e-3)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimiser.step(2e-3)
    moved = {name: float((value.detach() - before[name]).norm()) for name, value in network.named_parameters()}
    assert min(moved.values()) > 0
    held = [len(group["params"]) for state in optimiser.state_dict() for group in state["param_groups"]]
    assert sum(held) == len(moved)


def test_goes_on_from_a_state_as_if_never_stopped():
    def trained(steps: range, network: SkinNetwork, optimiser: Optimiser) -> None:
        for step in steps:
            generator = torch.Generator().manual_seed(step)
            for parameter in network.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator)
            optimiser.step(1e-3)

    torch.manual_seed(0)
    whole, stopped = SkinNetwork(8), SkinNetwork(8)
    stopped.load_state_dict(whole.state_dict())
    trained(range(4), whole, Optimiser(whole, 1e-3))
    first = Optimiser(stopped, 1e-3)
    trained(range(2), stopped, first)
    second = Optimiser(stopped, 1e-3)
    second.load_state_dict(first.state_dict())
    trained(range(2, 4), stopped, second)
    for one, other in zip(whole.parameters(), stopped.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
