"""From a trained network to the pair of files that `analyze --weights` runs: calibration, figures, card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.provenance import versions
from skinimg.model.card import Calibration, NetworkCard
from skinimg.model.network import SkinNetwork
from skinimg.model.network_file import save_network
from skinimg.model.weights import fill, half_precision
from skinimg.training.fit import predict, validated
from skinimg.training.loss import calibrate, known_mask
from skinimg.training.tile_store import Tiles, joined, load_part
from skinimg.training.training_log import Validation


def ship(
    path: Path,
    network: SkinNetwork,
    held_out: Sequence[Path],
    validations: Sequence[Validation],
    told: Mapping[str, object],
    device: str = "cpu",
    groups: Sequence[str] = (),
    begun: Calibration | None = None,
) -> NetworkCard:
    """Calibrate on parts of a store that were held out, and write NAME.safetensors and NAME.json.

    told : name -> what people should know: `description`, `data`, `licence`, `limits`; and `untrained`, the findings
    that it has not learnt: `analyze` says so instead of a number. groups : of the people of each part of `held_out`;
    the card then tells the Dice of each, as calibrated. begun : calibration of the weights that training began with; what
    `held_out` cannot tell of a finding keeps it
    """
    parts = [load_part(part) for part in held_out]
    tiles = joined(parts)
    known = known_mask(torch.from_numpy(tiles.known))
    fill(network, half_precision(network.state_dict()), "as they are stored")  # what is calibrated is what is shipped
    logits = predict(network, tiles, device)
    begun = begun or Calibration((1.0,) * len(MASK_FINDINGS), (0.0,) * len(MASK_FINDINGS))
    calibrated = [
        calibrate(logits[:, k], torch.from_numpy(tiles.coverage[:, k]).float() / 255, known[:, k])
        or (begun.temperature[k], begun.bias[k])
        for k in range(len(MASK_FINDINGS))  # one at a time: five at once are 10 GB for 1,200 tiles
    ]
    temperature, bias = zip(*calibrated, strict=True)
    best = min(validations, key=lambda seen: seen.loss)
    figures: dict[str, object] = {
        "step": best.step,
        "calibration_tiles": len(tiles),
        "dice": _by_finding(best.dice),
        "area_ratio_before_calibration": _by_finding(best.area_ratio),
    }
    if groups:
        logits.div_(torch.tensor(temperature)[:, None, None]).add_(torch.tensor(bias)[:, None, None])
        group = np.repeat(groups, [len(part) for part in parts])
        figures["dice_by_group"] = {name: _dice(logits, tiles, group == name) for name in sorted(set(groups))}
    made = {**told, "validation": figures, "versions": versions()}
    return save_network(path, network.cpu(), Calibration(temperature, bias), made)


def _dice(logits: Tensor, tiles: Tiles, chosen: npt.NDArray[np.bool_]) -> dict[str, float | None]:
    return _by_finding(validated(logits[torch.from_numpy(chosen)], tiles.take(np.flatnonzero(chosen)), 0).dice)


def _by_finding(values: Sequence[float]) -> dict[str, float | None]:
    """JSON has no NaN: None where nothing of a finding was known."""
    return {name: value if isfinite(value) else None for name, value in zip(MASK_FINDINGS, values, strict=True)}
