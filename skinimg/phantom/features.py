"""What on a face is not skin: eyes, lashes, brows and the red of the lips, painted on the face's sheet of the chart."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from skinimg.base.records import FloatArray
from skinimg.face.pose import IRIS_DIAMETER_MM
from skinimg.phantom.draws import lattice_noise, seeded, spawn
from skinimg.phantom.filters import blur
from skinimg.phantom.head import (
    EYEBALL_RADIUS_MM,
    LEFT_IRIS,
    MOUTH_LINE,
    RIGHT_IRIS,
    Head,
    eye_outline,
    smooth_line,
)
from skinimg.phantom.people import Looks
from skinimg.phantom.sheet import BROWS, FaceSheet
from skinimg.phantom.skin import Person

SCLERA = (0.47, 0.42, 0.385)
CARUNCLE = (0.40, 0.19, 0.165)


@dataclass(frozen=True)
class Overlay:
    """What covers the skin. colour : (h, w, 3) linear albedo, cover : (h, w). wet : (h, w), where it is a moist eye."""

    colour: Tensor
    cover: Tensor
    wet: Tensor
    eye_normals: Tensor  # (h, w, 3) head axes, of the cornea and the eyeball, where `wet`


def paint_features(sheet: FaceSheet, head: Head, looks: Looks, person: Person) -> Overlay:
    """Eyes, then the hairs of brows and lashes above them."""
    generator = seeded(looks.seed)
    shape, device = sheet.canvas.shape, sheet.canvas.device
    colour, cover = torch.zeros((*shape, 3), device=device), torch.zeros(shape, device=device)
    normals = torch.zeros((*shape, 3), device=device)
    normals[..., 2] = -1
    for eye in (0, 1):
        _paint_eye(sheet, head, looks, eye, colour, normals)
    cover = torch.maximum(cover, sheet.eyes)
    pits = 0.93 * sheet.nostrils
    dark = torch.tensor([0.018, 0.008, 0.006], device=device) * (1.6 - 0.2 * person.phototype)
    colour = _over(colour, cover, dark, pits)
    cover = torch.maximum(cover, pits)
    line = _stroke(sheet, smooth_line(head.landmarks_uv[list(MOUTH_LINE)], 80), 0.5, 0.35) * 0.75
    colour = _over(colour, cover, torch.tensor([0.045, 0.014, 0.013], device=device), line)
    cover = torch.maximum(cover, line)
    hairs = _brow_hairs(sheet, head, looks, spawn(generator)) * 0.9
    # brows grey later than the head, and skin shows between their hairs
    brow_colour = torch.tensor(looks.hair, device=device) * 0.75 * min(1.0, 0.06 / max(looks.hair)) ** 0.8
    colour = _over(colour, cover, brow_colour, hairs)
    cover = torch.maximum(cover, hairs)
    lashes = _lashes(sheet, head, person, spawn(generator))
    colour = _over(colour, cover, brow_colour * 0.5, lashes)
    cover = torch.maximum(cover, lashes)
    return Overlay(colour, cover, sheet.eyes * (1 - lashes), normals)


def _over(under: Tensor, under_cover: Tensor, colour: Tensor, cover: Tensor) -> Tensor:
    """Colour of two layers of partial cover that later lie on skin with the larger of the two covers."""
    share = torch.where(cover >= under_cover, torch.ones_like(cover), cover / under_cover.clamp_min(1e-6))
    share = torch.where(under_cover > 0.5, cover, share)
    return under + (colour - under) * share[..., None]


def _paint_eye(sheet: FaceSheet, head: Head, looks: Looks, eye: int, colour: Tensor, normals: Tensor) -> None:
    """Sclera, iris and pupil of one eye, into `colour` and `normals` in place."""
    outline = eye_outline(head.landmarks_uv, eye)
    low = np.floor(sheet.pixels(outline.min(0) - 3)).astype(int)
    high = np.ceil(sheet.pixels(outline.max(0) + 3)).astype(int)
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    points = head.points(sheet.u[window], sheet.v[window], bare=True)
    device = sheet.canvas.device
    centre = torch.from_numpy(head.eye_centres_mm[eye]).to(device)
    iris = torch.from_numpy(head.landmarks_mm[RIGHT_IRIS if eye == 0 else LEFT_IRIS]).to(device)
    gaze = (iris - centre) / (iris - centre).norm()
    radial = (points - iris)[..., :2]
    distance = radial.norm(dim=-1)
    rim = IRIS_DIAMETER_MM / 2
    soft = max(0.22, 0.6 * sheet.canvas.mm_per_px)

    across = ((points - centre)[..., 0] / EYEBALL_RADIUS_MM).abs()
    sclera = torch.tensor(SCLERA, device=device).expand(*distance.shape, 3).clone()
    sclera = sclera * (1 - torch.tensor([0.03, 0.13, 0.16], device=device) * (across**2)[..., None])
    inner = torch.from_numpy(head.landmarks_mm[133 if eye == 0 else 362]).to(device)
    corner = torch.exp(-(((points - inner)[..., :2].norm(dim=-1) / 3.2) ** 2))
    sclera = torch.lerp(sclera, torch.tensor(CARUNCLE, device=device).expand_as(sclera), corner[..., None])

    iris_colour = _iris_colour(looks, distance, torch.atan2(radial[..., 1], radial[..., 0]))
    inside = torch.sigmoid((rim - distance) / (soft / 2))
    result = torch.lerp(sclera, iris_colour, inside[..., None])

    upper = outline[len(outline) // 2 :]
    lid = _distance_mm(sheet, upper, window)
    result = result * (1 - 0.62 * torch.exp(-((lid / 2.1) ** 2)))[..., None]  # the lid and lashes shade the eye
    colour[window] = result

    ball = (points - centre) / (points - centre).norm(dim=-1, keepdim=True)
    bulge = points - (iris - gaze * 7.8)  # radius of the cornea 7.8 mm
    bulge = bulge / bulge.norm(dim=-1, keepdim=True)
    normals[window] = torch.lerp(ball, bulge, inside[..., None])


def _iris_colour(looks: Looks, distance: Tensor, angle: Tensor) -> Tensor:
    """(h, w, 3) of iris and pupil, by distance in mm from the middle and by angle."""
    device = distance.device
    seed = torch.tensor(looks.seed % 100003, device=device)
    fibres = lattice_noise(angle * 11 + 40, distance * 0.7, seed) + 0.7 * lattice_noise(angle * 26 + 90, distance, seed)
    ring = torch.exp(-(((distance - 2.9) / 0.9) ** 2))  # the collarette
    limbus = torch.sigmoid((distance - IRIS_DIAMETER_MM / 2 + 0.7) / 0.35)
    bright = (1 + 0.30 * fibres + 0.35 * ring) * (1 - 0.72 * limbus)
    iris_colour = torch.tensor(looks.iris, device=device) * bright.clamp_min(0.1)[..., None]
    iris_colour = iris_colour * (1 + ring[..., None] * torch.tensor([0.25, 0.0, -0.2], device=device))
    pupil = torch.sigmoid((1.75 - distance) / 0.1)
    return iris_colour * (1 - pupil[..., None]) + 0.003 * pupil[..., None]


def _distance_mm(sheet: FaceSheet, line: FloatArray, window: tuple[slice, slice]) -> Tensor:
    """Distance in mm from a chart polyline, inside a window of the sheet."""
    rows, columns = window
    canvas = np.full((rows.stop - rows.start, columns.stop - columns.start), 255, np.uint8)
    points = sheet.pixels(line) - (columns.start, rows.start)
    cv2.polylines(canvas, [np.round(points * 16).astype(np.int32)], False, 0, 1, cv2.LINE_8, 4)
    away = cv2.distanceTransform(canvas, cv2.DIST_L2, 5).astype(np.float32)
    return torch.from_numpy(away).to(sheet.canvas.device) * sheet.canvas.mm_per_px


def _stroke(sheet: FaceSheet, line: FloatArray, half_width_mm: float, softness_mm: float) -> Tensor:
    low = np.floor(sheet.pixels(line.min(0) - 4)).astype(int).clip(0)
    high = np.ceil(sheet.pixels(line.max(0) + 4)).astype(int)
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    out = torch.zeros(sheet.canvas.shape, device=sheet.canvas.device)
    out[window] = torch.sigmoid((half_width_mm - _distance_mm(sheet, line, window)) / (softness_mm / 2))
    return out


def _hair_strokes(sheet: FaceSheet, lines: list[FloatArray], thickness_mm: float) -> Tensor:
    """(h, w) coverage by hairs; each is drawn on a finer sheet, so that hairs below a pixel keep their share."""
    fine = 2 if sheet.canvas.mm_per_px > 0.12 else 1
    h, w = sheet.canvas.shape
    points = np.concatenate(lines)
    low = np.floor(sheet.pixels(points.min(0) - 2)).astype(int).clip(0)
    high = np.minimum(np.ceil(sheet.pixels(points.max(0) + 2)).astype(int), (w, h))
    canvas = np.zeros(((high[1] - low[1]) * fine, (high[0] - low[0]) * fine), np.uint8)
    share = min(1.0, thickness_mm * fine / sheet.canvas.mm_per_px)
    width = max(1, round(thickness_mm * fine / sheet.canvas.mm_per_px))
    for line in lines:
        at = np.round((sheet.pixels(line) - low + 0.5) * fine * 16 - 8).astype(np.int32)
        cv2.polylines(canvas, [at], False, 255, width, cv2.LINE_AA, 4)
    small = cv2.resize(canvas, (int(high[0] - low[0]), int(high[1] - low[1])), interpolation=cv2.INTER_AREA)
    out = torch.zeros((h, w), device=sheet.canvas.device)
    hairs = torch.from_numpy(small.astype(np.float32) / 255 * (0.35 + 0.65 * share))
    out[low[1] : high[1], low[0] : high[0]] = hairs.to(sheet.canvas.device)
    return out


def _brow_hairs(sheet: FaceSheet, head: Head, looks: Looks, generator: torch.Generator) -> Tensor:
    uv = head.landmarks_uv
    lines = []
    for side in (0, 1):
        upper, lower = (smooth_line(uv[list(part)], 60) for part in BROWS[side])
        number = int(420 * looks.brow_density)
        draw = torch.rand((number, 6), generator=generator).numpy()
        # outer end first in the landmark lists; the outer third thins out
        along = draw[:, 0] ** 0.8
        height = (draw[:, 1] + draw[:, 2]) / 2
        height = 0.5 + (height - 0.5) * (0.55 + 0.65 * np.clip(along * 2.2, 0, 1)) * 1.25
        index = (along * 59).astype(int)
        root = upper[index] * (1 - height[:, None]) + lower[index] * height[:, None]
        outward = upper[0] - upper[-1]
        outward = outward / np.linalg.norm(outward)
        upright = np.array([0, -1.0])
        # inner hairs stand up, the others lie towards the temple; those of the upper rim bend down, of the lower up
        stand = np.clip((along - 0.72) / 0.28, 0, 1) * 0.75 + 0.35 * (height - 0.45) + 0.22 * (draw[:, 3] - 0.5)
        direction = outward * np.cos(stand)[:, None] + upright * np.sin(stand)[:, None]
        length = (3.6 + 4.0 * draw[:, 4]) * (0.75 + 0.3 * np.sin(np.pi * along))
        bend = np.stack([np.zeros(number), 0.10 * length], 1)
        for r, d, le, b in zip(root, direction, length, bend, strict=True):
            t = np.linspace(0, 1, 5)[:, None]
            lines.append((r + d * le * t + b * t**2).astype(np.float32))
    hairs = _hair_strokes(sheet, lines, 0.10)
    shadow = blur(hairs, 1.1 / sheet.canvas.mm_per_px)  # hairs too fine to be seen one by one
    return torch.maximum(hairs, shadow * 0.6).clamp(0, 1)


def _lashes(sheet: FaceSheet, head: Head, person: Person, generator: torch.Generator) -> Tensor:
    """Upper and lower lashes and the dark line that their roots make."""
    uv = head.landmarks_uv
    upper_lines: list[FloatArray] = []
    lower_lines: list[FloatArray] = []
    line = torch.zeros(sheet.canvas.shape, device=sheet.canvas.device)
    strength = 1.0 if not person.male else 0.75
    for eye in (0, 1):
        outline = eye_outline(uv, eye)
        half = len(outline) // 2
        middle = outline.mean(0)
        line = torch.maximum(line, _stroke(sheet, outline[half - 1 :], 0.28, 0.35) * (0.55 + 0.3 * strength))
        line = torch.maximum(line, _stroke(sheet, outline[: half + 1], 0.12, 0.4) * 0.30)
        for rim, number, reach, sign, store in (
            (outline[half + 2 :], 85, 3.4 * strength + 0.6, -1, upper_lines),
            (outline[4 : half - 6], 48, 1.7, 1, lower_lines),
        ):
            draw = torch.rand((number, 3), generator=generator).numpy()
            index = (draw[:, 0] * (len(rim) - 1)).astype(int)
            fan = (rim[index, 0] - middle[0]) / 14
            direction = np.stack([fan * 0.8 + 0.25 * (draw[:, 1] - 0.5), np.full(number, 1.0 * sign)], 1)
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)
            length = reach * (0.7 + 0.6 * draw[:, 2])
            for r, d, le in zip(rim[index], direction, length, strict=True):
                t = np.linspace(0, 1, 5)[:, None]
                curl = np.array([0.5 * d[0], 0.0]) * le
                store.append((r + np.array([0, -0.1 * sign]) + d * le * t + curl * (t**2 - t)).astype(np.float32))
    hairs = _hair_strokes(sheet, upper_lines, 0.11) * 0.8
    hairs = torch.maximum(hairs, _hair_strokes(sheet, lower_lines, 0.06) * 0.6)
    return torch.maximum(line, hairs).clamp(0, 0.97)
