"""Export to ONNX: the same probabilities at any size, or no file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from skinimg.base.errors import SettingsError, WeightsError
from skinimg.base.findings import MASK_FINDINGS
from skinimg.model import onnx
from skinimg.model.card import Calibration
from skinimg.model.network import SkinNetwork
from skinimg.model.network_file import save_network

pytest.importorskip("onnxruntime", reason="the extra `export` is not installed")
pytest.importorskip("onnxscript", reason="the extra `export` is not installed")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    n = len(MASK_FINDINGS)
    told = {"description": "random", "validation": {"dice": {}}}
    save_network(path, SkinNetwork(8), Calibration((1.5,) * n, (0.3,) * n), told)
    return path


def test_the_file_says_the_same(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "small.onnx"
    assert onnx.export(str(weights), path) <= onnx.TOLERANCE
    assert path.stat().st_size > 10_000
    assert [p.name for p in path.parent.iterdir()] == ["small.onnx"]


def test_a_file_that_differs_is_not_kept(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = onnx._write

    def wrong(model: torch.nn.Module, path: Path) -> None:
        write(model, path)
        model.get_buffer("bias").add_(0.1)

    monkeypatch.setattr(onnx, "_write", wrong)
    with pytest.raises(WeightsError, match="other probabilities"):
        onnx.export(str(weights), tmp_path / "small.onnx")
    assert list(tmp_path.iterdir()) == []


def test_another_name_is_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"NAME\.onnx"):
        onnx.export(str(weights), tmp_path / "small.bin")
