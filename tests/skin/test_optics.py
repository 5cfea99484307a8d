"""The optical model forwards and backwards: against published colours, measured spectra, and itself."""

import csv

import numpy as np
import pytest
from scipy.stats import spearmanr

from skinimg.base.errors import PhotoError
from skinimg.photo.colour import linear_to_lab
from skinimg.skin.optics import (
    baseline_anchor,
    density,
    haemoglobin_density,
    invert,
    melanin_density,
    session_anchor,
    skin_density,
    skin_maps,
    unaffected_density,
)
from tests.drawn import SPOTS, skin_patch

# Class, middle of the melanosome range, and L*, a*, b* of the body reflectance in sRGB codes (docs/CONSTANTS.md 1.3, B = 1 %).
PHOTOTYPES = [
    ("I", (0.004, 0.011), (198, 167, 149)),
    ("II", (0.011, 0.023), (186, 152, 129)),
    ("III", (0.023, 0.037), (173, 137, 111)),
    ("IV", (0.037, 0.062), (158, 121, 93)),
    ("V", (0.062, 0.147), (130, 94, 66)),
    ("VI", (0.147, 0.25), (98, 65, 42)),
]


@pytest.mark.parametrize(("name", "melanin", "srgb"), PHOTOTYPES)
def test_forward_model_gives_the_published_colours(name, melanin, srgb):
    linear = np.exp(-skin_density(np.sqrt(melanin[0] * melanin[1]), 0.01))
    encoded = 255 * np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    # The table's middle is read between the class borders; three codes are 1 % of the range.
    assert np.abs(encoded - srgb).max() < 4, encoded


@pytest.mark.parametrize("melanin", [0.005, 0.02, 0.08, 0.2])
@pytest.mark.parametrize("blood", [0.002, 0.01, 0.05])
@pytest.mark.parametrize("light", [-0.5, 0.0, 0.7])
def test_inverse_undoes_the_forward_model_under_any_light(melanin, blood, light):
    found = invert((skin_density(melanin, blood) + light)[None, None].astype(np.float32))
    expected = (melanin_density(melanin), haemoglobin_density(blood), light)
    assert np.allclose([v.item() for v in found], expected, atol=0.01)


def test_maps_survive_exposure_and_white_balance():
    plain = skin_patch()
    other = plain * np.float32([1.5, 1.42, 1.3])
    skin = np.ones(plain.shape[:2], bool)
    anchor = baseline_anchor(unaffected_density(plain, skin))
    before = skin_maps(plain, skin, 0.1, anchor)
    after = skin_maps(other, skin, 0.1, session_anchor(unaffected_density(other, skin), anchor))
    assert np.abs(before.melanin - after.melanin).max() < 0.02
    assert np.abs(before.haemoglobin - after.haemoglobin).max() < 0.02


def test_a_spot_is_melanin_and_not_blood():
    linear = skin_patch()
    skin = np.ones(linear.shape[:2], bool)
    maps = skin_maps(linear, skin, 0.1, baseline_anchor(unaffected_density(linear, skin)))
    spot = SPOTS[2]
    inside = maps.melanin[270:290, 210:230].mean(), maps.haemoglobin[270:290, 210:230].mean()
    ring = maps.melanin[270:290, 260:275].mean(), maps.haemoglobin[270:290, 260:275].mean()
    expected = melanin_density(0.03 * spot.factor) - melanin_density(0.03)
    assert inside[0] - ring[0] == pytest.approx(expected, rel=0.1)
    assert abs(inside[1] - ring[1]) < 0.03


def test_a_warm_lamp_is_not_read_as_blood():
    skin = skin_density(0.03, 0.012) + np.array([-0.12, 0.0, 0.15])
    anchor = baseline_anchor(skin.astype(np.float32))
    assert 0.006 < anchor.haemoglobin < 0.024


