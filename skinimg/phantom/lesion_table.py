"""Lesions of one kind as a table, and which of them can be seen: what is labelled, and how surely."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skinimg.phantom.canvas import Canvas
from skinimg.phantom.kinds import KINDS, Lesion
from skinimg.phantom.light import CLOSING, OPENNESS_MM
from skinimg.phantom.shown import GREEN, between
from skinimg.phantom.skin import SkinState, density
from skinimg.phantom.splat import Window
from skinimg.skin import optics

# What counts as a finding is what can be seen: a label fades in between the two values of each pair. Labels of
# everything that is there, seen or not, taught a network to guess: at 1.2 x melanin a freckle of type II is 0.07 OD, as
# much as plain skin varies at that scale (measured on tiles: SD 0.06 to 0.09), and half of 66 pores per cm2 are thinner
# than 0.21 mm. The limits were set by looking at tiles of this generator; only those with a source are more than that.
# Pigment must stand out from the unevenness of plain skin, which stays within 1.38 x (skin.py), and it must be seen:
# 1.5 x melanin adds 0.08 OD to type I, where nobody sees it, 0.14 to type II and 0.41 to type V. Red is seen sooner.
_MELANIN_LN, _MELANIN_OD = (math.log(1.30), math.log(1.45)), (0.12, 0.16)  # factor; density in green, blurred
_BLOOD_LN, _BLOOD_OD = (math.log(1.45), math.log(1.65)), (0.08, 0.12)  # 1.5 x: docs/CONSTANTS.md 3
_DARKENING = (0.06, 0.09)  # of a pit or groove, density, after scattering and a sharp lens have blurred it
_SHADING = (0.05, 0.07)  # of its slopes under slanting light: what is broad is lost in the shading of the face
_LINE = 2.0  # times both for a line: furrows of plain skin are lines too, and nearly as deep as fine lines
_BLUR_MM = 0.25  # of all, SD in green
_PORE_MM = (0.22, 0.27)  # diameter; pores are visible from 0.25 mm (Flament 2015)
_SLANT = 0.36  # tangent of 20 degrees, the usual tilt of the light


class Table:
    """Lesions of one kind as columns (n,) on a device, and the skin in the middle of each."""

    def __init__(self, lesions: list[Lesion], canvas: Canvas, skin: SkinState) -> None:
        device = canvas.device
        names = "x_mm y_mm radius_mm length_mm angle_rad aspect edge_mm melanin blood depth_mm irregularity confetti"
        rows = [[getattr(lesion, name) for name in names.split()] for lesion in lesions]
        columns = torch.tensor(rows, dtype=torch.float32, device=device).T
        self._columns = dict(zip(names.split(), columns, strict=True))
        self.ids = torch.tensor([lesion.id for lesion in lesions], dtype=torch.int64, device=device)
        self.seeds = torch.tensor([lesion.seed for lesion in lesions], dtype=torch.int64, device=device)
        row, column = canvas.pixels_of(self["x_mm"], self["y_mm"])
        self._skin = [plane[row, column] for plane in (skin.melanin, skin.blood, skin.makeup)]

    def __getitem__(self, name: str) -> Tensor:
        return self._columns[name]

    def of(self, window: Window, name: str) -> Tensor:
        """A column for a window's members, (n, 1, 1)."""
        return self._columns[name][window.members, None, None]

    def visibility(self, kind: str) -> Tensor:
        """1 for what can be seen, 0 for what cannot, (n,)."""
        if kind == "pore":
            return between(2 * self["radius_mm"], _PORE_MM)
        is_line = KINDS[kind].shape == "line"
        darkening, shading = (contrast / (_LINE if is_line else 1) for contrast in self._relief_contrast(is_line))
        relief = torch.maximum(between(darkening, _DARKENING), between(shading, _SHADING))
        return torch.maximum(self._pigment_visibility(is_line), relief)

    def _pigment_visibility(self, is_line: bool) -> Tensor:
        """The larger one of melanin's and blood's, (n,)."""
        melanin, blood, makeup = self._skin
        width = self["radius_mm"] / (math.sqrt(2) * _BLUR_MM)
        kept = (1 - makeup) * (torch.erf(width) if is_line else 1 - torch.exp(-(width**2)))  # in the blurred middle
        before = density(melanin, blood)[..., GREEN]
        more_melanin = (melanin * self["melanin"]).clamp(*optics.MELANIN_RANGE)
        more_blood = (blood * self["blood"]).clamp(*optics.BLOOD_RANGE)
        pigments = (
            (self["melanin"], density(more_melanin, blood), _MELANIN_LN, _MELANIN_OD),
            (self["blood"], density(melanin, more_blood), _BLOOD_LN, _BLOOD_OD),
        )
        seen = [
            between(factor.log().abs(), uneven) * between((after[..., GREEN] - before).abs() * kept, faint)
            for factor, after, uneven, faint in pigments
        ]
        return torch.maximum(*seen)

    def _relief_contrast(self, is_line: bool) -> tuple[Tensor, Tensor]:
        """Density of a Gaussian pit or groove, (n,): in its middle under light from all around (the same formula as
        `light.openness_of`), and of its slopes under slanting light."""
        depth, radius = self["depth_mm"].abs(), self["radius_mm"].clamp_min(1e-3)
        sigma = radius / 1.18

        def kept(blur_mm: float) -> Tensor:
            share = sigma / torch.hypot(sigma, torch.full_like(sigma, blur_mm))
            return share if is_line else share**2

        closed = depth * torch.stack([(1 - kept(scale)) / scale for scale in OPENNESS_MM]).sum(dim=0)
        return torch.log1p(CLOSING * closed) * kept(_BLUR_MM), _SLANT * depth / (radius + 0.4)
