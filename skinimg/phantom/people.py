"""What somebody is like beside their skin: the shape of the face, the colours of eyes, hair and clothes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from skinimg.base.records import FloatArray
from skinimg.phantom.draws import new_seed, normal, uniform
from skinimg.phantom.skin import Person

# Linear sRGB, our choice by eye against photographs; light eyes are rare in dark skin.
IRIS_COLOURS = {
    "dark": (0.030, 0.016, 0.009),
    "brown": (0.075, 0.036, 0.016),
    "hazel": (0.110, 0.080, 0.032),
    "green": (0.105, 0.125, 0.070),
    "grey": (0.135, 0.155, 0.160),
    "blue": (0.090, 0.140, 0.195),
}
HAIR_COLOURS = {
    "black": (0.010, 0.009, 0.009),
    "dark": (0.022, 0.015, 0.011),
    "brown": (0.050, 0.029, 0.017),
    "auburn": (0.090, 0.036, 0.016),
    "blond": (0.220, 0.140, 0.072),
    "grey": (0.250, 0.240, 0.230),
}


@dataclass(frozen=True)
class Looks:
    """How somebody looks beside skin and bones; stays the same in all sessions."""

    iris: tuple[float, float, float]
    hair: tuple[float, float, float]
    hair_style: str  # short, back, band, bald
    clothes: tuple[float, float, float]
    brow_density: float
    lid_crease_mm: float
    lip_blood: float  # factor on the blood of the skin around
    seed: int


def sample_looks(person: Person, generator: torch.Generator) -> Looks:
    """Colours and styles that go with a person's tone, age and sex."""
    chance = uniform(generator)
    if person.phototype >= 5:
        iris, hair = "dark" if chance < 0.8 else "brown", "black"
    elif person.phototype >= 3:
        iris = ("dark", "brown", "brown", "hazel")[int(chance * 4)]
        hair = ("black", "dark", "dark", "brown")[int(uniform(generator) * 4)]
    else:
        iris = ("brown", "hazel", "green", "grey", "blue", "blue")[int(chance * 6)]
        hair = ("dark", "brown", "brown", "auburn", "blond", "blond")[int(uniform(generator) * 6)]
    grey = min(max((person.age_years - 38) / 35 + 0.15 * normal(generator), 0), 0.95)
    mixed = tuple((1 - grey) * a + grey * b for a, b in zip(HAIR_COLOURS[hair], HAIR_COLOURS["grey"], strict=True))
    styles = ("short", "short", "short", "bald") if person.male else ("back", "back", "band", "band")
    clothes = ((0.035, 0.04, 0.05), (0.32, 0.33, 0.34), (0.06, 0.09, 0.13), (0.02, 0.02, 0.022))
    return Looks(
        iris=IRIS_COLOURS[iris],
        hair=(mixed[0], mixed[1], mixed[2]),
        hair_style=styles[int(uniform(generator) * 4)],
        clothes=clothes[int(uniform(generator) * 4)],
        brow_density=(1.0 if person.male else 0.75) * (0.8 + 0.5 * uniform(generator)),
        lid_crease_mm=max(0.15, normal(generator, 0.75, 0.3)),
        lip_blood=3.8 + 1.8 * uniform(generator) - 0.8 * person.male,
        seed=new_seed(generator),
    )


@cache
def _shape_model() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean (478, 3), components (k, 478, 3) and their standard deviations (k,), in mm; see scripts/make_face_shape."""
    with np.load(Path(__file__).with_name("face_shape.npz")) as table:
        return table["mean_mm"], table["components"].astype(np.float32), table["sd_mm"]


def sample_landmarks(generator: torch.Generator, femininity: float) -> FloatArray:
    """Landmarks (478, 3) of a new person in mm: mean, components, size and a little sexual dimorphism.

    femininity : 0 (masculine) to 1. Its directions are anthropometry's: women's faces are smaller (by 6 %, Farkas
    1994), with a narrower jaw, higher and more arched brows, fuller lips and a smaller nose.
    """
    mean, components, sd = _shape_model()
    weights = torch.randn(len(sd), generator=generator).clamp(-2, 2).numpy() * 0.85  # extremes are landmark noise
    points = mean + np.einsum("k,kij->ij", weights * sd, components)
    lean = 2 * femininity - 1
    x, y = points[:, 0], points[:, 1]
    jaw = np.clip((y - 45) / 60, 0, 1)
    points[:, 0] = x * (1 - 0.045 * lean * jaw)
    nose = np.exp(-((x / 22) ** 2) - ((y - 35) / 22) ** 2)
    points[:, 0] *= 1 - 0.06 * lean * nose
    mouth_y = points[[13, 14], 1].mean()
    lips = np.exp(-((x / 26) ** 2) - ((y - mouth_y) / 13) ** 2)
    points[:, 1] += 0.16 * (y - mouth_y) * lips * (lean + 0.35)
    brow = np.exp(-(((y + 22) / 9) ** 2))
    points[:, 1] -= 1.6 * lean * brow
    size = 1 + 0.022 * float(torch.randn((), generator=generator).clamp(-2, 2)) - 0.025 * lean
    return (points * size).astype(np.float32)
