"""Light on skin: shading by relief, scattering below the surface, and shine on top of it.

Directions are unit vectors in image axes: x right, y down, z towards the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from skinimg.phantom.filters import blur

# Two Gaussians per channel, sigma in mm, that hold 50 % and 90 % of the light within R 0.39 / 1.7, G 0.24 / 0.8,
# B 0.17 / 0.6 mm (docs/CONSTANTS.md 4): 1 - w e^(-r^2/2 s1^2) - (1 - w) e^(-r^2/2 s2^2). Weights w from 0.5 to 0.75 allow
# both. The largest comes nearest to the groove contrasts of the same section, but takes half of the texture's power
# from close-ups (scripts/bench realism: 39 % of bands within 1.5 x); equal weights keep it (78 %) and leave fine
# grooves twice their contrast in red.
SCATTER_MM: tuple[tuple[float, float], ...] = ((0.174, 0.948), (0.120, 0.446), (0.083, 0.334))
_NEAR = 0.5  # w
OPENNESS_MM, CLOSING = (0.12, 0.4, 1.2), 0.32  # see openness_of
_F0 = 0.028  # Fresnel reflectance at normal incidence, n = 1.4 (docs/CONSTANTS.md 4)


@dataclass(frozen=True)
class Light:
    """One lamp and the light from all around, in units in which a lit white surface that faces the lamp is 1."""

    direction: tuple[float, float, float]  # towards the lamp
    ambient: float = 0.4  # share of light without a direction
    shine: float = 1.0  # factor on specular reflection; 0 = crossed polarisers
    roughness: float = 0.35  # GGX alpha of skin: 0.25 to 0.45 (docs/CONSTANTS.md 4)


def towards(tilt_deg: float, azimuth_deg: float) -> tuple[float, float, float]:
    """Direction of a lamp `tilt_deg` away from the camera's axis; azimuth 0 = right, 90 = below, -90 = above."""
    tilt, azimuth = math.radians(tilt_deg), math.radians(azimuth_deg)
    return math.sin(tilt) * math.cos(azimuth), math.sin(tilt) * math.sin(azimuth), math.cos(tilt)


def normals_of(height_mm: Tensor, mm_per_px: float) -> Tensor:
    """Unit normals (h, w, 3) of a relief over a flat sheet; up is towards the camera."""
    dy, dx = torch.gradient(height_mm, spacing=mm_per_px)
    up = torch.rsqrt(dx * dx + dy * dy + 1)
    return torch.stack([-dx * up, -dy * up, up], dim=-1)


def openness_of(height_mm: Tensor, mm_per_px: float) -> Tensor:
    """Share of the sky that a point of the relief sees, (h, w), 1 on flat skin and on ridges.

    A stand-in for ray casting: depth below the mean of the surroundings, at three scales, over that scale. The factor
    was set to the groove contrasts of docs/CONSTANTS.md 4 (0.1 x 0.3 mm from the front: R 1.9, G 3.1, B 3.8 %; there 1.9, 3.6
    and 4.6).
    """
    closed = torch.zeros_like(height_mm)
    for sigma_mm in OPENNESS_MM:
        closed = closed + (blur(height_mm, sigma_mm / mm_per_px) - height_mm).clamp_min(0) / sigma_mm
    return 1 / (1 + CLOSING * closed)


def shade(albedo: Tensor, normals: Tensor, openness: Tensor, gloss: Tensor, light: Light, mm_per_px: float) -> Tensor:
    """Light that leaves skin towards the camera, linear (h, w, 3), before exposure.

    albedo : (h, w, 3) linear; normals : (h, w, 3) unit; openness, gloss : (h, w); mm_per_px : of the surface
    """
    facing = _dot(normals, light.direction).clamp_min(0)
    irradiance = lit(albedo, normals, openness, light)
    # Light crosses the pigmented epidermis twice, on its way in and, elsewhere, on its way out. So half of the pigment
    # (the square root) lies before the scattering and half behind it: its edges stay half sharp.
    half = albedo.clamp_min(1e-6).sqrt()
    body = half * scattered_light(half * irradiance, mm_per_px)
    return body + _shine(normals, facing, openness, gloss, light)[..., None]


def lit(albedo: Tensor, normals: Tensor, openness: Tensor, light: Light) -> Tensor:
    """Irradiance (h, w, c) of skin by the lamp, by the light from all around and by its own walls; as in `shade`."""
    facing = _dot(normals, light.direction).clamp_min(0)
    return refilled(light.ambient * openness + (1 - light.ambient) * facing, openness, albedo)


def refilled(irradiance: Tensor, openness: Tensor, albedo: Tensor) -> Tensor:
    """Irradiance (h, w) with what the relief's own walls send back into it, (h, w, c) for the channels of `albedo`.

    Of the light that skin of `albedo` returns, the share 1 - openness meets skin again, and of that again: a geometric
    series (as in Jimenez 2016). Red comes back most, so grooves are reddish and darken red least.
    """
    return irradiance[..., None] / (1 - albedo * (1 - openness)[..., None])


def scattered_light(irradiance: Tensor, mm_per_px: float) -> Tensor:
    """Irradiance (h, w, 3) spread below the surface, each channel by its own width."""
    return torch.stack([scattered_plane(irradiance[..., c], c, mm_per_px) for c in range(len(SCATTER_MM))], dim=-1)


def scattered_plane(irradiance: Tensor, channel: int, mm_per_px: float) -> Tensor:
    """The same for one channel, (h, w)."""
    near_mm, far_mm = SCATTER_MM[channel]
    return torch.lerp(blur(irradiance, far_mm / mm_per_px), blur(irradiance, near_mm / mm_per_px), _NEAR)


def _shine(normals: Tensor, facing: Tensor, openness: Tensor, gloss: Tensor, light: Light) -> Tensor:
    """Specular reflection of the lamp (GGX, Walter 2007; visibility after Kelemen 2001) and of the surroundings."""
    lx, ly, lz = light.direction
    norm = math.sqrt(lx * lx + ly * ly + (lz + 1) ** 2)
    half_way = (lx / norm, ly / norm, (lz + 1) / norm)
    cos_half = max((lz + 1) / norm, 0.1)
    fresnel = _F0 + (1 - _F0) * (1 - cos_half) ** 5
    alpha2 = light.roughness**2
    spread = _dot(normals, half_way).clamp(0, 1) ** 2 * (alpha2 - 1) + 1
    lobe = alpha2 / (spread * spread)  # pi x the GGX distribution: a lit white surface has radiance 1 here
    lamp = (1 - light.ambient) * lobe * fresnel / (4 * cos_half**2) * facing
    around = light.ambient * (_F0 + (1 - _F0) * (1 - normals[..., 2].clamp(0, 1)) ** 5) * 0.5
    return light.shine * gloss * (lamp + around) * openness


def _dot(normals: Tensor, direction: tuple[float, float, float]) -> Tensor:
    return normals[..., 0] * direction[0] + normals[..., 1] * direction[1] + normals[..., 2] * direction[2]
