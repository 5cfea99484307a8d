"""The segmentation network on disk: a pair of files, weights and card, that `analyze --weights` runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from skinimg.base.errors import WeightsError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.model.network import N_PLANES, SkinNetwork
from skinimg.model.weights import Card, fill, half_precision, load_weights, save_weights, weights_path

KIND = "segmentation network"
_FILTERS = range(8, 257, 8)  # groups of eight are normalised together; the shipped network has 32


@dataclass(frozen=True)
class Calibration:
    """Probability = sigmoid(logit / temperature + bias), per finding, so that summed probability is area."""

    temperature: tuple[float, ...]
    bias: tuple[float, ...]

    def probability(self, logits: Tensor) -> Tensor:
        """(5, h, w) logits -> (5, h, w) probabilities."""
        temperature, bias = (torch.tensor(values)[:, None, None] for values in (self.temperature, self.bias))
        return (logits / temperature).add_(bias).sigmoid_()  # in place: a face is 56 MB


def save_network(path: Path, network: SkinNetwork, calibration: Calibration, card: Card) -> Card:
    """Write NAME.safetensors and NAME.json; `card` adds what people should know (data, figures, limits, licence)."""
    facts = {
        "name": path.stem,
        "kind": KIND,
        "findings": list(MASK_FINDINGS),
        "input": "planes of skinimg.model.network: density relative to unaffected skin, skin, resolution, context",
        "mm_per_px": WORKING_MM_PER_PX,
        "filters": network.filters,
        "calibration": {"temperature": list(calibration.temperature), "bias": list(calibration.bias)},
    }
    return save_weights(half_precision(network.state_dict()), {**facts, **card}, path)


def load_network(weights: str) -> tuple[SkinNetwork, Calibration, Card]:
    """The network of a shipped name or of a path to a .safetensors file, in eval mode on the CPU.

    Raises
    ------
    WeightsError
        Missing, damaged, or not a segmentation network of this version.
    """
    tensors, card = load_weights(weights)
    made_for = {"kind": KIND, "findings": list(MASK_FINDINGS), "mm_per_px": WORKING_MM_PER_PX}
    for name, needed in made_for.items():
        if card.get(name) != needed:
            raise WeightsError(
                f"{weights_path(weights)} cannot segment skin: {name}", found=repr(card.get(name)), needed=repr(needed)
            )
    try:
        if card["filters"] not in _FILTERS:
            raise ValueError(f"{card['filters']!r} filters")
        network = SkinNetwork(int(card["filters"]))
        calibration = Calibration(*(_numbers(card["calibration"][name]) for name in ("temperature", "bias")))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise WeightsError(f"the card of {weights} is damaged", found=repr(error)) from error
    fill(network, tensors, str(weights))
    return network.eval(), calibration, card


def _numbers(values: Sequence[float]) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if len(found) != len(MASK_FINDINGS):
        raise ValueError(f"{len(found)} numbers for {len(MASK_FINDINGS)} findings, {N_PLANES} planes")
    return found
