"""Hair on the head, a headband, and clothes: the coarse layer of the chart around the face's own sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from skinimg.base.records import FloatArray
from skinimg.phantom.draws import normals
from skinimg.phantom.filters import blur
from skinimg.phantom.head import CYLINDER_MM, GRID_MM, Head, chart_grid, ear_frame, sample_grid
from skinimg.phantom.people import Looks
from skinimg.phantom.skin import Person, skin_colour

LAYER_MM = 0.35  # spacing of the layer: a lock of hair, not a hair

# The hairline: lowest v in mm above (below: positive) landmark 10 at each angle from the middle, degrees.
# The forehead, its corner, the temple, the sideburn before the ear, behind the ear, the nape; drawn by eye.
_HAIRLINE = {
    0: -9,
    18: -9,
    34: -6,
    46: 2,
    54: 14,
    62: 27,
    69: 40,
    74: 58,
    80: 66,
    88: 60,
    96: 62,
    108: 90,
    120: 128,
    180: 136,
}
BAND_COLOUR = (0.40, 0.40, 0.395)


@dataclass(frozen=True)
class Outside:
    """Everything that is not the face's sheet, on the whole chart at LAYER_MM.

    albedo : (3, h, w) linear. hair : (h, w) coverage by hair, band or cloth, which hides the skin under it.
    shine : (h, w) factor on the specular reflection. skin : (3,) linear colour of the plain skin in it.
    """

    albedo: Tensor
    hair: Tensor
    shine: Tensor


def _hairline(u: Tensor, v: Tensor, looks: Looks, landmarks: FloatArray, recede: float) -> Tensor:
    """(h, w) mm inside (positive) or outside the hair."""
    top = float(landmarks[10, 1])
    degrees = (u.abs() / CYLINDER_MM * 180 / math.pi).cpu().numpy()
    line = np.interp(degrees, list(_HAIRLINE), list(_HAIRLINE.values())).astype(np.float32)
    corner = np.exp(-(((degrees - 30) / 16) ** 2))
    line = line + top - recede * (4 + 18 * corner)
    if looks.hair_style in ("back", "band"):
        # tied: combed off the temples
        line = line - 8 * np.exp(-(((degrees - 66) / 9) ** 2)).astype(np.float32)
    _, _, rho = ear_frame(u, v, landmarks)
    return torch.minimum(torch.from_numpy(line).to(v) - v, (rho - 1.12) * 14)  # hair leaves the ears free


def _strands(u: Tensor, style: str, generator: torch.Generator) -> Tensor:
    """Noise drawn out along the lie of the hair, mean 0, SD about 1."""
    shape = u.shape
    noise = normals(generator, (1, 1, *shape), u.device)
    angle = u / CYLINDER_MM
    coarse = normals(generator, (1, 1, 12, 14), u.device)
    wave = functional.interpolate(coarse, shape, mode="bicubic", align_corners=True)[0, 0]
    if style == "short":
        heading = 1.3 * angle.clamp(-1.6, 1.6) + 0.45 * wave  # from upright in the middle to sideways and down
    else:
        heading = 1.15 * angle.clamp(-1.5, 1.5) + 0.10 * wave
    du, dv = heading.sin(), -heading.cos()
    reach = 10 if style == "short" else 16
    h, w = shape
    x = torch.arange(w, device=u.device).float().expand(h, w)
    y = torch.arange(h, device=u.device).float()[:, None].expand(h, w)
    total = torch.zeros_like(u)
    for k in range(-reach, reach + 1):
        gx, gy = (x + 1.4 * k * du) * 2 / (w - 1) - 1, (y + 1.4 * k * dv) * 2 / (h - 1) - 1
        total += functional.grid_sample(noise, torch.stack([gx, gy], -1)[None], align_corners=True)[0, 0]
    return total / total.std()


@dataclass(frozen=True)
class _Layer:
    """What covers the chart of a head: colour (3, h, w), and cover, shine and thickness in mm (h, w)."""

    albedo: Tensor
    cover: Tensor
    shine: Tensor
    volume_mm: Tensor


def dress(head: Head, looks: Looks, person: Person, generator: torch.Generator) -> tuple[Head, Outside]:
    """The head with hair and clothes on it, and the layer that colours them."""
    u, v = chart_grid(LAYER_MM, head.device)
    layer = _hair(head, looks, person, u, v, generator)
    if looks.hair_style == "band":
        layer = _with_band(layer, head, u, v, generator)
    layer = _with_clothes(layer, head, looks, u, v, generator)
    gu, gv = chart_grid(GRID_MM, head.device)
    volume = sample_grid(layer.volume_mm[None], gu, gv)[0]
    # on the crown hair stands up, not out: the surface below is lifted instead of widened
    lift = volume * torch.sigmoid((float(head.landmarks_uv[10, 1]) - 35 - gv) / 9)
    bare = sample_grid(head.bare_radius_mm[None], gu, gv + lift)[0]
    grown = torch.where(bare > 4, bare + volume, bare)
    return replace(head, radius_mm=grown), Outside(layer.albedo, layer.cover, layer.shine)


def _hair(head: Head, looks: Looks, person: Person, u: Tensor, v: Tensor, generator: torch.Generator) -> _Layer:
    """Hair over bare skin."""
    device = head.device
    top = float(head.landmarks_uv[10, 1])
    recede = max(0.0, min(1.0, (person.age_years - 35) / 50)) if person.male else 0.0
    inside = _hairline(u, v, looks, head.landmarks_mm, recede)
    strands = _strands(u, looks.hair_style, generator)
    fray = {"short": 2.6, "back": 1.2, "band": 1.2, "bald": 6.0}[looks.hair_style]
    cover = torch.sigmoid((inside + fray * strands) / (0.9 if looks.hair_style != "bald" else 5.0))
    thickness = {"short": 13.0, "back": 7.0, "band": 7.0, "bald": 0.0}[looks.hair_style]
    crown = torch.sigmoid((top - 20 - v) / 22)
    rise = (inside / 22).clamp(0, 1)
    volume = thickness * (0.35 + 0.65 * crown) * torch.sin(rise * math.pi / 2)
    if looks.hair_style == "short":
        volume = volume * torch.where(u.abs() > 1.1 * CYLINDER_MM, 0.35, 1.0)
    lumps = blur(strands, 3.0) * 0.9 + strands * 0.35
    volume = (volume * (1 + 0.12 * lumps)).clamp_min(0)
    lightness = (0.85 + 0.38 * strands + 0.25 * blur(strands, 4.0)).clamp(0.15, 2.2)
    colour = torch.tensor(looks.hair, device=device)[:, None, None] * lightness
    if looks.hair_style == "bald":
        cover = cover * 0.30  # shadow of shaven hair

    skin = skin_colour(person.melanin, person.blood).to(device)[:, None, None]
    albedo = skin * (1 + 0.02 * blur(normals(generator, u.shape, device), 8.0) * 8)
    albedo = torch.lerp(albedo, colour, cover)
    shine = torch.lerp(torch.full_like(cover, 0.6), torch.full_like(cover, 0.9), cover)
    return _Layer(albedo, cover, shine, volume)


def _with_band(layer: _Layer, head: Head, u: Tensor, v: Tensor, generator: torch.Generator) -> _Layer:
    """A cloth band that keeps the hair back."""
    top = float(head.landmarks_uv[10, 1])
    middle = top - 21 + 0.15 * torch.sqrt(u**2 + 400) + 14 * (u.abs() / CYLINDER_MM / 1.5).clamp(0, 1.3) ** 2
    band = torch.sigmoid((17 - (v - middle).abs()) / 0.5) * torch.sigmoid((1.75 * CYLINDER_MM - u.abs()) / 2)
    weave = 1 + 0.05 * torch.sin(v * 2.6) + 0.03 * normals(generator, u.shape, head.device)
    fabric = torch.tensor(BAND_COLOUR, device=head.device)[:, None, None] * weave
    return _Layer(
        torch.lerp(layer.albedo, fabric, band),
        torch.maximum(layer.cover, band),
        layer.shine * (1 - band),
        torch.lerp(layer.volume_mm, torch.full_like(layer.volume_mm, 3.5), band),
    )


def _with_clothes(layer: _Layer, head: Head, looks: Looks, u: Tensor, v: Tensor, generator: torch.Generator) -> _Layer:
    """A round neck: as far below the chin in front as it is out on the shoulders."""
    chin = float(head.landmarks_uv[152, 1])
    below = v - chin - 52 + 1.3 * (sample_grid(head.bare_radius_mm[None], u, v)[0] - 52)
    cloth = torch.sigmoid(below / 0.8)
    weave = 1 + 0.06 * normals(generator, u.shape, head.device) + 0.03 * torch.sin(u * 4.1) * torch.sin(v * 4.1)
    hem = torch.exp(-(((below - 6) / 5) ** 2))
    return _Layer(
        torch.lerp(layer.albedo, torch.tensor(looks.clothes, device=head.device)[:, None, None] * weave, cloth),
        torch.maximum(layer.cover, cloth),
        layer.shine * (1 - cloth),
        layer.volume_mm + 4.0 * cloth + 1.2 * hem * cloth,
    )
