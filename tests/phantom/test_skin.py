"""Bare skin: the same from the same seed, and the colours of real people."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000

from skinimg.phantom.canvas import Canvas, plain_canvas
from skinimg.phantom.draws import hashed, lattice_noise, seeded, spectral_noise
from skinimg.phantom.skin import MELANIN_BY_PHOTOTYPE, Person, SkinState, density, draw_skin, sample_person, wear_makeup
from skinimg.photo import colour
from skinimg.skin import optics


def _state(seed: int, canvas: Canvas) -> tuple[Person, SkinState]:
    generator = seeded(seed)
    person = sample_person(generator)
    return person, draw_skin(canvas, person, generator)


def test_same_seed_same_skin() -> None:
    canvas = plain_canvas((96, 128), 0.1)
    person, state = _state(3, canvas)
    again, twin = _state(3, canvas)
    _, other = _state(4, canvas)
    assert person == again
    for field in fields(SkinState):
        assert torch.equal(getattr(state, field.name), getattr(twin, field.name)), field.name
    assert not torch.equal(state.melanin, other.melanin)


def test_fractions_stay_where_the_optical_model_holds() -> None:
    canvas = plain_canvas((96, 96), 0.1)
    for seed in range(8):
        _, state = _state(seed, canvas)
        assert optics.MELANIN_RANGE[0] <= float(state.melanin.min()) <= float(state.melanin.max()) <= 0.30
        assert float(state.blood.min()) >= optics.BLOOD_RANGE[0]
        assert all(bool(torch.isfinite(getattr(state, field.name)).all()) for field in fields(SkinState))


def test_density_is_that_of_the_optics() -> None:
    melanin, blood = np.array([0.01, 0.06, 0.2], np.float32), np.array([0.005, 0.012, 0.05], np.float32)
    ours = density(torch.from_numpy(melanin), torch.from_numpy(blood)).numpy()
    assert np.allclose(ours, optics.skin_density(melanin, blood), atol=1e-5)


# Middle of each class at 1 % blood, SCE (docs/CONSTANTS.md 1.3, phototype table).
@pytest.mark.parametrize(
    ("phototype", "srgb"),
    [
        (1, (198, 167, 149)),
        (2, (186, 152, 129)),
        (3, (173, 137, 111)),
        (4, (158, 121, 93)),
        (5, (130, 94, 66)),
        (6, (98, 65, 42)),
    ],
)
def test_phototypes_have_the_published_colours(phototype: int, srgb: tuple[int, int, int]) -> None:
    low, high = MELANIN_BY_PHOTOTYPE[phototype]
    middle = torch.tensor((low * high) ** 0.5)
    ours = colour.linear_to_lab(torch.exp(-density(middle, torch.tensor(0.01))).numpy())
    table = colour.linear_to_lab(colour.srgb_to_linear(np.array(srgb, np.uint8)))
    assert float(deltaE_ciede2000(ours, table)) < 3.0  # 8-bit table, middles of the ranges differ slightly


def test_people_of_a_phototype_lie_in_its_ita_class() -> None:
    edges = {1: (53, 70), 2: (39, 57), 3: (26, 43), 4: (8, 30), 5: (-32, 12), 6: (-60, -28)}
    generator = seeded(1)
    for phototype, (low, high) in edges.items():
        for _ in range(10):
            person = sample_person(generator, phototype)
            body = torch.exp(-density(torch.tensor(person.melanin), torch.tensor(0.01))).numpy()
            lab = colour.linear_to_lab(body + np.float32(0.028))  # SCI, as the table: with the surface reflection
            assert low <= float(colour.ita_deg(lab[0], lab[2])) <= high


def test_noise_has_unit_spread_and_depends_on_its_seed_only() -> None:
    field = spectral_noise(plain_canvas((256, 256), 0.1), (0.5, 3.0), 2.0, seeded(0))
    assert float(field.std()) == pytest.approx(1.0, abs=0.15)
    assert abs(float(field.mean())) < 0.3
    x = torch.linspace(-5, 5, 200)
    noise = lattice_noise(x, 2 * x, torch.tensor(7))
    assert torch.equal(noise, lattice_noise(x, 2 * x, torch.tensor(7)))
    assert float(noise.abs().max()) <= 1
    values = hashed(torch.arange(100_000), 0)
    assert float(values.mean()) == pytest.approx(0.5, abs=0.005)
    assert float(values.std()) == pytest.approx(12**-0.5, abs=0.005)


def test_makeup_hides_pigment_and_shine() -> None:
    canvas = plain_canvas((64, 64), 0.1)
    _, state = _state(2, canvas)
    worn = wear_makeup(state, canvas, 0.7, seeded(0))
    assert float(worn.makeup.mean()) == pytest.approx(0.7, abs=0.15)
    assert float(worn.gloss.mean()) < float(state.gloss.mean())
    assert float(state.makeup.max()) == 0


def test_zones_blend_and_unknown_names_are_refused() -> None:
    canvas = plain_canvas((8, 8), 0.1, "nose")
    assert float(canvas.blend({"nose": 2.0}, 1.0).mean()) == pytest.approx(2.0, abs=1e-4)
    assert float(canvas.blend({"cheek": 2.0}, 1.0).mean()) == pytest.approx(1.0, abs=1e-4)
    assert float(canvas.zone("skin").min()) == 1
    with pytest.raises(ValueError, match="ear"):
        canvas.zone("ear")
