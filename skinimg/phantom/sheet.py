"""The face's sheet of skin: a canvas laid on the chart of a head, with the zones in which skin differs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from skinimg.base.records import FloatArray
from skinimg.phantom.canvas import Canvas
from skinimg.phantom.head import NOSTRILS, Head, eye_outline, smooth_line

MARGIN_MM = (26.0, 30.0)  # sheet above landmark 10 (hairline) and below landmark 152 (chin)
HALF_WIDTH_MM = 112.0  # to just before the ears

BROWS = (((70, 63, 105, 66, 107), (46, 53, 52, 65, 55)), ((300, 293, 334, 296, 336), (276, 283, 282, 295, 285)))
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)


@dataclass(frozen=True)
class FaceSheet:
    """The face's sheet of skin on the chart: a canvas, and where on the chart its pixels lie.

    u, v : (h, w) mm. eyes, lips, brows, nostrils : (h, w) coverage by what is not skin.
    """

    canvas: Canvas
    u: Tensor
    v: Tensor
    eyes: Tensor
    lips: Tensor
    brows: Tensor
    nostrils: Tensor

    @property
    def origin_mm(self) -> tuple[float, float]:
        """Chart point of pixel (0, 0)."""
        return float(self.u[0, 0]), float(self.v[0, 0])

    def pixels(self, uv: FloatArray) -> FloatArray:
        """Chart points (..., 2) in mm -> pixels (x, y) of the sheet."""
        return (uv - np.array(self.origin_mm, np.float32)) / self.canvas.mm_per_px


def make_sheet(head: Head, mm_per_px: float) -> FaceSheet:
    """The face's sheet at a scale, with its zones."""
    uv = head.landmarks_uv
    top, bottom = float(uv[10, 1]) - MARGIN_MM[0], float(uv[152, 1]) + MARGIN_MM[1]
    h, w = math.ceil((bottom - top) / mm_per_px), 2 * math.ceil(HALF_WIDTH_MM / mm_per_px) + 1
    rows, columns = torch.arange(h, device=head.device), torch.arange(w, device=head.device)
    v, u = torch.meshgrid(top + rows * mm_per_px, (columns - (w - 1) / 2) * mm_per_px, indexing="ij")
    bare = Canvas((h, w), mm_per_px, device=head.device)
    empty = torch.zeros((h, w), device=head.device)
    sheet = FaceSheet(bare, u, v, empty, empty, empty, empty)
    eyes = sum((_filled(sheet, eye_outline(uv, eye), 0.12) for eye in (0, 1)), empty)
    lips = _filled(sheet, smooth_line(uv[list(LIPS)], 160, closed=True), 0.5)
    brows = sum((_filled(sheet, _brow(uv, side), 1.0) for side in (0, 1)), empty)
    nostrils = sum((_nostril(sheet, uv, side) for side in (0, 1)), empty)
    zones = _zones(sheet, uv)
    zones["skin"] = ((1 - eyes) * (1 - lips) * (1 - nostrils)).clamp(0, 1)
    return FaceSheet(Canvas((h, w), mm_per_px, zones, head.device), u, v, eyes, lips, brows, nostrils)


def _filled(sheet: FaceSheet, outline: FloatArray, softness_mm: float) -> Tensor:
    """(h, w) coverage of the inside of a chart polygon, its rim softened."""
    mask = np.zeros(sheet.canvas.shape, np.float32)
    points = np.round(sheet.pixels(outline) * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], 1.0, cv2.LINE_8, 4)
    sigma = max(softness_mm / sheet.canvas.mm_per_px, 0.45)
    return torch.from_numpy(cv2.GaussianBlur(mask, (0, 0), sigma)).to(sheet.canvas.device)


def _brow(uv: FloatArray, side: int) -> FloatArray:
    upper, lower = (uv[list(part)] for part in BROWS[side])
    return np.concatenate([smooth_line(upper, 40), smooth_line(lower, 40)[::-1]])


def _nostril(sheet: FaceSheet, uv: FloatArray, side: int) -> Tensor:
    centre = uv[list(NOSTRILS[side])].mean(0)
    a, b = sheet.u - float(centre[0]), sheet.v - float(centre[1])
    b = b - 0.25 * math.copysign(1.0, float(centre[0])) * a
    return torch.exp(-(((a / 3.3) ** 2 + (b / 1.5) ** 2) ** 2)).clamp(0, 1)


def _zones(sheet: FaceSheet, uv: FloatArray) -> dict[str, Tensor]:
    """Where skin differs: soft zones around landmarks."""

    def blob(centre: FloatArray, a: float, b: float) -> Tensor:
        du, dv = (sheet.u - float(centre[0])) / a, (sheet.v - float(centre[1])) / b
        return torch.sigmoid((1 - torch.hypot(du, dv)) * 6)

    eyes = [uv[[33, 133]].mean(0), uv[[362, 263]].mean(0)]
    brow_v = float(uv[[105, 334], 1].mean())
    nose = blob(uv[[6, 2, 2]].mean(0), 19.0, 29.0)
    periorbital = torch.maximum(*(blob(c + np.array([0, 3], np.float32), 25.0, 16.0) for c in eyes))
    chin = blob(uv[[17, 152]].mean(0), 25.0, 17.0)
    mouth = blob(uv[[13, 14]].mean(0), 33.0, 19.0) * (1 - nose)
    forehead = torch.sigmoid((brow_v - 3 - sheet.v) / 3) * torch.sigmoid((62 - sheet.u.abs()) / 4)
    cheeks = torch.maximum(*(blob(uv[i], 33.0, 33.0) for i in (205, 425)))
    crow = torch.maximum(
        *(blob(uv[i] + np.array([s * 13, 1], np.float32), 13.0, 14.0) for i, s in ((33, -1), (263, 1)))
    )
    return {
        "forehead": forehead,
        "cheek": cheeks * (1 - nose) * (1 - periorbital) * (1 - mouth),
        "nose": nose * (1 - periorbital),
        "chin": chin,
        "periorbital": periorbital,
        "perioral": mouth * (1 - chin),
        "crow_feet": crow,
        "neck": torch.sigmoid((sheet.v - float(uv[152, 1]) - 6) / 3),
    }
