"""Weights are read back as written, and refused when they are missing, damaged or of another network."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from skinimg.base.errors import WeightsError
from skinimg.base.shipped import shipped
from skinimg.face.find import load_face_model
from skinimg.model.card import FaceCard
from skinimg.model.segmenter import load_segmenter
from skinimg.model.weights import fill, half_precision, load_weights, part_of, save_weights

FACE = {"name": "some", "kind": "face", "description": "none", "iris_diameter_relative_sd": 0.1}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "some.safetensors"
    save_weights({"a.w": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1, 2])}, FACE, path)
    return path


def test_read_back_as_written(saved: Path) -> None:
    tensors, card = load_weights(saved, FaceCard)
    assert torch.equal(tensors["a.w"], torch.arange(6.0).reshape(2, 3))
    assert card.name == "some" and len(card.sha256) == 64
    assert list(part_of(tensors, "a")) == ["w"]
    assert sorted(path.suffix for path in saved.parent.iterdir()) == [".json", ".safetensors"]


def test_missing_weights_or_card(saved: Path) -> None:
    with pytest.raises(WeightsError, match="cannot read"):
        load_weights("no_such_weights", FaceCard)
    saved.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match=r"some\.json"):
        load_weights(saved, FaceCard)


def test_a_changed_byte_is_noticed(saved: Path) -> None:
    blob = bytearray(saved.read_bytes())
    blob[-1] ^= 1
    saved.write_bytes(blob)
    with pytest.raises(WeightsError, match="do not belong to their card"):
        load_weights(saved, FaceCard)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_card(saved: Path, text: str) -> None:
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(WeightsError, match="card"):
        load_weights(saved, FaceCard)


def test_no_tensors_behind_a_right_sum(saved: Path) -> None:
    import hashlib

    saved.write_bytes(b"nonsense")
    saved.with_suffix(".json").write_text(json.dumps(FACE | {"sha256": hashlib.sha256(b"nonsense").hexdigest()}))
    with pytest.raises(WeightsError, match="damaged"):
        load_weights(saved, FaceCard)


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


def test_half_of_the_precision_keeps_large_variances() -> None:
    """A variance of 3e5 in float16 is infinite, and a network that has it answers the same everywhere."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).eval()
    net[1].running_var = torch.tensor([1.0, 3e5, 0.5, 2.0])
    net[1].weight.data[1] = 1e3
    x = torch.randn(1, 3, 16, 16)
    expected = net(x).detach()
    fill(net, half_precision(net.state_dict()), "as stored")
    torch.testing.assert_close(net(x).detach(), expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_written(tmp_path: Path, broken: float) -> None:
    path = tmp_path / "sick.safetensors"
    with pytest.raises(WeightsError, match="not all finite numbers, first b"):
        save_weights({"a": torch.ones(2), "b": torch.tensor([0.0, broken])}, {"name": "sick"}, path)
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_weights_are_whole() -> None:
    tensors, card = load_weights("face", FaceCard)
    assert (shipped("weights") / "face.safetensors").stat().st_size < 8e6
    assert card.name == "face" and tensors["mirror"].shape == (478,)


@pytest.mark.parametrize("name", ["face", "nobody"])
def test_what_cannot_segment_is_refused_by_name(name: str) -> None:
    with pytest.raises(WeightsError, match=name):
        load_segmenter(name, "cpu")


@pytest.mark.parametrize("name", ["skin", "nobody"])
def test_what_finds_no_face_is_refused_by_name(name: str) -> None:
    with pytest.raises(WeightsError, match=name):
        load_face_model(name)
