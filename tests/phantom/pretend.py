"""A GPU to test with where there is none: CPU tensors that say they are elsewhere and refuse what CUDA's would."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

DEVICE = torch.device("cuda")
_MOVES = (torch.Tensor.cpu, torch.Tensor.to, torch.Tensor.copy_)
_TO_PYTHON = (torch.Tensor.numpy, torch.Tensor.__array__)


class PretendGpu(TorchFunctionMode):
    """While it is entered, what is made with `device="cuda"` is a CPU tensor with a mark, and so is what comes of it.

    Raises
    ------
    RuntimeError
        A marked tensor meets an unmarked one (of more than no dimensions), becomes an array without `.cpu()`, or is
        drawn from a generator on the CPU: the three things that fail on a GPU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made = 0  # marked tensors so far

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        given = list(_tensors((args, kwargs)))
        marked = any(_is_marked(tensor) for tensor in given)
        if getattr(func, "__name__", "") == "__get__":
            return self._attribute(func, args, marked)
        if func in _MOVES:
            return self._moved(func, args, kwargs)
        if func in _TO_PYTHON and marked:
            raise RuntimeError("a tensor on the GPU cannot become an array: .cpu() it first")
        strangers = [tensor for tensor in given if not _is_marked(tensor) and tensor.ndim]
        if marked and strangers:
            raise RuntimeError(
                f"{func.__name__}: tensors on two devices, {[tuple(t.shape) for t in strangers]} on the CPU"
            )
        asked = torch.device(kwargs["device"]) if kwargs.get("device") is not None else None
        if asked == DEVICE:
            if isinstance(kwargs.get("generator"), torch.Generator):
                raise RuntimeError(f"{func.__name__}: a generator on the CPU cannot draw on the GPU")
            kwargs["device"] = torch.device("cpu")
        if func is torch.Tensor.__iter__:
            func = torch.Tensor.unbind
            return iter(self._mark(func(*args)) if marked else func(*args))
        result = func(*args, **kwargs)
        return self._mark(result) if asked == DEVICE or (marked and asked is None) else result

    def _attribute(self, func: Any, args: Any, marked: bool) -> Any:
        name = getattr(func.__self__, "__name__", "")
        if name == "device":
            return DEVICE if marked else func(*args)
        if name == "is_cuda":
            return marked
        result = func(*args)
        return self._mark(result) if marked else result

    def _moved(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """`.cpu()` and `.to(...)`: the only ways from one device to the other; always a new tensor."""
        there = _is_marked(args[0])
        others = [*args[1:], *kwargs.values()]
        rest: list[Any] = []
        for other in others:
            if isinstance(other, Tensor):
                there, other = _is_marked(other), other.dtype
            elif isinstance(other, str | torch.device):
                there = torch.device(other) == DEVICE
                continue
            rest.append(other)
        if func is torch.Tensor.cpu:
            there = False
        elif func is torch.Tensor.copy_:
            return self._mark(func(*args)) if _is_marked(args[0]) else func(*args)
        plain = args[0].to(*rest) if rest else args[0]
        result = plain.clone() if there != _is_marked(args[0]) else plain
        return self._mark(result) if there else result

    def _mark(self, result: Any) -> Any:
        for tensor in _tensors(result):
            tensor._on_pretend_gpu = True
            self.made += 1
        return result


def _is_marked(tensor: Tensor) -> bool:
    return getattr(tensor, "_on_pretend_gpu", False)


def _tensors(values: Any) -> Any:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)
    elif isinstance(values, dict):
        for value in values.values():
            yield from _tensors(value)
