"""Which device to compute on, and in which precision. Importing this does not import torch."""

from __future__ import annotations

from skinimg.base.errors import DeviceError


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


def bfloat16_pays(device: str) -> bool:
    """Whether the device multiplies bfloat16 faster than float32.

    On CPUs that takes AMX: the network on 768 x 768 px takes 0.65 s of CPU time then, and 1.1 s in float32. Made to do
    without (ONEDNN_MAX_CPU_ISA): 1.5 s in bfloat16 with AVX512_BF16, 3.2 s with AVX512, 9.7 s with AVX2, and 1.1 to
    1.5 s in float32.
    """
    import torch

    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_amx_tile_supported()
