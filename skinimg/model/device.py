"""Which device to compute on. Importing this does not import torch."""

from __future__ import annotations

from skinimg.errors import DeviceError


def resolve_device(device: str) -> str:
    """`cpu` or `cuda`.

    Raises
    ------
    DeviceError
        CUDA was asked for and is absent, or the name is unknown: never a silent fallback.
    """
    if device == "cpu":
        return "cpu"
    if device not in ("auto", "cuda"):
        raise DeviceError(f"unknown device {device!r}", needed="auto, cpu or cuda")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise DeviceError(
            "no CUDA device",
            found="none",
            needed="an NVIDIA GPU and a CUDA build of torch",
            next_step="Use --device cpu.",
        )
    return "cpu"
