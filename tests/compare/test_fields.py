"""Changes without an edge: how much of a known fall is found, and what is said where nothing can be."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.compare.fields import NO_REFERENCE, compared_fields
from skinimg.observe.witnesses import EYES, SIDES
from tests.compare.drawn_skin import LIGHT, SHAPE, Pigment, densities, disc, pair

CHEEKS = disc(35, 95, 17) + disc(105, 95, 14)


def found(skin, finding):
    """Sum of the change over the face, mm2 OD."""
    return float(compared_fields(skin).fields[finding].change.sum())


@pytest.mark.parametrize(("finding", "pigment"), [("erythema", "haemoglobin"), ("hyperpigmentation", "melanin")])
def test_half_of_a_wide_patch_is_found_and_is_of_its_own_pigment(finding, pigment):
    before, after = (Pigment(**{pigment: share * 0.14 * CHEEKS}) for share in (1.0, 0.5))
    compared = compared_fields(pair(before, after))
    fall = -0.07 * float(CHEEKS.sum())
    assert float(compared.fields[finding].change.sum()) == pytest.approx(fall, rel=0.1)
    other = ({"erythema", "hyperpigmentation"} - {finding}).pop()
    assert abs(float(compared.fields[other].change.sum())) < 0.1 * abs(fall)
    assert compared.source == "skin"


def test_what_came_counts_as_what_went():
    little, much = Pigment(haemoglobin=0.05 * CHEEKS), Pigment(haemoglobin=0.12 * CHEEKS)
    assert found(pair(little, much), "erythema") == pytest.approx(-found(pair(much, little), "erythema"), rel=0.1)


def test_nothing_changed_is_nothing_found_and_the_light_is_no_change():
    same = Pigment(haemoglobin=0.14 * CHEEKS, melanin=0.2 * disc(70, 40, 12))
    for field in compared_fields(pair(same, same)).fields.values():
        assert abs(float(field.change.sum())) < field.least_mm2_od
        assert 1 < field.least_mm2_od < 15


def test_the_interval_holds_the_truth():
    before, after = Pigment(haemoglobin=0.14 * CHEEKS), Pigment(haemoglobin=0.08 * CHEEKS)
    skin = pair(before, after)
    field = compared_fields(skin).fields["erythema"]
    error = float(field.change.sum()) + 0.06 * float(CHEEKS.sum())
    assert abs(error) < 3 * field.error_of(skin.area_mm2)


def test_a_treated_side_does_not_move_the_other():
    """60 % of all skin is red, on both sides; one side is treated: the other must not change (bar: 3 points)."""
    red = np.clip(disc(18, 85, 55) + disc(122, 85, 55), 0, 1) * 0.14
    left = np.arange(140) >= 70
    skin = pair(Pigment(haemoglobin=red), Pigment(haemoglobin=red * np.where(left, 0.5, 1.0)))
    assert (red[skin.shown] > 0.07).mean() > 0.6
    change = compared_fields(skin).fields["erythema"].change
    treated, untreated = float(change[:, left].sum()), float(change[:, ~left].sum())
    fall = -0.5 * float((red * skin.shown)[:, left].sum())
    assert treated == pytest.approx(fall, rel=0.15)
    assert abs(untreated) < 0.03 * abs(fall)


def _witnesses(names, shift=LIGHT):
    grey = np.array([0.3, 0.3, 0.35], np.float32)
    return dict.fromkeys(names, grey), dict.fromkeys(names, (grey + shift).astype(np.float32))


WHOLE = (Pigment(haemoglobin=0.2), Pigment(haemoglobin=0.06))


def test_a_flush_of_the_whole_face_is_found_against_a_background_that_the_eyes_confirm():
    skin = pair(*WHOLE, witnesses=_witnesses((*SIDES, EYES)), slope=0.0)
    compared = compared_fields(skin)
    assert compared.source == "background+eyes"
    fall = -0.14 * float(skin.shown.sum())
    assert float(compared.fields["erythema"].change.sum()) == pytest.approx(fall, rel=0.15)
    assert abs(float(compared.fields["hyperpigmentation"].change.sum())) < 0.1 * abs(fall)
    least = {name: field.least_mm2_od for name, field in compared.fields.items()}
    assert least["hyperpigmentation"] < 0.1 * least["erythema"]  # pigment keeps the skin around it as its reference


def test_a_face_that_is_darker_all_over_beside_its_background_is_compared_in_nothing():
    skin = pair(Pigment(), Pigment(melanin=0.12), witnesses=_witnesses((*SIDES, EYES)), slope=0.0)
    compared = compared_fields(skin)
    assert compared.edited
    assert (compared.edited, compared.fields) == (compared.refusal, {})


@pytest.mark.parametrize(("names", "said"), [((EYES,), "whites of the eyes disagree"), (SIDES, "background disagree")])
def test_a_flush_of_the_whole_face_with_one_witness_is_not_judged(names, said):
    compared = compared_fields(pair(*WHOLE, witnesses=_witnesses(names)))
    assert not compared.fields
    assert said in str(compared.refusal)


def test_another_wall_is_named_and_left_out():
    same = Pigment(haemoglobin=0.1 * CHEEKS)
    ahead, back = _witnesses((EYES,))
    wall = _witnesses(SIDES, LIGHT + np.array([0.0, 0.15, 0.2]))
    compared = compared_fields(pair(same, same, witnesses=(ahead | wall[0], back | wall[1])))
    assert str(compared.left_out) == "the background has another colour than at the baseline"
    assert abs(float(compared.fields["erythema"].change.sum())) < 15


def test_a_background_lit_on_one_side_is_named_and_left_out():
    same = Pigment(haemoglobin=0.1 * CHEEKS)
    ahead, back = _witnesses(SIDES)
    back[SIDES[0]] = back[SIDES[0]] + np.float32([0.0, 0.1, 0.2])
    compared = compared_fields(pair(same, same, witnesses=(ahead, back)))
    assert str(compared.left_out) == "the background is lit in another colour on one side"
    assert compared.source == "skin"


def test_too_little_skin_is_a_reason():
    skin = pair(Pigment(), Pigment())
    skin.shown[30:] = False
    compared = compared_fields(skin)
    assert (compared.fields, compared.refusal) == ({}, NO_REFERENCE)


def test_drawn_sessions_differ_by_noise_only():
    assert np.abs(densities(Pigment(), 1) - densities(Pigment(), 2)).max() < 0.1


def test_a_strip_along_the_hair_line_is_strands_and_no_change():
    rows, _ = np.mgrid[: SHAPE[0], : SHAPE[1]]
    strip = Pigment(melanin=0.2 * (rows < 10))  # the skin shown begins at row 4
    wide = Pigment(melanin=0.2 * (rows < 40))
    assert found(pair(Pigment(), strip), "hyperpigmentation") == 0.0
    assert found(pair(Pigment(), wide), "hyperpigmentation") > 100.0


def test_rounding_is_coarser_in_darker_skin():
    fair = pair(Pigment(), Pigment())
    dark = replace(fair, before=fair.before + 1.5, after=fair.after + 1.5)
    least = [compared_fields(skin).fields["erythema"].rounding_od for skin in (fair, dark)]
    assert least[1] > 1.5 * least[0]


def test_a_coarser_file_rounds_more_and_png_as_little_as_a_fine_one():
    """What a JPEG of quality 75 makes of unchanged skin was called pigment in 4 of 25 people."""
    skin = pair(Pigment(), Pigment())
    by_file = [
        compared_fields(replace(skin, jpeg_quality=q)).fields["erythema"].rounding_od for q in (75, 90, 97, np.nan)
    ]
    assert by_file[0] == pytest.approx(2.5 * by_file[1])
    assert by_file[1] == by_file[2] == by_file[3]
