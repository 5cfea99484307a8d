"""Which device to compute on, and in which precision. Importing this does not import torch."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skinimg.base.errors import DeviceError

_NETWORK_THREADS = 2


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

    On Intel's CPUs that takes AMX: the network on 768 x 768 px takes 0.65 s of CPU time then, and 1.1 s in float32.
    Made to do without (ONEDNN_MAX_CPU_ISA): 1.5 s in bfloat16 with AVX512_BF16, 3.2 s with AVX512, 9.7 s with AVX2, and
    1.1 to 1.5 s in float32. AMD's multiply bfloat16 twice as fast with AVX512_BF16 alone: a face takes 1.2 s on two
    threads of an EPYC, and 2.1 to 2.7 s in float32.
    """
    import torch

    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_amx_tile_supported() or (torch.cpu._is_avx512_bf16_supported() and made_by_amd())


def made_by_amd() -> bool:
    """Whether the CPU is AMD's; False where the system does not tell."""
    told = Path("/proc/cpuinfo")  # elsewhere than on Linux Python knows it
    return "AuthenticAMD" in (told.read_text(encoding="utf-8") if told.exists() else platform.processor())


@contextmanager
def steady_threads() -> Iterator[None]:
    """Two threads for what torch computes on the CPU, whatever the process has been given.

    oneDNN cuts a convolution up by the number of threads, and vectors end elsewhere, so the last bits depend on it.
    A landmark of one photo moved by up to 0.006 px between 1, 2 and 4 threads, the frame was resampled elsewhere, and
    527 of 770 rows of two photos differed. Two, because a small machine has two; a larger one measures several subjects
    at once.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(_NETWORK_THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)
