"""The network as an ONNX file, for use without torch, and the check that it says the same.

The file takes what `network.planes` makes, float32 (n, 31, h / 2, w / 2), and gives calibrated probabilities
(n, 5, h, w); h and w are multiples of 16. Needs the extra `export`.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from skinimg.base.errors import SettingsError, WeightsError
from skinimg.base.files import atomic
from skinimg.base.findings import MASK_FINDINGS
from skinimg.model.card import Calibration
from skinimg.model.network import BLOCK_PX, GRID_PX, N_PLANES, SkinNetwork
from skinimg.model.network_file import load_network

TOLERANCE = 1e-4  # of probability; torch and ONNX Runtime sum in another order, in float32
_OPSET = 18
_CHECKED = ((1, 96, 128), (2, 240, 160))  # other sizes than that of the export


class _Calibrated(nn.Module):
    def __init__(self, network: SkinNetwork, calibration: Calibration) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("temperature", torch.tensor(calibration.temperature)[:, None, None])
        self.register_buffer("bias", torch.tensor(calibration.bias)[:, None, None])

    def forward(self, planes: Tensor) -> Tensor:
        return torch.sigmoid(self.network(planes) / self.temperature + self.bias)


def export(weights: str, path: Path) -> float:
    """Write the weights of a name or a .safetensors file as ONNX; returns the largest difference that was found.

    Raises
    ------
    SettingsError
        The extra `export` is not installed, or the file would not be called .onnx.
    WeightsError
        Missing or damaged weights, or the ONNX file gives other probabilities; then it is not written.
    """
    if path.suffix != ".onnx":
        raise SettingsError("name of an ONNX file", found=str(path), needed="NAME.onnx")
    if not all(find_spec(name) for name in ("onnx", "onnxscript", "onnxruntime")):
        raise SettingsError("export needs the extra `export`", next_step="pip install 'skinimg[export]'")
    network, card = load_network(weights)
    model = _Calibrated(network, card.calibration).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        _write(model, part)
        apart = _difference(model, part)
        if not apart <= TOLERANCE:
            raise WeightsError(f"{path} gives other probabilities", found=f"{apart:.2g} apart", needed=f"{TOLERANCE:g}")
    return apart


def _write(model: nn.Module, path: Path) -> None:
    example = torch.zeros(1, N_PLANES, 4 * GRID_PX, 4 * GRID_PX)
    blocks, pixels = {0: "photos", 2: "rows", 3: "columns"}, {0: "photos", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporters announce each other's end
        torch.onnx.export(
            model,
            (example,),
            str(path),
            input_names=["planes"],
            output_names=["probability"],
            dynamic_axes={"planes": blocks, "probability": pixels},
            opset_version=_OPSET,
            dynamo=False,
        )


def _difference(model: nn.Module, path: Path) -> float:
    """Largest difference of probability between torch and ONNX Runtime over random pictures of several sizes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    generator, worst = torch.Generator().manual_seed(0), 0.0
    for n, height, width in _CHECKED:
        planes = torch.randn(n, N_PLANES, height // BLOCK_PX, width // BLOCK_PX, generator=generator)
        with torch.inference_mode():
            expected = model(planes).numpy()
        (found,) = session.run(None, {"planes": planes.numpy()})
        if found.shape != (n, len(MASK_FINDINGS), height, width):
            return float("inf")
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst
