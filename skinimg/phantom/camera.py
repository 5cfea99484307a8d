"""Cameras: from light to 8-bit sRGB, with everything that differs between two sessions (ranges: docs/CONSTANTS.md 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from skinimg.phantom.draws import clipped, log_normal, log_uniform, normal, uniform
from skinimg.phantom.filters import blur, smeared
from skinimg.phantom.light import Light, towards

PIXEL_PX = 0.4  # blur of a pixel's own width, sigma
_GREY_BLUR_PX, _GREY_SHARE = 0.7, 0.6  # of lightness by noise reduction: sigma, and the share at its strongest
_EDGE_PX = 1.0  # sigma of the unsharp mask

Regime = Literal["fixed_rig", "same_phone", "other_phone", "training"]

# How far a session may stray from the reference: tilt of the lamp (deg), exposure (EV), white balance (ln gain),
# blur (ln sigma), shine (ln factor), new colour matrix and tone curve. SDs; our choice, the widest from docs/CONSTANTS.md 4.
_STRAY: dict[str, tuple[float, float, float, float, float]] = {
    "fixed_rig": (1.5, 0.03, 0.008, 0.04, 0.10),
    "same_phone": (12.0, 0.25, 0.03, 0.15, 0.30),
    "other_phone": (20.0, 0.35, 0.05, 0.25, 0.40),
}


@dataclass(frozen=True)
class Camera:
    """One exposure: the light, the lens, the sensor and what the device makes of it. Blur is in its own pixels."""

    light: Light
    exposure_ev: float = 0.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)  # gains left over after the camera's own balance
    colour_matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)  # row by row, rows sum to 1
    psf_px: float = 0.8  # sigma
    shot: float = 1e-4  # variance of noise = shot x signal + read
    read: float = 1e-6
    denoise: float = 0.5  # 0 raw, 1 smooth
    sharpen: float = 0.3  # amount of the unsharp mask
    s_curve: float = 0.1  # strength of the tone curve on top of sRGB
    jpeg_quality: int = 92
    motion_px: tuple[float, float] = (0.0, 0.0)  # path of the picture over the sensor during the exposure
    tone_mapping: float = 0.0  # 0 none, 1 every part of the picture brought to middle grey
    shadow: float = 0.0  # share of the light that something between lamp and skin takes away from a part of a tile


def sample_camera(generator: torch.Generator, regime: Regime, reference: Camera | None = None) -> Camera:
    """A camera of a regime: the first one of a series, or one that strays from `reference` as that regime does.

    `training` has no reference: every draw is new and as wide as photographs get.
    """
    if reference is not None and regime != "training":
        return _strayed(reference, generator, regime)
    if regime == "fixed_rig":
        light = Light(towards(uniform(generator, 10, 35), uniform(generator, -130, -50)), 0.55, 0.6, 0.35)
        return Camera(light, psf_px=uniform(generator, 0.6, 0.9), shot=3e-5, sharpen=0.2, s_curve=0.0, jpeg_quality=95)
    return _careless(_any(generator), generator) if regime == "training" else _any(generator)


def _any(generator: torch.Generator) -> Camera:
    light = Light(
        direction=towards(abs(normal(generator, 0, 35)) % 75, uniform(generator, -180, 180)),
        ambient=uniform(generator, 0.25, 0.8),
        shine=log_uniform(generator, 0.15, 2.0),
        roughness=uniform(generator, 0.25, 0.45),
    )
    return Camera(
        light,
        exposure_ev=normal(generator, 0, 0.35),
        white_balance=_gains(generator, 0.06),
        colour_matrix=_colour_matrix(generator),
        psf_px=log_uniform(generator, 0.5, 1.5),
        shot=log_uniform(generator, 1e-5, 1e-3),
        read=log_uniform(generator, 1e-7, 2e-5),
        denoise=uniform(generator, 0, 1),
        sharpen=uniform(generator, 0, 1.2),
        s_curve=max(0.0, uniform(generator, -0.1, 0.3)),
        jpeg_quality=int(uniform(generator, 70, 99)),
    )


def _careless(camera: Camera, generator: torch.Generator) -> Camera:
    """What a standardized series avoids: a moving hand in a fifth of the pictures, local tone mapping and the shadow of
    a nose, a fold or hair in a third each."""
    moved, angle = uniform(generator), uniform(generator, 0, math.pi)
    length = log_uniform(generator, 0.7, 4.0) if moved < 0.2 else 0.0
    mapped, shaded = uniform(generator), uniform(generator)
    return replace(
        camera,
        motion_px=(length * math.cos(angle), length * math.sin(angle)),
        tone_mapping=uniform(generator, 0.1, 0.5) if mapped < 0.33 else 0.0,
        shadow=uniform(generator, 0.05, 0.5) if shaded < 0.33 else 0.0,
    )


def _strayed(reference: Camera, generator: torch.Generator, regime: str) -> Camera:
    tilt, ev, balance, focus, shine = _STRAY[regime]
    moved = [part + normal(generator, 0, tilt * 0.0175) for part in reference.light.direction]
    length = sum(part * part for part in moved) ** 0.5
    light = replace(
        reference.light,
        direction=(moved[0] / length, moved[1] / length, moved[2] / length),
        shine=reference.light.shine * math.exp(normal(generator, 0, shine)),
    )
    base = replace(_any(generator), shot=reference.shot, read=reference.read) if regime == "other_phone" else reference
    gains = _gains(generator, balance)
    return replace(
        base,
        light=light,
        exposure_ev=reference.exposure_ev + normal(generator, 0, ev),
        white_balance=(reference.white_balance[0] * gains[0], 1.0, reference.white_balance[2] * gains[2]),
        psf_px=base.psf_px * math.exp(normal(generator, 0, focus)),
    )


def _gains(generator: torch.Generator, sd: float) -> tuple[float, float, float]:
    return math.exp(normal(generator, 0, sd)), 1.0, math.exp(normal(generator, 0, sd))


def _colour_matrix(generator: torch.Generator) -> tuple[float, ...]:
    """Colours more vivid than life, as most cameras make them, and slightly off; grey stays grey (rows sum to 1)."""
    # Portraits and phone close-ups have R/G 2.04 and 2.13, G/B 1.41 and 1.58 where the optical model has 1.6 and 1.5
    # (medians of the tiles of scripts/bench realism): cameras make skin pink, not yellow, so red against green grows.
    pink = uniform(generator, 0.0, 0.2)
    to_pink = torch.tensor(
        [[1 + pink, -pink, 0], [-pink, 1 + pink, 0], [-pink / 2, pink / 2, 1]], device=generator.device
    )
    vivid = clipped(log_normal(generator, 1.03, 0.08), 0.9, 1.3)
    grey = torch.tensor([0.2126, 0.7152, 0.0722], device=generator.device)
    matrix = to_pink @ (vivid * torch.eye(3, device=generator.device) + (1 - vivid) * grey)
    matrix = matrix + 0.02 * torch.randn((3, 3), generator=generator, device=generator.device)
    return tuple((matrix / matrix.sum(dim=1, keepdim=True)).flatten().tolist())


def develop(radiance: Tensor, camera: Camera, generator: torch.Generator) -> Tensor:
    """The picture a camera makes of linear light (h, w, 3): sRGB (h, w, 3) uint8, before JPEG compression."""
    gains = torch.tensor(camera.white_balance, device=radiance.device) * 2.0**camera.exposure_ev
    matrix = torch.tensor(camera.colour_matrix, device=radiance.device).reshape(3, 3)
    image = blur((radiance * gains) @ matrix.T, camera.psf_px).clamp_min(0)
    if camera.motion_px != (0.0, 0.0):
        image = smeared(image, camera.motion_px)
    noise = torch.randn(image.shape, generator=generator, device=generator.device).to(image)
    image = (image + noise * (camera.shot * image + camera.read).sqrt()).clamp(0, 1)
    encoded = _sharpened(_denoised(encode(image), camera.denoise), camera.sharpen)
    if camera.tone_mapping:
        encoded = _tone_mapped(encoded, camera.tone_mapping)
    curved = encoded + camera.s_curve * (encoded * encoded * (3 - 2 * encoded) - encoded)
    return (curved.clamp(0, 1) * 255).round().to(torch.uint8)


def rendered_plane(light: Tensor, camera: Camera, scale: float) -> Tensor:
    """What `develop` leaves of the lightness of a plane (h, w) of light: all but noise, colour and tone.

    scale : pixels of the plane per pixel of the photo
    """
    plane = blur(light, math.hypot(PIXEL_PX, camera.psf_px) * scale)
    if camera.motion_px != (0.0, 0.0):
        plane = smeared(plane, (camera.motion_px[0] * scale, camera.motion_px[1] * scale))
    plane = torch.lerp(plane, blur(plane, _GREY_BLUR_PX * scale), _GREY_SHARE * camera.denoise)
    return plane + camera.sharpen * (plane - blur(plane, _EDGE_PX * scale))


def encode(linear: Tensor) -> Tensor:
    """sRGB encoding of linear light in 0..1 (IEC 61966-2-1)."""
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear.clamp_min(1e-6).pow(1 / 2.4) - 0.055)


def decode(encoded: Tensor) -> Tensor:
    """Linear light of sRGB in 0..1."""
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055).pow(2.4))


def _denoised(encoded: Tensor, amount: float) -> Tensor:
    """Smooths colour much and lightness a little, as phones do."""
    smooth = blur(encoded, 1.5)
    grey, smooth_grey = encoded.mean(dim=-1, keepdim=True), smooth.mean(dim=-1, keepdim=True)
    colour = torch.lerp(encoded - grey, smooth - smooth_grey, 0.9 * amount)
    return torch.lerp(grey, blur(grey, _GREY_BLUR_PX), _GREY_SHARE * amount) + colour


def _tone_mapped(encoded: Tensor, amount: float) -> Tensor:
    """Shadows lifted and lights held back by what surrounds them, a tenth of the picture wide; colours keep."""
    grey = encoded.mean(dim=-1).clamp_min(0.02)
    around = blur(grey, max(encoded.shape[:2]) / 10)
    return encoded * (0.45 / around).pow(amount)[..., None]


def _sharpened(encoded: Tensor, amount: float) -> Tensor:
    return encoded + amount * (encoded - blur(encoded, _EDGE_PX))
