"""Light on a head: how much of it arrives where, with soft shadows, computed once per head and light.

The lamps and the room are a radiance over directions. For every point of a coarse chart grid the visible part of it is
summed into one vector B, so that the irradiance of a surface element with normal n is B . n, exactly as long as n faces
all visible light: fine relief then only needs its own normals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from skinimg.phantom.draws import normal, uniform
from skinimg.phantom.filters import blur
from skinimg.phantom.head import (
    AXIS_Z_MM,
    CYLINDER_MM,
    GRID_MM,
    Head,
    chart_grid,
    from_chart,
    sample_grid,
    surface_normals,
)

COARSE_MM = 2.5  # light varies slowly: shadows of soft boxes are some millimetres wide
DIRECTIONS = 72
REACH_MM = 130.0  # the largest distance at which one part of a head shades another


@dataclass(frozen=True)
class Lamp:
    """A soft box: unit direction towards it (camera axes), its half width in radians, and its share of the light."""

    direction: tuple[float, float, float]
    half_width: float
    power: float


@dataclass(frozen=True)
class Lighting:
    """Lamps in camera axes (x right, y down, z away from the camera) and the share of even light from all around."""

    lamps: tuple[Lamp, ...]
    ambient: float


def _towards(azimuth_deg: float, elevation_deg: float) -> tuple[float, float, float]:
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    return math.sin(a) * math.cos(e), -math.sin(e), -math.cos(a) * math.cos(e)


def sample_lighting(generator: torch.Generator, steadiness: float) -> Lighting:
    """Two soft boxes left and right and the room. steadiness 1 = a fixed rig, 0 = any room."""
    loose = 1 - steadiness
    lamps = []
    for side in (-1, 1):
        azimuth = side * (38 + loose * normal(generator, 0, 12))
        elevation = 24 + loose * normal(generator, 0, 10)
        power = (1.0 if side < 0 else 0.62) * math.exp((0.05 + 0.45 * loose) * normal(generator))
        lamps.append(Lamp(_towards(azimuth, elevation), 0.22 + 0.12 * uniform(generator), power))
    total = sum(lamp.power for lamp in lamps)
    ambient = 0.30 + (0.02 + 0.12 * loose) * normal(generator)
    ambient = min(max(ambient, 0.12), 0.6)
    return Lighting(
        tuple(Lamp(la.direction, la.half_width, 1.35 * (1 - ambient) * la.power / total) for la in lamps), ambient
    )


def sphere_directions(device: torch.device) -> Tensor:
    """DIRECTIONS unit vectors, even over the sphere (Fibonacci lattice)."""
    k = torch.arange(DIRECTIONS, dtype=torch.float32, device=device) + 0.5
    z = 1 - 2 * k / DIRECTIONS
    angle = math.pi * (1 + 5**0.5) * k
    ring = torch.sqrt(1 - z * z)
    return torch.stack([ring * angle.cos(), ring * angle.sin(), z], 1)


def _radiance(lighting: Lighting, rotation: Tensor, directions: Tensor) -> Tensor:
    """Light from each direction (n,) of head axes; an unshaded surface that faces a single lamp receives its power."""
    towards = directions @ rotation.to(directions).T  # camera axes
    solid = 4 * math.pi / len(directions)
    total = torch.full_like(towards[:, 1], lighting.ambient / math.pi * solid)
    total = total * (1 - 0.35 * towards[:, 1])  # floors are darker than ceilings
    for lamp in lighting.lamps:
        cos = towards @ torch.tensor(lamp.direction, device=directions.device)
        lobe = torch.exp((cos - 1) / (0.5 * (lamp.half_width + 0.22) ** 2))
        total = total + lamp.power * lobe / lobe.sum()
    return total


def coarse_radius(head: Head) -> Tensor:
    """The surface without detail finer than the coarse grid: what its light and shadows are computed from, (h, w)."""
    return blur(head.radius_mm, 0.7 * COARSE_MM / GRID_MM)


def coarse_normals(head: Head) -> Tensor:
    """Normals (h, w, 3) of that surface on the coarse grid."""
    u, v = chart_grid(COARSE_MM, head.device)
    return surface_normals(sample_grid(coarse_radius(head)[None], u, v)[0], u, COARSE_MM)


def sky_visibility(head: Head) -> Tensor:
    """(DIRECTIONS, h, w) share of light from each direction that reaches each point of the coarse chart grid."""
    u, v = chart_grid(COARSE_MM, head.device)
    smooth = coarse_radius(head)[None]
    start = from_chart(u, v, sample_grid(smooth, u, v)[0])
    steps = torch.tensor([2.0, 4.0, 7.0, 11.0, 16.0, 23.0, 32.0, 44.0, 60.0, 82.0, 106.0, REACH_MM], device=head.device)
    normals = coarse_normals(head)
    result = []
    for direction in sphere_directions(head.device):
        lit = normals @ direction > -0.2  # light from behind the surface is not asked for
        along = start[lit] + direction * steps[:, None, None]  # (s, n, 3)
        x, toward = along[..., 0], AXIS_Z_MM - along[..., 2]
        radius = torch.hypot(x, toward)
        surface = sample_grid(smooth, CYLINDER_MM * torch.atan2(x, toward), along[..., 1])[0]
        clearance = (radius - surface) / (0.30 * steps[:, None] + 0.8)
        seen = torch.zeros_like(u)
        seen[lit] = (0.7 + clearance).clamp(0, 1).amin(0)
        result.append(seen)
    return torch.stack(result)


def light_vectors(visibility: Tensor, normals: Tensor, lighting: Lighting, rotation: Tensor) -> Tensor:
    """B (3, h, w) in head axes on the coarse grid, from `sky_visibility` and coarse normals (h, w, 3)."""
    directions = sphere_directions(normals.device)
    power = _radiance(lighting, rotation, directions)
    facing = torch.einsum("hwc,kc->khw", normals, directions)
    gate = ((facing + 0.15) / 0.3).clamp(0, 1)
    weights = power[:, None, None] * visibility * gate
    return torch.einsum("khw,kc->chw", weights, directions)
