"""The flat sheet that skin is drawn on: its size, its scale, and where on a face each of its pixels lies."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

# What skin differs by. A face has all of them; a training tile usually one.
ZONES: tuple[str, ...] = (
    "skin",
    "forehead",
    "cheek",
    "nose",
    "chin",
    "periorbital",
    "perioral",
    "crow_feet",
    "neck",
)


@dataclass(frozen=True)
class Canvas:
    """A sheet of skin, (h, w) pixels of `mm_per_px` each. x runs right, y down, pixel centres at integers.

    zones : name (of ZONES) -> (h, w) float32 in 0..1, how much a pixel belongs there. A name that is missing is 0
        everywhere, except `skin`, which is then 1 everywhere. Zones may overlap and need not sum to 1.
    """

    shape: tuple[int, int]
    mm_per_px: float
    zones: dict[str, Tensor] = field(default_factory=dict)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height in mm."""
        return self.shape[1] * self.mm_per_px, self.shape[0] * self.mm_per_px

    @property
    def area_cm2(self) -> float:
        """Area of the whole sheet, skin or not, in cm2."""
        width, height = self.size_mm
        return width * height / 100

    def zone(self, name: str) -> Tensor:
        """(h, w) membership of a zone."""
        if name not in ZONES:
            raise ValueError(f"unknown zone {name!r}; known: {', '.join(ZONES)}")
        if name in self.zones:
            return self.zones[name]
        fill = 1.0 if name == "skin" else 0.0
        return torch.full(self.shape, fill, device=self.device)

    def blend(self, values: dict[str, float], default: float, step: int = 1) -> Tensor:
        """(h, w) mean of the zones' values weighted by membership; `default` where no named zone reaches.

        step : of every so many rows and columns only
        """
        here = self.zone("skin")[::step, ::step]
        total, weighted = torch.full_like(here, 1e-6), torch.full_like(here, 1e-6 * default)
        for name, value in values.items():
            if name in self.zones:
                member = self.zones[name][::step, ::step]
                weighted = weighted + member * value
                total = total + member
        covered = total.clamp(max=1.0)
        return covered * weighted / total + (1 - covered) * default

    def pixels_of(self, x_mm: Tensor, y_mm: Tensor) -> tuple[Tensor, Tensor]:
        """Nearest (row, column) of places in mm, kept inside the sheet. The mm origin is the centre of pixel (0, 0)."""
        row = (y_mm / self.mm_per_px).round().long().clamp(0, self.shape[0] - 1)
        column = (x_mm / self.mm_per_px).round().long().clamp(0, self.shape[1] - 1)
        return row, column


def plain_canvas(
    shape: tuple[int, int], mm_per_px: float, zone: str = "cheek", device: torch.device | str = "cpu"
) -> Canvas:
    """A sheet that lies wholly in one zone of a face."""
    device = torch.device(device)
    return Canvas(shape, mm_per_px, {zone: torch.ones(shape, device=device)}, device)
