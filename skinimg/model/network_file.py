"""The segmentation network on disk: a pair of files, weights and card, that `analyze --weights` runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.noise import NoiseTable
from skinimg.base.settings import WORKING_MM_PER_PX
from skinimg.model.card import Calibration, NetworkCard, as_json
from skinimg.model.network import SkinNetwork
from skinimg.model.weights import fill, half_precision, load_weights, save_weights


def save_network(path: Path, network: SkinNetwork, calibration: Calibration, told: Mapping[str, object]) -> NetworkCard:
    """Write NAME.safetensors and NAME.json.

    told : what people should know: `description`, `validation` with its `dice`, data, limits, licence; and `untrained`,
    the findings that the network has not learnt. Its noise is unknown until `repeatability.null_study` measures it.
    """
    facts = {
        "name": path.stem,
        "kind": NetworkCard.KIND,
        "findings": list(MASK_FINDINGS),
        "input": "planes of skinimg.model.network: density relative to unaffected skin, skin, resolution, context",
        "mm_per_px": WORKING_MM_PER_PX,
        "filters": network.filters,
        "calibration": asdict(calibration),
        "untrained": [],
        **told,
        **as_json(NoiseTable({})),
    }
    save_weights(half_precision(network.state_dict()), facts, path)
    return load_weights(path, NetworkCard)[1]


def load_network(weights: str) -> tuple[SkinNetwork, NetworkCard]:
    """The network of a shipped name or of a path to a .safetensors file, in eval mode on the CPU.

    Raises
    ------
    WeightsError
        Missing, damaged, or not a segmentation network of this version.
    """
    tensors, card = load_weights(weights, NetworkCard)
    network = SkinNetwork(card.filters)
    fill(network, tensors, str(weights))
    return network.eval(), card


def probability(logits: Tensor, calibration: Calibration) -> Tensor:
    """(5, h, w) logits -> (5, h, w) calibrated probabilities."""
    temperature, bias = (torch.tensor(values)[:, None, None] for values in (calibration.temperature, calibration.bias))
    return (logits / temperature).add_(bias).sigmoid_()  # in place: a face is 56 MB
