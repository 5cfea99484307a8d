"""Estimates of clinical scores: the published anchors, in the right order, with an interval, or a reason."""

import dataclasses

import numpy as np
import pytest

from skinimg.base.findings import FACE_REGIONS
from skinimg.base.noise import Repeatability
from skinimg.base.reasons import in_words, why
from skinimg.base.records import CellTotals
from skinimg.compare.clinical_scores import INDICES, cea_like, ecca_like, estimates, mmasi_like
from skinimg.measure.above_reference import above_reference
from skinimg.skin.optics import skin_density

MALAR = ("forehead", "right_cheek", "left_cheek", "chin")
CENTRE = ("left_cheek", "right_cheek", "nose", "chin")
SIZES = ("count_to_2_mm", "count_to_4_mm", "count_above_4_mm")


def patches(names, share, contrast, skin=1000.0):
    area = np.asarray(skin * share)
    return {r: {"skin_mm2": np.asarray(skin), "area_mm2": area, "od_mm2": area * contrast} for r in names}


def scars(*counts):
    return {"face": dict(zip(SIZES, map(np.asarray, counts), strict=True))}


def test_mmasi_is_0_without_pigment_and_24_at_most():
    assert mmasi_like(patches(MALAR, 0.0, 0.0)) == 0
    assert mmasi_like(patches(MALAR, 1.0, 2.0)) == pytest.approx(24)


@pytest.mark.parametrize(("share", "grade"), [(0.05, 1), (0.2, 2), (0.4, 3), (0.6, 4), (0.8, 5), (0.97, 6)])
def test_the_middle_of_each_class_of_area_has_its_grade(share, grade):
    assert mmasi_like(patches(MALAR, share, 0.48)) == pytest.approx(4 * grade)


def test_the_weights_of_mmasi_are_the_published_ones():
    for region, weight in zip(MALAR, (0.3, 0.3, 0.3, 0.1), strict=True):
        one = patches(MALAR, 0.0, 0.0) | patches((region,), 0.4, 0.24)
        assert mmasi_like(one) == pytest.approx(weight * 3 * 2)


def green(melanin=0.03, blood=0.01):
    return float(skin_density(np.array([melanin]), np.array([blood]))[0, 1])


def test_the_densities_of_the_grades_are_those_of_the_optical_model():
    """D = 4 is 2.2 times the melanin, D = 1 1.3 times; CEA 0 and 4 are 1.5 and 3 times the blood; phototype III."""
    assert green(melanin=0.066) - green() == pytest.approx(0.48, abs=0.05)
    assert green(melanin=0.039) - green() == pytest.approx(0.12, abs=0.03)
    for factor, grade in ((1.25, 0), (1.5, 0), (3, 4)):
        assert cea_like(red(green(blood=0.01 * factor) - green())) == pytest.approx(grade, abs=0.15)


def red(excess, skin=1000.0):
    """Cheeks, nose and chin with so much more blood than plain skin all over."""
    own = 0.3 + 0.001 * np.random.default_rng(0).standard_normal((60, 60)).astype(np.float32)
    blood = own + np.float32(excess) * (np.arange(60) >= 40)
    maps = above_reference(own, blood, np.ones_like(own, np.bool_), 1.0)["erythema"]
    beyond = np.asarray(float(maps["red_od_mm2"][:, 50:].mean()) * skin)
    return {r: {"skin_mm2": np.asarray(skin), "red_od_mm2": beyond} for r in CENTRE}


def test_cea_is_0_for_natural_redness_and_4_at_most():
    assert cea_like(red(0.0)) == cea_like(red(0.08)) == 0
    assert 0 < cea_like(red(0.14)) < cea_like(red(0.2)) < 4
    assert cea_like(red(3.0)) == 4


@pytest.mark.parametrize(
    ("counts", "score"), [((0, 0, 0), 0), ((2.5, 0, 0), 15), ((0, 12.5, 0), 40), ((0, 0, 90), 75), ((90, 90, 90), 180)]
)
def test_ecca_weighs_kinds_and_quantities(counts, score):
    assert ecca_like(scars(*counts)) == pytest.approx(score)


def cells(level=1.0, tiles=40, seed=0):
    """A face whose regions hold one share of the tiles each, all findings alike."""
    rng = np.random.default_rng(seed)
    bits = np.array([1 | 1 << (1 + tile % (len(FACE_REGIONS) - 1)) for tile in range(tiles)], np.uint16)
    area = level * rng.uniform(5, 15, tiles)
    sums = {"skin_mm2": np.full(tiles, 64.0), "area_mm2": area, "od_mm2": 0.3 * area, "red_od_mm2": 0.3 * area}
    sums |= {size: level * rng.integers(0, 2, tiles).astype(float) for size in SIZES}
    return CellTotals(bits, np.arange(tiles), {i.finding: sums for i in INDICES})


CARD = {(i.finding, m): Repeatability(0.05, 0.0) for i in INDICES for m in (i.amount, "contrast")}


def of(shots, missing=None, card=CARD):
    return {e.index: e for e in estimates(shots, FACE_REGIONS, missing or {}, card, 300, 0)}


def test_every_estimate_lies_in_its_interval_and_is_marked():
    for e in of([cells()]).values():
        assert e.ci_low < e.value < e.ci_high
        assert "estimate" in in_words(e.note)


def test_less_of_everything_is_a_lower_score():
    before, after = of([cells()]), of([cells(0.5)])
    assert all(after[name].value < before[name].value for name in before)


def test_noise_widens_and_replicates_narrow_the_interval():
    noisy = {key: dataclasses.replace(noise, relative=0.3) for key, noise in CARD.items()}

    def width(e):
        return e.ci_high - e.ci_low

    calm, wild, four = of([cells()])["mmasi_like"], of([cells()], card=noisy), of([cells()] * 4, card=noisy)
    assert width(wild["mmasi_like"]) > 1.2 * width(calm)
    assert width(four["mmasi_like"]) < width(wild["mmasi_like"])
    assert four["mmasi_like"].value == pytest.approx(wild["mmasi_like"].value)


def test_what_cannot_be_measured_says_why():
    missing = {("chin", "spots", "area_fraction"): why("little_skin_visible", found=3.0, needed=50.0)}
    found = of([cells()], missing)
    assert np.isnan(found["mmasi_like"].value)
    assert in_words(found["mmasi_like"].note) == "chin: too little skin visible: 3 mm2, needs 50"
    assert found["ecca_like"].value > 0
    unknown = of([cells()], card={})["mmasi_like"]
    assert unknown.value > 0
    assert np.isnan(unknown.ci_low)
    assert "repeatability" in in_words(unknown.note)
    assert of([cells()], card={})["cea_like"].ci_low > 0  # measured without weights
