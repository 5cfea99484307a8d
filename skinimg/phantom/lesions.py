"""Which lesions somebody has: how many of each kind, how large, how strong and where.

Every number is from docs/CONSTANTS.md 4 unless a comment says otherwise; "our choice" means that no source was found.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skinimg.phantom.canvas import Canvas
from skinimg.phantom.draws import clipped, log_normal, new_seed, normal, normals, spawn, uniform, uniforms
from skinimg.phantom.kinds import Lesion
from skinimg.phantom.skin import Person
from skinimg.phantom.splat import scattered


def sample_lesions(canvas: Canvas, person: Person, generator: torch.Generator) -> tuple[Lesion, ...]:
    """Everything that sits on this person's skin, in the order in which ids were given."""
    drawn: list[Lesion] = []
    for draw in (_pigment, _blood_marks, _acne_marks, _wrinkles, _moles_and_hairs, _pores):
        drawn += draw(canvas, person, spawn(generator), len(drawn))
    return tuple(drawn)


class _Sampler:
    """Hands out places and ids while the lesions of one group are drawn."""

    def __init__(self, canvas: Canvas, generator: torch.Generator, given: int) -> None:
        self.canvas, self.generator, self.lesions = canvas, generator, list[Lesion]()
        self._given = given

    def places(self, per_cm2: float, where: dict[str, float], default: float) -> list[tuple[float, float]]:
        """A Poisson number of places in mm, as dense as `per_cm2` times the zones' factors."""
        step = max(1, round(1.0 / self.canvas.mm_per_px))  # a place a millimetre is fine enough
        weight = self.canvas.blend(where, default, step) * self.canvas.zone("skin")[::step, ::step]
        expected = float(weight.mean()) * per_cm2 * self.canvas.area_cm2
        rate = torch.tensor([expected], device=self.generator.device)
        count = int(torch.poisson(rate, generator=self.generator).item())
        if count == 0:
            return []
        here = weight.flatten().to(self.generator.device)
        chosen = torch.multinomial(here, count, replacement=True, generator=self.generator)
        jitter = torch.rand((2, count), generator=self.generator, device=self.generator.device)
        x = (chosen % weight.shape[1] + jitter[0]) * step * self.canvas.mm_per_px
        y = (chosen // weight.shape[1] + jitter[1]) * step * self.canvas.mm_per_px
        return list(zip(x.tolist(), y.tolist(), strict=True))

    def add(self, kind: str, x_mm: float, y_mm: float, radius_mm: float, **values: float) -> None:
        identity = self._given + len(self.lesions) + 1
        angle = values.pop("angle_rad", uniform(self.generator, 0, math.pi))
        seed = new_seed(self.generator)
        self.lesions.append(Lesion(identity, kind, x_mm, y_mm, radius_mm, angle_rad=angle, seed=seed, **values))

    def uniform(self, low: float, high: float) -> float:
        return uniform(self.generator, low, high)

    def log_normal(self, median: float, sigma_ln: float, low: float, high: float) -> float:
        return clipped(log_normal(self.generator, median, sigma_ln), low, high)


_SUN = {"nose": 1.3, "cheek": 1.2, "forehead": 1.0, "chin": 0.4, "neck": 0.3, "periorbital": 0.6, "perioral": 0.5}


def _pigment(canvas: Canvas, person: Person, generator: torch.Generator, given: int) -> list[Lesion]:
    draw = _Sampler(canvas, generator, given)
    for x, y in draw.places(1.2 * person.freckling, _SUN, 0.5):
        radius = draw.log_normal(0.7, 0.4, 0.4, 2.5)
        draw.add(
            "ephelis",
            x,
            y,
            radius,
            aspect=draw.uniform(1, 1.5),
            edge_mm=draw.uniform(0.15, 0.35) + 0.3 * radius,
            melanin=draw.uniform(1.4, 2.2),
            irregularity=draw.uniform(0.05, 0.2),
        )
    for x, y in draw.places(0.03 * person.sun_spots, _SUN, 0.5):
        draw.add(
            "lentigo",
            x,
            y,
            draw.log_normal(2.0, 0.6, 1.0, 15.0),
            aspect=draw.uniform(1, 1.7),
            edge_mm=draw.uniform(0.2, 0.6),
            melanin=draw.log_normal(2.0, 0.25, 1.4, 3.0),
            irregularity=draw.uniform(0.10, 0.25),
        )
    melasma = {"cheek": 1.0, "forehead": 0.6, "perioral": 0.6, "nose": 0.2}
    for x, y in draw.places(0.012 if person.melasma else 0.0, melasma, 0.1):
        radius = draw.log_normal(9.0, 0.4, 5.0, 30.0)
        draw.add(
            "melasma",
            x,
            y,
            radius,
            aspect=draw.uniform(1, 2),
            edge_mm=draw.uniform(1.0, 4.0),
            melanin=draw.uniform(1.3, 1.8),
            blood=draw.uniform(1.0, 1.2),
            irregularity=draw.uniform(0.2, 0.4),
            confetti=draw.uniform(0.2, 0.6) if draw.uniform(0, 1) < 0.89 else 0.0,
        )
    return draw.lesions


def _blood_marks(canvas: Canvas, person: Person, generator: torch.Generator, given: int) -> list[Lesion]:
    draw = _Sampler(canvas, generator, given)
    flush = {"cheek": 1.0, "nose": 1.0, "chin": 0.6, "forehead": 0.2}
    for x, y in draw.places(0.02 * min(person.couperose, 3), flush, 0.05):
        radius = draw.uniform(4, 15)
        draw.add(
            "erythema",
            x,
            y,
            radius,
            aspect=draw.uniform(1, 1.6),
            edge_mm=radius * draw.uniform(0.4, 1.0),
            blood=draw.uniform(1.3, 1.3 + 1.2 * min(person.couperose, 1.4)),
            irregularity=draw.uniform(0.15, 0.4),
            confetti=draw.uniform(0.0, 0.4),
        )
    for x, y in draw.places(0.06 * person.couperose, {"nose": 2.0, "cheek": 1.0}, 0.05):
        angle = draw.uniform(0, 2 * math.pi)
        for _ in range(1 + int(draw.uniform(0, 3))):  # branches leave one place
            draw.add(
                "telangiectasia",
                x,
                y,
                draw.log_normal(0.268, 0.4, 0.08, 0.6) / 2,
                length_mm=draw.log_normal(5.0, 0.5, 1.5, 15.0),
                angle_rad=angle + draw.uniform(-0.9, 0.9),
                # Blood at 0.3 to 1 in the lumen, diluted by the skin above it; the model holds up to 0.08.
                blood=draw.uniform(2.0, 4.5),
                irregularity=draw.uniform(0.3, 0.9),
            )
    return draw.lesions


def _acne_marks(canvas: Canvas, person: Person, generator: torch.Generator, given: int) -> list[Lesion]:
    draw = _Sampler(canvas, generator, given)
    where = {"cheek": 1.0, "forehead": 0.7, "chin": 1.0, "nose": 0.5}
    for x, y in draw.places(0.12 * person.acne, where, 0.2):
        red = draw.uniform(0, 1) < (0.6 if person.phototype <= 3 else 0.3)  # darker skin leaves pigment, pale skin red
        radius = draw.log_normal(1.8, 0.4, 0.8, 4.0)
        strength = draw.uniform(1.7, 3.2) if red else draw.uniform(1.5, 2.0 + 0.1 * person.phototype)
        draw.add(
            "pie" if red else "pih",
            x,
            y,
            radius,
            aspect=draw.uniform(1, 1.5),
            edge_mm=0.3 + draw.uniform(0.5, 1.6) * radius,
            melanin=draw.uniform(1.0, 1.2) if red else strength,
            blood=strength if red else draw.uniform(1.0, 1.25),
            irregularity=draw.uniform(0.05, 0.2),
        )
    for x, y in draw.places(0.03 * person.acne, where, 0.2):
        radius = draw.uniform(0.8, 2.5)
        height = min(draw.uniform(0.2, 1.0), 0.35 * radius)
        draw.add("papule", x, y, radius, edge_mm=0.7 * radius, depth_mm=-height, blood=draw.uniform(2, 4))
        draw.add("pie", x, y, radius * draw.uniform(1.5, 2.5), edge_mm=2.5 * radius, blood=draw.uniform(1.3, 2.0))
    for x, y in draw.places(0.25 * max(person.acne - 0.2, 0), {"cheek": 1.2, "forehead": 0.3, "nose": 0.3}, 0.2):
        kind = draw.uniform(0, 1)  # 60-75 % icepick, 20-30 % boxcar, 20-25 % rolling
        colour = {"melanin": draw.uniform(0.8, 1.35), "blood": draw.uniform(0.8, 1.6)}
        if kind < 0.55:
            radius = draw.uniform(0.35, 1.0)
            depth = clipped(radius * draw.uniform(1.2, 2.5), 0.5, 2.0)
            draw.add("icepick", x, y, radius, depth_mm=depth, edge_mm=0.2, **colour)
        elif kind < 0.8:
            depth = draw.uniform(0.2, 0.9)  # shallow to 0.5 mm, deep beyond; its walls are steep
            radius = draw.uniform(0.75, 2.0)
            aspect = draw.uniform(1, 1.5)
            draw.add("boxcar", x, y, radius, depth_mm=depth, edge_mm=0.2 + 0.4 * depth, aspect=aspect, **colour)
        else:
            radius = draw.uniform(2.0, 4.0)
            depth = draw.uniform(0.2, 0.5) * radius / 3
            draw.add("rolling", x, y, radius, depth_mm=depth, edge_mm=0.4, aspect=draw.uniform(1, 1.6))
    return draw.lesions


def _wrinkles(canvas: Canvas, person: Person, generator: torch.Generator, given: int) -> list[Lesion]:
    draw = _Sampler(canvas, generator, given)
    older = clipped((person.age_years - 25) / 45, 0.0, 1.3) * person.wrinkledness
    tension = draw.uniform(0, math.pi)  # of skin without a preferred direction
    fine = {"periorbital": 3.0, "crow_feet": 4.0, "cheek": 0.6, "forehead": 1.0, "perioral": 1.2, "neck": 1.5}
    for x, y in draw.places(0.25 * older, fine, 0.3):
        base = _line_angle(canvas, x, y, tension)
        for number in range(1 + int(draw.uniform(0, 3))):  # fine lines lie side by side
            offset = number * draw.uniform(0.8, 2.0)
            draw.add(
                "fine_line",
                x - math.sin(base) * offset + normal(generator, 0, 0.8),
                y + math.cos(base) * offset + normal(generator, 0, 0.8),
                draw.uniform(0.05, 0.2),
                length_mm=draw.log_normal(6.0, 0.4, 3.0, 20.0),
                angle_rad=base + normal(generator, 0, 0.2),
                depth_mm=draw.uniform(0.02, 0.12) * clipped(0.5 + older / 2, 0.5, 1.5),
                irregularity=draw.uniform(0.1, 0.35),
            )
    deep = {"forehead": 1.0, "crow_feet": 1.5, "periorbital": 0.7, "perioral": 0.6, "neck": 0.5, "cheek": 0.25}
    for x, y in draw.places(0.08 * older, deep, 0.05):
        half_width = draw.log_normal(0.40, 0.30, 0.20, 0.8)
        draw.add(
            "wrinkle",
            x,
            y,
            half_width,
            length_mm=draw.log_normal(15.0, 0.5, 5.0, 60.0),
            angle_rad=_line_angle(canvas, x, y, tension) + normal(generator, 0, 0.1),
            depth_mm=min(half_width * draw.uniform(1.0, 1.8), 0.8),
            irregularity=draw.uniform(0.05, 0.25),
        )
    return draw.lesions


def _line_angle(canvas: Canvas, x_mm: float, y_mm: float, tension: float) -> float:
    """Direction of lines at a place: level on a forehead, fanning out beside the eyes, else along the tension."""
    row, column = canvas.pixels_of(torch.tensor(x_mm), torch.tensor(y_mm))
    at = {name: float(weight[row, column]) for name, weight in canvas.zones.items()}
    if at.get("crow_feet", 0) > 0.5:
        weight = canvas.zones["crow_feet"]
        rows = torch.arange(canvas.shape[0], device=weight.device)[:, None]
        middle_mm = float((weight * rows).sum() / weight.sum()) * canvas.mm_per_px
        side = 1.0 if x_mm > canvas.size_mm[0] / 2 else -1.0
        return math.atan2(y_mm - middle_mm, side * 12.0)
    if max(at.get("forehead", 0), at.get("neck", 0), at.get("periorbital", 0)) > 0.5:
        return 0.0
    if at.get("perioral", 0) > 0.5:
        return math.pi / 2
    return tension


def _moles_and_hairs(canvas: Canvas, person: Person, generator: torch.Generator, given: int) -> list[Lesion]:
    draw = _Sampler(canvas, generator, given)
    for x, y in draw.places(0.015, {}, 1.0):  # our choice: a handful on a face
        radius = draw.log_normal(1.2, 0.4, 0.5, 3.5)
        raised = draw.uniform(0.1, 0.4) * radius if draw.uniform(0, 1) < 0.4 else 0.0
        draw.add("mole", x, y, radius, edge_mm=0.3, melanin=draw.uniform(3, 7), depth_mm=-raised, irregularity=0.05)
    for x, y in draw.places(0.01, {"forehead": 1.5, "cheek": 1.0}, 0.5):  # loose scalp hairs; our choice
        half_width, length = draw.uniform(0.025, 0.05), draw.uniform(8, 50)
        draw.add("hair", x, y, half_width, length_mm=length, irregularity=draw.uniform(0.05, 0.4))
    fuzz = (1.5 if person.male else 1.0) * draw.uniform(0, 1) ** 3  # few people have dark down on a cheek; our choice
    for x, y in draw.places(1.5 * fuzz, {"periorbital": 0.3, "nose": 0.1}, 1.0):
        half_width, length = draw.uniform(0.015, 0.03), draw.uniform(1.0, 5.0)
        draw.add("hair", x, y, half_width, length_mm=length, irregularity=draw.uniform(0.1, 0.6))
    return draw.lesions


_PORE_DENSITY = {
    "nose": 1.6,
    "cheek": 1.0,
    "forehead": 0.8,
    "chin": 0.9,
    "perioral": 0.6,
    "periorbital": 0.15,
    "crow_feet": 0.2,
    "neck": 0.1,
}


def _pores(canvas: Canvas, person: Person, generator: torch.Generator, given: int) -> list[Lesion]:
    densest = max(_PORE_DENSITY.values())
    spacing_mm = 10 * math.sqrt(1.1547 / (densest * person.pore_density_per_cm2))
    keep = canvas.blend(_PORE_DENSITY, 0.5) / densest * canvas.zone("skin")
    x, y = scattered(canvas, spacing_mm, 0.22, keep, generator)
    chance = uniforms(generator, (6, len(x)), canvas.device)
    size = normals(generator, (len(x),), canvas.device)
    diameter = (person.pore_diameter_mm * torch.exp(0.28 * size)).clamp(0.08, 0.7)
    older = clipped((person.age_years - 20) / 50, 0, 1)
    tension = uniform(generator, 0, math.pi)
    plugged = chance[0] < 0.4
    columns: list[Tensor] = [
        x,
        y,
        diameter / 2,
        torch.zeros_like(x),
        tension + 0.5 * (chance[1] - 0.5),
        1 + (0.2 + 0.8 * older) * chance[2],  # ellipses from 1 to 2 with age, along the tension lines
        0.06 + 0.4 * diameter,
        torch.where(plugged, 1.5 + 1.0 * chance[3], 1.1 + 0.4 * chance[3]),
        torch.ones_like(x),
        diameter * (0.6 + 0.7 * chance[4]),  # 0.1 to 0.5 mm deep
    ]
    rows = torch.stack(columns, dim=1).tolist()
    return [Lesion(given + number + 1, "pore", *row) for number, row in enumerate(rows)]
