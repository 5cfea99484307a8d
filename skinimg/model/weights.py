"""Weights on disk: NAME.safetensors and its card NAME.json beside it. Never pickle.

The card has the `sha256` of the tensors, which is checked at every load: a card that does not belong to its weights is
refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor, nn

from skinimg.base.errors import WeightsError
from skinimg.base.files import write_bytes
from skinimg.base.shipped import shipped
from skinimg.model.card import REINSTALL, FaceCard, NetworkCard, read_card

Tensors = TypeVar("Tensors", FaceCard, NetworkCard)  # the cards of weights that have tensors


def weights_path(weights: str | Path) -> Path:
    """The tensors' path for a shipped name (`face`) or a path to a .safetensors file."""
    path = Path(weights)
    return path if path.suffix == ".safetensors" else shipped("weights") / f"{weights}.safetensors"


def load_weights(weights: str | Path, kind: type[Tensors]) -> tuple[dict[str, Tensor], Tensors]:
    """Tensors, as stored, and card of shipped weights (by name) or of a file (by path).

    Raises
    ------
    WeightsError
        A file is missing or unreadable, the card is of another kind, or its sha256 is not that of the tensors.
    """
    path = weights_path(weights)
    blob, card = _read(path), read_card(path.with_suffix(".json"))
    if not isinstance(card, kind):
        raise WeightsError(f"the weights {path} are of another kind", found=card.KIND, needed=kind.KIND)
    digest = hashlib.sha256(blob).hexdigest()
    if digest != card.sha256:
        raise WeightsError(
            f"the weights {path} do not belong to their card",
            found=f"sha256 {digest[:12]}...",
            needed=f"{card.sha256[:12]}...",
            next_step=REINSTALL,
        )
    try:
        return load_safetensors(blob), card
    except SafetensorError as error:
        raise WeightsError(f"the weights {path} are damaged: {error}", next_step=REINSTALL) from error


def save_weights(tensors: Mapping[str, Tensor], card: Mapping[str, object], path: Path) -> None:
    """Write tensors and card (its `sha256` filled in here), each through a temporary file.

    Raises
    ------
    WeightsError
        A tensor holds what is no number, or one too large for its format: nobody could use it.
    """
    endless = [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]
    if endless:
        raise WeightsError(
            f"the weights {path} would be of no use",
            found=f"{len(endless)} tensors that are not all finite numbers, first {endless[0]}",
            next_step="Train again at a lower learning rate.",
        )
    blob = save_safetensors({name: tensor.contiguous() for name, tensor in tensors.items()})
    full = {**card, "sha256": hashlib.sha256(blob).hexdigest()}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(full, indent=2, ensure_ascii=False) + "\n"
    for target, content in ((path, blob), (path.with_suffix(".json"), text.encode())):
        write_bytes(target, content)


def part_of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors below `prefix.`, without it: several networks share one file."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")}


def fill(net: nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Put tensors into a network, every one and no other, in the network's own number format.

    Raises
    ------
    WeightsError
        Names or shapes differ: the weights were made for another network.
    """
    own = {key: value for key, value in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    odd = sorted(own.keys() ^ tensors.keys()) or [key for key in own if own[key].shape != tensors[key].shape]
    if odd:
        raise WeightsError(
            f"the weights {name} were made for another network",
            found=f"{len(odd)} tensors that differ, first {odd[0]}",
            next_step="Use the weights of this version of skinimg.",
        )
    net.load_state_dict({key: tensors[key].to(own[key].dtype) for key in own}, strict=False)


def half_precision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """For storage: kernels in float16, whose rounding of 0.05 % is far below the networks' error.

    Vectors stay as they are: they are 1 % of the size, and a variance of batch norm can be too large for float16 (3e5
    after 3,500 steps of Muon, where 65,504 is the largest).
    """
    kept = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    return {name: tensor.to(torch.float16) if tensor.ndim > 1 else tensor for name, tensor in kept.items()}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}", next_step=REINSTALL) from error
