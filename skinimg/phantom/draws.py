"""Random numbers and random fields of the phantom. Every draw names its generator; no global state.

A child generator (`spawn`) keeps one part of the phantom from shifting the random numbers of another. Numbers are drawn
where their generator lives and only then moved: a generator on the CPU gives the same skin on every device.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from skinimg.phantom.canvas import Canvas


def seeded(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on `device` that starts from `seed`."""
    return torch.Generator(device=device).manual_seed(seed)


def spawn(generator: torch.Generator) -> torch.Generator:
    """A generator of its own on the same device, seeded from `generator`."""
    return seeded(new_seed(generator), generator.device)


def new_seed(generator: torch.Generator) -> int:
    """A seed in [0, 2^31), drawn from `generator`."""
    return int(torch.randint(0, 2**31 - 1, (1,), generator=generator, device=generator.device).item())


def uniform(generator: torch.Generator, low: float = 0.0, high: float = 1.0) -> float:
    """One number, uniform in [low, high)."""
    return low + (high - low) * float(torch.rand(1, generator=generator, device=generator.device).item())


def log_uniform(generator: torch.Generator, low: float, high: float) -> float:
    """One number whose logarithm is uniform between those of `low` and `high` (both > 0)."""
    return math.exp(uniform(generator, math.log(low), math.log(high)))


def normal(generator: torch.Generator, mean: float = 0.0, sd: float = 1.0) -> float:
    """One normal number."""
    return mean + sd * float(torch.randn(1, generator=generator, device=generator.device).item())


def log_normal(generator: torch.Generator, median: float, sigma_ln: float) -> float:
    """One log-normal number with that median and standard deviation of the logarithm."""
    return median * math.exp(normal(generator, 0.0, sigma_ln))


def uniforms(generator: torch.Generator, shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Numbers on `device`, uniform in [0, 1)."""
    return torch.rand(shape, generator=generator, device=generator.device).to(device)


def normals(generator: torch.Generator, shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Numbers on `device`, normal with mean 0 and SD 1."""
    return torch.randn(shape, generator=generator, device=generator.device).to(device)


def clipped(value: float, low: float, high: float) -> float:
    """`value`, no lower than `low`, no higher than `high`."""
    return min(max(value, low), high)


def hashed(seed: Tensor, index: Tensor | int) -> Tensor:
    """Uniform numbers in [0, 1) that depend on integers only: the same on every device, in any order.

    `seed` and `index` are int64 and broadcast. The mixing is that of a 32-bit integer hash (Wellons, "lowbias32",
    public domain), exact in int64 arithmetic.
    """
    mask = 0xFFFFFFFF
    x = (seed * 0x9E3779B1 + torch.as_tensor(index, device=seed.device) * 0x85EBCA77) & mask
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & mask
    x = ((x ^ (x >> 15)) * 0x846CA68B) & mask
    return (x ^ (x >> 16)).to(torch.float32) / 2.0**32


def lattice_noise(x: Tensor, y: Tensor, seed: Tensor) -> Tensor:
    """Smooth noise in [-1, 1] with a grain of 1: hashed values on the integer lattice, interpolated.

    `x`, `y` in grains, `seed` int64; all broadcast together. The same place has the same value at any resolution.
    """
    x0, y0 = x.floor(), y.floor()
    u, v = x - x0, y - y0
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    column, row = x0.to(torch.int64), y0.to(torch.int64)

    def corner(dx: int, dy: int) -> Tensor:
        return hashed(seed, (column + dx) * 7919 + (row + dy) * 104729)

    top = torch.lerp(corner(0, 0), corner(1, 0), u)
    bottom = torch.lerp(corner(0, 1), corner(1, 1), u)
    return 2 * torch.lerp(top, bottom, v) - 1


def spectral_noise(canvas: Canvas, band_mm: tuple[float, float], slope: float, generator: torch.Generator) -> Tensor:
    """A Gaussian random field (h, w), mean 0 and SD 1, with power ~ f^-slope between two wavelengths in mm.

    Made in the frequency domain; periodic over a field padded by a quarter, so that opposite edges do not match.
    """
    shape, device = canvas.shape, canvas.device
    coarse = max(1, int(band_mm[0] / (3 * canvas.mm_per_px)))  # smooth fields are made small and enlarged
    step_mm = coarse * canvas.mm_per_px
    height, width = (math.ceil(n / coarse * 1.25 / 32) * 32 for n in shape)
    fy = torch.fft.fftfreq(height, d=step_mm, device=device)[:, None]
    fx = torch.fft.rfftfreq(width, d=step_mm, device=device)[None, :]
    frequency = torch.sqrt(fx * fx + fy * fy).clamp_min(1e-6)
    amplitude = frequency.pow(-slope / 2)
    # Soft ends: a hard cut of the band would ring.
    amplitude *= torch.exp(-0.5 * (frequency * band_mm[0]) ** 2) * (1 - torch.exp(-0.5 * (frequency * band_mm[1]) ** 2))
    noise = torch.fft.rfft2(normals(generator, (height, width), device))
    field = torch.fft.irfft2(noise * amplitude, s=(height, width))
    field = field / field.std()  # over the periodic field: a crop may lie off the mean, as a patch of skin does
    if coarse > 1:
        kept = field[: math.ceil(shape[0] / coarse) + 1, : math.ceil(shape[1] / coarse) + 1]
        field = F.interpolate(kept[None, None], scale_factor=coarse, mode="bilinear", align_corners=False)[0, 0]
    return field[: shape[0], : shape[1]]
