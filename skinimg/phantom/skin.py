"""A person, and bare skin: melanin, blood, relief, oil and hair on a canvas, before any lesion.

Volume fractions are those of the optical model (docs/CONSTANTS.md 1.3: 100 um epidermis, mean face blood 1.1 to 2.0 %).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from skinimg.phantom.canvas import Canvas
from skinimg.phantom.draws import (
    clipped,
    log_normal,
    log_uniform,
    new_seed,
    normal,
    seeded,
    spawn,
    spectral_noise,
    uniform,
    uniforms,
)
from skinimg.phantom.splat import Layers, scattered, segment_distance, windows
from skinimg.skin import optics

# Melanosome fraction by phototype (docs/CONSTANTS.md 1.3, table of ITA classes at 1 % blood).
MELANIN_BY_PHOTOTYPE: dict[int, tuple[float, float]] = {
    1: (0.0045, 0.011),
    2: (0.011, 0.023),
    3: (0.023, 0.037),
    4: (0.037, 0.062),
    5: (0.062, 0.147),
    6: (0.147, 0.25),
}

# Site differences, as factors on the person's own mean. Foreheads are darker, cheeks and noses redder than the rest
# (Xiao 2017 site means, docs/CONSTANTS.md 1.3); lids and mouth corners by clinical description, our choice.
_MELANIN_FACTOR = {"forehead": 1.10, "periorbital": 1.15, "perioral": 1.08, "neck": 1.05, "nose": 1.0, "cheek": 0.97}
_BLOOD_FACTOR = {"cheek": 1.10, "nose": 1.25, "chin": 1.10, "forehead": 0.95, "periorbital": 1.05, "neck": 0.85}
_OIL_FACTOR = {"forehead": 1.3, "nose": 1.8, "chin": 1.2, "cheek": 0.8, "periorbital": 0.6, "neck": 0.4}
_BEARD = {"chin": 1.0, "perioral": 1.0, "cheek": 0.25, "neck": 0.7}

_SPARKLE_BAND_MM, _SPARKLE_LN = (0.1, 3.0), 0.7  # grain and SD of ln(gloss); chosen on texture spectra of portraits
_HAIR_LINEAR = (0.020, 0.013, 0.009)  # dark brown hair, linear sRGB; our choice


@dataclass(frozen=True)
class Person:
    """What stays the same about somebody from session to session. Nobody real."""

    seed: int
    phototype: int  # 1 to 6
    melanin: float  # mean melanosome volume fraction of the epidermis
    blood: float  # mean blood volume fraction of the dermis
    age_years: float
    male: bool
    oiliness: float  # 0 dry, 1 normal, 3 very oily
    wrinkledness: float  # 0 none, 1 usual for the age
    pore_diameter_mm: float  # median
    pore_density_per_cm2: float  # on the cheek
    freckling: float  # 0 none, 1 many
    sun_spots: float  # solar lentigines, 1 = usual for the age
    acne: float  # 0 none, 1 active, with marks and scars
    couperose: float  # 0 none, 1 marked redness and vessels
    melasma: bool
    stubble: float  # 0 shaven or none, 1 dense
    relief_mm: float  # depth of the primary furrows


@dataclass(frozen=True)
class SkinState:
    """Skin at one moment, every map (h, w) float32 on the canvas."""

    melanin: Tensor  # melanosome volume fraction of the epidermis
    blood: Tensor  # blood volume fraction of the dermis
    height_mm: Tensor  # relief, up is positive
    gloss: Tensor  # surface oil: factor on the specular reflection, 1 = normal skin
    hair: Tensor  # coverage by dark hair, 0..1
    makeup: Tensor  # coverage by an opaque film of the person's own mean colour, 0..1


def sample_person(generator: torch.Generator, phototype: int | None = None) -> Person:
    """Somebody new. `phototype` 1 to 6 fixes the tone class, otherwise all six are equally likely."""
    phototype = phototype or 1 + int(uniform(generator, 0, 6))
    age = uniform(generator, 18, 80)
    male = uniform(generator) < 0.5
    older = clipped((age - 20) / 50, 0, 1.2)
    melanin = log_uniform(generator, *MELANIN_BY_PHOTOTYPE[phototype])
    blood = clipped(log_normal(generator, 0.0135, 0.22), 0.007, 0.026)  # face fits 1.1-2.0 % (docs/CONSTANTS.md 1.1)
    pale = clipped(1.6 - 0.35 * phototype, 0, 1)  # freckles and couperose are marks of types I to III
    return Person(
        seed=new_seed(generator),
        phototype=phototype,
        melanin=melanin,
        blood=blood,
        age_years=age,
        male=male,
        oiliness=log_normal(generator, 0.9 if age < 50 else 0.6, 0.5),
        wrinkledness=log_normal(generator, 1.0, 0.35),
        # Flament 2015: visible from 0.25 mm; log-normal 0.2 mm median for all openings (docs/CONSTANTS.md 4).
        pore_diameter_mm=clipped(log_normal(generator, 0.21 + 0.04 * older, 0.30), 0.12, 0.45),
        pore_density_per_cm2=log_uniform(generator, 25, 100),  # docs/CONSTANTS.md 4: 10-100 per cm2 visible
        freckling=pale * max(0.0, normal(generator, 0.0, 0.5)),
        sun_spots=older * log_normal(generator, 0.8, 0.6),
        acne=max(0.0, normal(generator, 0.35 - 0.35 * older, 0.4)),
        couperose=(0.3 + 0.7 * pale) * max(0.0, normal(generator, 0.15, 0.4)),
        melasma=phototype >= 3 and not male and uniform(generator) < 0.25,
        stubble=uniform(generator) if male and uniform(generator) < 0.6 else 0.0,
        relief_mm=log_normal(generator, 0.058 + 0.052 * older, 0.3),  # 20-200 um, deeper with age (docs/CONSTANTS.md 4)
    )


def draw_skin(canvas: Canvas, person: Person, generator: torch.Generator) -> SkinState:
    """Bare skin of one person. The same generator state gives the same skin."""
    melanin = person.melanin * canvas.blend(_MELANIN_FACTOR, 1.0) * _unevenness(canvas, generator, _MELANIN_BANDS)
    blood = person.blood * canvas.blend(_BLOOD_FACTOR, 1.0) * _unevenness(canvas, generator, _BLOOD_BANDS)
    oil = spectral_noise(canvas, (3.0, 40.0), 2.0, generator)
    gloss = person.oiliness * canvas.blend(_OIL_FACTOR, 1.0) * torch.exp(0.3 * oil)
    bare = SkinState(
        melanin=melanin.clamp(*optics.MELANIN_RANGE),
        blood=blood.clamp(*optics.BLOOD_RANGE),
        height_mm=_relief(canvas, person, generator),
        gloss=gloss,
        hair=_short_hair(canvas, person, generator),
        makeup=torch.zeros(canvas.shape, device=canvas.device),
    )
    # Sebum lies in droplets and films of all sizes: seen close, shine is a sparkle and no sheen.
    droplets = spectral_noise(canvas, _SPARKLE_BAND_MM, 1.0, generator)
    return replace(bare, gloss=gloss * torch.exp(_SPARKLE_LN * droplets - _SPARKLE_LN**2 / 2))


def even_skin(canvas: Canvas, melanin: float, blood: float) -> SkinState:
    """Flat skin without hair or make-up, everywhere alike."""
    flat = torch.zeros(canvas.shape, device=canvas.device)
    return SkinState(flat + melanin, flat + blood, height_mm=flat, gloss=flat + 1, hair=flat, makeup=flat)


def albedo(state: SkinState, person: Person) -> Tensor:
    """Body colour of skin before light and scattering, linear sRGB (h, w, 3), white = 1."""
    colour = torch.exp(-density(state.melanin, state.blood))
    if bool((state.makeup > 0).any()):
        # A foundation is matched to the wearer: even colour, a little lighter, with less blood showing.
        film = skin_colour(person.melanin * 0.95, person.blood * 0.8).to(colour)
        colour = torch.lerp(colour, film.expand_as(colour), state.makeup[..., None])
    hair = torch.tensor(_HAIR_LINEAR, device=colour.device)
    return torch.lerp(colour, hair.expand_as(colour), state.hair[..., None])


def density(melanin: Tensor, blood: Tensor) -> Tensor:
    """-ln(linear sRGB) of skin, (..., 3), from volume fractions (...): `optics.POLYNOMIAL` in torch."""
    x, y = melanin.sqrt(), blood.sqrt()
    powers_x, powers_y = (1.0, x, x * x, x * x * x), (1.0, y, y * y, y * y * y)
    terms = {(i, j): torch.as_tensor(powers_x[i] * powers_y[j], device=x.device) for i, j, _ in optics.POLYNOMIAL}
    channels = []
    for channel in range(3):
        total = torch.zeros_like(x)
        for i, j, weights in optics.POLYNOMIAL:
            total = total + weights[channel] * terms[i, j]
        channels.append(total)
    return torch.stack(channels, dim=-1)


def skin_colour(melanin: float, blood: float) -> Tensor:
    """Linear sRGB (3,) of even skin."""
    return torch.exp(-density(torch.tensor(melanin), torch.tensor(blood)))


def wear_makeup(state: SkinState, canvas: Canvas, amount: float, generator: torch.Generator) -> SkinState:
    """The same skin under foundation, 0 bare to 1 opaque, thinner where it has worn and gathered in furrows."""
    worn = spectral_noise(canvas, (0.3, 15.0), 2.0, generator)
    cover = (amount * (1 + 0.15 * worn)).clamp(0, 0.95) * canvas.zone("skin")
    return replace(state, makeup=cover, gloss=state.gloss * (1 - 0.5 * amount))


# Unevenness of the pigments: bands of wavelengths in mm, slope of the power spectrum, SD of ln(fraction). What is more
# than a third above the surroundings is a lesion by the definitions in findings.py (redness: 1.5 x), so plain skin
# stays below that. With a normal distribution (SD 0.38) 15 % of it would be redder than that (calculated).
_MOST_LN = 0.32
_MELANIN_BANDS = (((0.2, 2.5), 2.2, 0.09), ((2.0, 40.0), 3.0, 0.06))
_BLOOD_BANDS = (((0.4, 5.0), 2.0, 0.24), ((3.0, 40.0), 3.0, 0.30))


def _unevenness(
    canvas: Canvas, generator: torch.Generator, bands: tuple[tuple[tuple[float, float], float, float], ...]
) -> Tensor:
    total = torch.zeros(canvas.shape, device=canvas.device)
    for band, slope, sigma in bands:
        total = total + sigma * spectral_noise(canvas, band, slope, generator)
    return torch.exp(_MOST_LN * torch.tanh(total / _MOST_LN))


def _relief(canvas: Canvas, person: Person, generator: torch.Generator) -> Tensor:
    """Polygon network of primary and finer secondary furrows over gentle bumps, in mm."""
    older = clipped((person.age_years - 20) / 50, 0, 1.2)
    direction = normal(generator, 0.0, 0.35)  # tension lines run across most of a face
    primary = furrows(canvas, generator, 0.75 + 0.25 * older, 1.3 + 0.6 * older, direction)
    # Where a noise of one wavelength crosses zero it draws a maze of lines: cheaper than a second set of cells.
    maze = spectral_noise(canvas, (0.25, 0.5), 0.0, generator)
    bumps = spectral_noise(canvas, (0.5, 2.5), 1.5, generator)
    depth = person.relief_mm * canvas.blend({"nose": 0.6, "forehead": 1.7, "neck": 1.4, "periorbital": 1.2}, 1.0)
    return depth * (0.33 * bumps - primary - 0.45 * torch.exp(-((maze / 0.35) ** 2)))


def furrows(canvas: Canvas, generator: torch.Generator, spacing_mm: float, stretch: float, direction: float) -> Tensor:
    """Network of furrows between cells of about `spacing_mm`, 1 in the furrow and 0 on the plateaus, (h, w).

    Worley noise: small where the nearest two of scattered centres are equally far. Cells are longer by `stretch`
    along `direction` (radians, from x towards y).
    """
    height, width = canvas.shape
    device = canvas.device
    warp = [0.25 * spectral_noise(canvas, (spacing_mm * 0.8, spacing_mm * 6), 2.0, generator) for _ in range(2)]
    y = torch.arange(height, device=device)[:, None] * canvas.mm_per_px / spacing_mm
    x = torch.arange(width, device=device)[None, :] * canvas.mm_per_px / spacing_mm
    u = (math.cos(direction) * x + math.sin(direction) * y) / math.sqrt(stretch) + warp[0]
    v = (-math.sin(direction) * x + math.cos(direction) * y) * math.sqrt(stretch) + warp[1]
    u, v = u - u.min() + 1, v - v.min() + 1
    size = (int(v.max()) + 3, int(u.max()) + 3)
    centre = uniforms(generator, (2, *size), device).flatten(1)
    column, row = u.floor(), v.floor()
    cell, u, v = (row * size[1] + column).to(torch.int32), u - column, v - row
    first = torch.full(canvas.shape, 9.0, device=device)
    second = first.clone()
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near = cell + (dy * size[1] + dx)
            cx, cy = centre[0][near] - (u - dx), centre[1][near] - (v - dy)
            distance = cx * cx + cy * cy
            second = torch.minimum(second, torch.maximum(first, distance))
            first = torch.minimum(first, distance)
    gap = second.sqrt() - first.sqrt()
    return torch.exp(-0.5 * (gap / 0.16) ** 2)


def _short_hair(canvas: Canvas, person: Person, generator: torch.Generator) -> Tensor:
    """Stubble of a beard: short dark strokes with a common lie, (h, w) coverage."""
    child = spawn(generator)
    if person.stubble == 0:
        return torch.zeros(canvas.shape, device=canvas.device)
    keep = math.sqrt(person.stubble) * canvas.blend(_BEARD, 0.0)
    x, y = scattered(canvas, 1.6, 0.3, keep, child)  # about 45 hairs per cm2
    chance = uniforms(child, (3, len(x)), canvas.device)
    lie = uniform(seeded(person.seed, child.device), 0, 2 * math.pi) + 0.6 * (chance[0] - 0.5)
    length = person.stubble * (0.2 + 1.0 * chance[1])  # from dots, shaved this morning, to strokes of some days
    half_width = 0.03 + 0.02 * chance[2]  # beard hair is 60 to 100 um thick
    head = torch.stack([lie.cos() * length, lie.sin() * length], dim=-1)  # (n, 2)
    layers = Layers(canvas)
    for window in windows(canvas, x, y, length + 3 * canvas.mm_per_px):
        end = head[window.members]
        distance, _ = segment_distance(window, torch.zeros_like(end), end)
        layers.draw("hair", window, line_coverage(distance, half_width[window.members, None, None], canvas.mm_per_px))
    return 0.8 * layers.value("hair")


def line_coverage(distance_mm: Tensor, half_width_mm: Tensor, mm_per_px: float) -> Tensor:
    """Share of a pixel that a straight band covers, for bands both wider and finer than a pixel."""
    upper = (distance_mm + mm_per_px / 2).clamp(max=half_width_mm)
    lower = (distance_mm - mm_per_px / 2).clamp(min=-half_width_mm)
    return ((upper - lower) / mm_per_px).clamp(0, 1)
