"""Drawing thousands of small things at once: windows around places, and layers that keep the strongest of them.

Everything is combined by maximum, never by a sum, so the order of drawing cannot matter and a GPU gives the same
answer every time (an atomic sum would not).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from skinimg.phantom.canvas import Canvas
from skinimg.phantom.draws import normals, uniforms

_SIZES = (3, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 4097, 8193)
_CHUNK = 2_000_000  # window pixels worked on at once: about 8 MB per temporary


@dataclass(frozen=True)
class Window:
    """Square neighbourhoods of n things of about one size."""

    members: Tensor  # (n,) int64, which things
    pixels: Tensor  # (n, k, k) int64, flat index into the sheet; one past the last where outside
    dx_mm: Tensor  # (1 or n, 1, k) offset of each pixel from its thing
    dy_mm: Tensor  # (n, k, 1)


def windows(canvas: Canvas, x_mm: Tensor, y_mm: Tensor, reach_mm: Tensor) -> Iterator[Window]:
    """Windows that hold everything within `reach_mm` of each place (x_mm, y_mm), all (n,); grouped by size."""
    height, width = canvas.shape
    need = (2 * reach_mm / canvas.mm_per_px).ceil() + 1
    sizes = torch.tensor(_SIZES, device=canvas.device)
    bucket = torch.searchsorted(sizes, need).clamp(max=len(_SIZES) - 1)
    inside = (x_mm > -reach_mm) & (y_mm > -reach_mm)
    inside &= (x_mm < canvas.size_mm[0] + reach_mm) & (y_mm < canvas.size_mm[1] + reach_mm)
    for number in torch.unique(bucket[inside]).tolist():
        chosen = torch.nonzero((bucket == number) & inside).flatten()
        size = _SIZES[number]
        steps = torch.arange(size, device=canvas.device) - size // 2
        for members in torch.split(chosen, max(1, _CHUNK // size**2)):
            column = (x_mm[members] / canvas.mm_per_px).round().long()[:, None, None] + steps[None, None, :]
            row = (y_mm[members] / canvas.mm_per_px).round().long()[:, None, None] + steps[None, :, None]
            outside = (column < 0) | (column >= width) | (row < 0) | (row >= height)
            pixels = torch.where(outside, height * width, row * width + column)
            dx = column * canvas.mm_per_px - x_mm[members, None, None]
            dy = row * canvas.mm_per_px - y_mm[members, None, None]
            yield Window(members, pixels, dx, dy)


@dataclass
class Layers:
    """Named sheets that keep the maximum of what is drawn into them, and who drew it."""

    canvas: Canvas
    _values: dict[str, Tensor] = field(default_factory=dict)
    _owners: dict[str, Tensor] = field(default_factory=dict)

    def draw(self, name: str, window: Window, value: Tensor) -> None:
        """Raise layer `name` to `value` (n, k, k) >= 0 wherever it is lower."""
        if name not in self._values:
            self._values[name] = torch.zeros(self._size, device=self.canvas.device)
        self._values[name].scatter_reduce_(0, window.pixels.flatten(), value.flatten(), "amax")

    def claim(self, name: str, window: Window, coverage: Tensor, ids: Tensor) -> None:
        """Like `draw` with coverage in 0..1, and remember whose coverage is largest; `ids` (n,) > 0."""
        if name not in self._owners:
            self._owners[name] = torch.zeros(self._size, dtype=torch.int64, device=self.canvas.device)
        # Coverage above, id below in one integer: the maximum then carries its owner along.
        level = (coverage * 65535).round().to(torch.int64)
        key = torch.where(level > 0, (level << 32) | ids[:, None, None], 0)
        self._owners[name].scatter_reduce_(0, window.pixels.flatten(), key.flatten(), "amax")

    def value(self, name: str) -> Tensor:
        """(h, w) float32 of a drawn layer; 0 where nothing was drawn."""
        if name not in self._values:
            return torch.zeros(self.canvas.shape, device=self.canvas.device)
        return self._values[name][:-1].reshape(self.canvas.shape)

    def coverage(self, name: str) -> Tensor:
        """(h, w) float32 in 0..1 of a claimed layer, in steps of 1/65535."""
        return (self._keys(name) >> 32).to(torch.float32) / 65535

    def owners(self, name: str) -> Tensor:
        """(h, w) int32 of a claimed layer, 0 where nobody has any coverage."""
        return (self._keys(name) & 0xFFFFFFFF).to(torch.int32)

    def _keys(self, name: str) -> Tensor:
        if name not in self._owners:
            return torch.zeros(self.canvas.shape, dtype=torch.int64, device=self.canvas.device)
        return self._owners[name][:-1].reshape(self.canvas.shape)

    @property
    def _size(self) -> int:
        return self.canvas.shape[0] * self.canvas.shape[1] + 1


def scattered(
    canvas: Canvas, spacing_mm: float, jitter: float, keep: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Places (x_mm, y_mm), each (n,), on a jittered triangular grid: evenly spread without being regular.

    spacing_mm : of neighbours; jitter : SD as a share of it; keep : (h, w) probability that a place there is used
    """
    step_y = spacing_mm * 0.866
    columns = int(canvas.size_mm[0] / spacing_mm) + 2
    rows = int(canvas.size_mm[1] / step_y) + 2
    device = canvas.device
    y = torch.arange(rows, device=device)[:, None].expand(rows, columns) * step_y
    x = torch.arange(columns, device=device)[None, :] * spacing_mm + (y / step_y % 2) * spacing_mm / 2
    shake = normals(generator, (2, rows, columns), device) * jitter * spacing_mm
    chance = uniforms(generator, (rows, columns), device).flatten()
    x, y = (x + shake[0]).flatten(), (y + shake[1]).flatten()
    row, column = canvas.pixels_of(x, y)
    inside = (x >= 0) & (y >= 0) & (x <= canvas.size_mm[0]) & (y <= canvas.size_mm[1])
    used = inside & (chance < keep[row, column])
    return x[used], y[used]


def segment_distance(window: Window, tail_mm: Tensor, head_mm: Tensor) -> tuple[Tensor, Tensor]:
    """Distance in mm to a segment, and where along it (0 tail, 1 head), both (n, k, k).

    tail_mm, head_mm : (n, 2) ends of each segment relative to its thing's place
    """
    ax, ay = (tail_mm[:, i, None, None] for i in (0, 1))
    bx, by = ((head_mm - tail_mm)[:, i, None, None] for i in (0, 1))
    px, py = window.dx_mm - ax, window.dy_mm - ay
    along = ((px * bx + py * by) / (bx * bx + by * by).clamp_min(1e-9)).clamp(0, 1)
    return torch.hypot(px - along * bx, py - along * by), along
