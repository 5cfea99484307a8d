"""Weights are read back as written, and refused when they are missing, damaged or of another network."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from skinimg.errors import WeightsError
from skinimg.model.weights import fill, half_precision, load_weights, part_of, save_weights, weights_folder


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "some.safetensors"
    save_weights({"a.w": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1, 2])}, {"name": "some"}, path)
    return path


def test_read_back_as_written(saved: Path) -> None:
    tensors, card = load_weights(saved)
    assert torch.equal(tensors["a.w"], torch.arange(6.0).reshape(2, 3))
    assert card["name"] == "some" and len(card["sha256"]) == 64
    assert list(part_of(tensors, "a")) == ["w"]
    assert not list(saved.parent.glob("*.part"))


def test_missing_weights_or_card(saved: Path) -> None:
    with pytest.raises(WeightsError, match="cannot read"):
        load_weights("no_such_weights")
    saved.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match=r"some\.json"):
        load_weights(saved)


def test_a_changed_byte_is_noticed(saved: Path) -> None:
    blob = bytearray(saved.read_bytes())
    blob[-1] ^= 1
    saved.write_bytes(blob)
    with pytest.raises(WeightsError, match="do not belong to their card"):
        load_weights(saved)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_card(saved: Path, text: str) -> None:
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(WeightsError, match="card"):
        load_weights(saved)


def test_no_tensors_behind_a_right_sum(saved: Path) -> None:
    import hashlib

    saved.write_bytes(b"nonsense")
    saved.with_suffix(".json").write_text(json.dumps({"sha256": hashlib.sha256(b"nonsense").hexdigest()}))
    with pytest.raises(WeightsError, match="damaged"):
        load_weights(saved)


def test_another_network_is_refused() -> None:
    net = nn.Linear(3, 2)
    state = half_precision(net.state_dict())
    assert state["weight"].dtype == torch.float16
    other = nn.Linear(3, 2)
    fill(other, state, "x")
    assert torch.allclose(other.weight, net.weight, rtol=1e-3)
    assert other.weight.dtype == torch.float32
    for wrong in ({"weight": state["weight"]}, {**state, "more": state["bias"]}, {**state, "bias": torch.zeros(3)}):
        with pytest.raises(WeightsError, match="another network"):
            fill(other, wrong, "x")


def test_the_shipped_weights_are_whole() -> None:
    tensors, card = load_weights("face")
    assert (weights_folder() / "face.safetensors").stat().st_size < 8e6
    assert card["name"] == "face" and tensors["mirror"].shape == (478,)