def test_shine_is_found_where_the_lamp_is_seen():
    linear = skin_patch(spots=())
    linear[300:320, 300:320] += 0.6
    skin = np.ones(linear.shape[:2], bool)
    maps = skin_maps(linear, skin, 0.1, baseline_anchor(unaffected_density(linear, skin)))
    assert maps.glare[302:318, 302:318].mean() > 0.95
    assert maps.glare[:250].mean() < 0.01


def test_too_little_skin_is_refused():
    with pytest.raises(PhotoError, match="too little plain skin"):
        unaffected_density(np.full((20, 20, 3), 0.3, np.float32), np.ones((20, 20), bool))


def test_density_is_finite_for_black():
    assert np.isfinite(density(np.zeros((2, 2, 3), np.float32))).all()


def read_nist(path):
    """(wavelengths, (people, wavelengths)) mean reflectance of each person."""
    rows = list(csv.reader(path.read_text(encoding="latin-1").splitlines()))
    head = next(i for i, row in enumerate(rows) if row.count("Average") > 50)
    columns = [k for k, cell in enumerate(rows[head]) if cell == "Average"]
    numbers = [
        [float(row[0]), *(float(row[k]) for k in columns)] for row in rows[head + 1 :] if row and row[0].isdigit()
    ]
    table = np.array(numbers)
    return table[:, 0], table[:, 1:].T


def fit_spectra(absorbance, lut):
    """(people, 2) melanin and blood of the spectrum in the optical table that fits best, up to a grey offset."""
    model = -np.log(lut["R"])  # (melanin, blood, wavelength)
    found = []
    for person in absorbance:
        apart = model - person
        misfit = apart.var(axis=-1)  # variance: an offset common to all wavelengths is light or scattering, not pigment
        i, j = np.unravel_index(misfit.argmin(), misfit.shape)
        found.append((lut["M"][i], lut["B"][j]))
    return np.array(found)


def test_inverse_ranks_measured_skin_as_its_spectra_do(shared_data):
    """Three camera numbers against a fit of the whole spectrum, 100 people (NIST, forearm).

    Published for another RGB inversion: 0.84 melanin, 0.78 blood (docs/CONSTANTS.md 2).
    """
    science = shared_data.parent / "science"
    nm, reflectance = read_nist(shared_data / "spectra" / "nist_skin_reflectance.csv")
    table = np.loadtxt(science / "tables.csv", delimiter=",")  # wavelength, ..., weights to linear sRGB
    camera = np.array([np.interp(table[:, 0], nm, person) for person in reflectance]) @ table[:, 6:9]
    melanin, blood, _ = invert(-np.log(camera)[None].astype(np.float32))
    with np.load(science / "lut.npz") as lut:
        seen = (lut["lam"] >= 430) & (lut["lam"] <= 700)
        spectra = -np.log([np.interp(lut["lam"][seen], nm, person) for person in reflectance])
        truth = fit_spectra(spectra, {"R": lut["R"][..., seen], "M": lut["M"], "B": lut["B"]})
    ranks = spearmanr(truth[:, 0], melanin[0]).statistic, spearmanr(truth[:, 1], blood[0]).statistic
    print(f"NIST, {len(reflectance)} people, Spearman: melanin {ranks[0]:.3f}, blood {ranks[1]:.3f}")
    assert len(reflectance) == 100
    assert ranks[0] > 0.95
    assert ranks[1] > 0.80


def test_lab_of_the_model_lies_among_measured_groups():
    """Japanese and African group means of docs/CONSTANTS.md 1.3 from their fitted fractions, with the 2.8 % surface added."""
    for melanin, blood, lab in ((0.024, 0.012, (63.5, 9.8, 16.8)), (0.149, 0.015, (39.6, 10.2, 15.6))):
        linear = np.exp(-skin_density(melanin, blood)) * (1 - 0.028) + 0.028
        assert np.abs(linear_to_lab(linear.astype(np.float32)) - lab).max() < 2.5
