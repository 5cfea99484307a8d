"""A photo beside the baseline: what is measured of each difference, and what it costs."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from skinimg.base.findings import FINDINGS
from skinimg.base.photo_difference import SAME, PhotoDifference
from skinimg.base.reasons import in_words
from skinimg.compare.photo_limits import warnings_of, withheld_findings
from skinimg.compare.photo_pair import covered, light_difference_od
from skinimg.compare.photo_shape import expression_percent, pitch_between, shape_percent
from skinimg.compare.sharpness_pair import fine_details, skin_contrast_ratio, skin_detail_ratio
from skinimg.compare.tone_pair import _PARTS, tone_gain
from skinimg.face import mesh
from tests.drawn import skin_patch


def frame(linear):
    """As much of a close-up's frame as sharpness and light need."""
    return SimpleNamespace(
        scale_source="manifest",
        linear=linear,
        skin=np.ones(linear.shape[:2], bool),
        mm_per_px=0.1,
        native_px_per_mm=10.0,
        landmarks=None,
    )


def unmoved(skin):
    ys, xs = np.mgrid[: skin.shape[0], : skin.shape[1]].astype(np.float32)
    return SimpleNamespace(to_session=np.dstack([xs, ys]), valid_baseline=skin, valid_session=skin)


@pytest.fixture(scope="module")
def patch():
    return skin_patch(melanin=0.03, noise_seed=1)


UNMARKED = (np.zeros((600, 600), bool),) * 2


def test_a_smoothed_copy_has_less_detail(patch):
    first, soft = frame(patch), frame(cv2.GaussianBlur(patch, (0, 0), 2.0))
    assert skin_detail_ratio(fine_details(first, first), unmoved(first.skin)) == pytest.approx(1)
    assert skin_detail_ratio(fine_details(first, soft), unmoved(first.skin)) < 0.4


def mottled(patch):
    """Skin with relief about a millimetre wide, as pores and furrows have."""
    noise = np.random.default_rng(5).standard_normal(patch.shape[:2], np.float32)
    relief = cv2.GaussianBlur(noise, (0, 0), 4) - cv2.GaussianBlur(noise, (0, 0), 8)
    return patch * np.exp(0.05 * relief / relief.std())[..., None]


def test_focus_exposure_and_spots_do_not_move_the_contrast_of_plain_skin(patch):
    skin = mottled(patch)
    first = frame(skin)
    spotted = skin.copy()
    for x, y in ((60, 60), (180, 90), (100, 200), (220, 220)):
        spotted[y - 10 : y + 10, x - 10 : x + 10] *= 0.8
    for later in (0.7 * cv2.GaussianBlur(skin, (0, 0), 0.9), spotted):
        assert skin_contrast_ratio(first, frame(later), unmoved(first.skin), UNMARKED) == pytest.approx(1, abs=0.1)


def test_a_band_taken_out_and_whitened_skin_lose_contrast(patch):
    skin = mottled(patch)
    first = frame(skin)
    separated = skin - 0.5 * (cv2.GaussianBlur(skin, (0, 0), 3) - cv2.GaussianBlur(skin, (0, 0), 10))
    for later in (separated, skin + 0.25 * (1 - skin)):
        assert skin_contrast_ratio(first, frame(later), unmoved(first.skin), UNMARKED) < 0.85


def test_large_pores_all_over_that_shrink_are_no_retouch(patch):
    skin = mottled(patch)
    dots = np.zeros(skin.shape[:2], np.float32)
    dots[6::12, 6::12] = 1  # 0.6 mm wide, 1.2 mm apart
    pores = cv2.dilate(dots, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    before, after = (frame(skin * np.exp(-depth * pores)[..., None]) for depth in (0.6, 0.3))
    seen = cv2.dilate(pores, np.ones((3, 3))) > 0
    assert skin_contrast_ratio(before, after, unmoved(before.skin), UNMARKED) < 0.8
    assert skin_contrast_ratio(before, after, unmoved(before.skin), (seen, seen)) == pytest.approx(1, abs=0.08)


def test_what_changes_in_green_alone_is_blood_and_no_edit(patch):
    skin = mottled(patch)
    first, vessels = frame(skin), skin.copy()
    vessels[..., 1:] *= (skin[..., 1:] / patch[..., 1:]) ** 0.5
    assert skin_contrast_ratio(first, frame(vessels), unmoved(first.skin), UNMARKED) == pytest.approx(1, abs=0.05)
    assert skin_contrast_ratio(first, frame(skin * (skin / patch) ** 0.5), unmoved(first.skin), UNMARKED) > 1.3


def browed(skin_colour):
    """A frame of plain skin with two brows and two eyes, all black; and where they are."""
    linear = np.ones((200, 200, 3), np.float32) * np.float32(skin_colour)
    landmarks = np.zeros((478, 3), np.float32)
    for part, (x, y) in zip(_PARTS, ((50, 50), (150, 50), (50, 100), (150, 100)), strict=True):
        landmarks[part, :2] = np.random.default_rng(0).uniform((x - 12, y - 12), (x + 12, y + 12), (len(part), 2))
        linear[y - 6 : y + 6, x - 10 : x + 10] = 0.02
    return SimpleNamespace(linear=linear, landmarks=landmarks, mm_per_px=0.25)


def test_a_tone_curve_is_told_by_brows_and_a_flush_is_none():
    first = browed((0.5, 0.3, 0.25))
    curved = browed((0.5, 0.3, 0.25))
    curved.linear = curved.linear**0.9
    assert tone_gain(first, curved)[0] == pytest.approx(0.9, abs=0.005)
    assert tone_gain(first, browed((0.48, 0.25, 0.22)))[0] == pytest.approx(0.985, abs=0.01)
    darker = browed((0.5, 0.3, 0.25))
    darker.linear = darker.linear * 0.6
    assert tone_gain(first, darker)[0] == pytest.approx(1)


def test_a_lamp_from_the_side_is_told_and_a_brighter_one_is_not(patch):
    first = frame(patch)
    across = np.exp(np.linspace(-0.4, 0.4, patch.shape[1], dtype=np.float32))[None, :, None]
    assert light_difference_od(first, frame(patch * 0.7), unmoved(first.skin)) < 0.02
    found = light_difference_od(first, frame(patch * across), unmoved(first.skin))
    assert found == pytest.approx(0.8 / np.sqrt(12), abs=0.04)


def test_skin_that_is_lost_in_one_piece_is_cover_and_single_hairs_are_not(patch):
    first, later = frame(patch), frame(patch)
    later.skin = first.skin.copy()
    later.skin[:, ::40] = False
    assert not covered(first, later, unmoved(first.skin)).any()
    later.skin[:200, :200] = False
    assert covered(first, later, unmoved(first.skin)).sum() == pytest.approx(200 * 200, rel=0.05)


@pytest.fixture(scope="module")
def head():
    return np.random.default_rng(3).normal(0, [30, 40, 20], (478, 3)).astype(np.float32)


def nodded(head, degrees):
    angle = np.radians(degrees)
    # Looking up lifts what is near (z < 0): y falls where z is negative.
    turn = np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])
    return (head @ turn.T).astype(np.float32)


def test_a_nod_is_no_expression_and_no_other_head(head):
    assert pitch_between(head, nodded(head, 8)) == pytest.approx(8, abs=0.1)
    assert expression_percent(head, nodded(head, 8)) < 0.01
    assert shape_percent(head, nodded(head, 8)) < 0.01


def test_what_moves_on_the_bones_is_another_head_and_lips_are_not(head):
    rng = np.random.default_rng(4)
    smiling, other = head.copy(), head.copy()
    smiling[mesh.LIPS] += 10
    other[mesh.STEADY] += rng.normal(0, 4, (len(mesh.STEADY), 3))
    assert shape_percent(head, smiling) < 0.01
    assert shape_percent(head, other) > 3.5


def test_the_same_photo_says_nothing():
    assert warnings_of(SAME) == ()
    assert withheld_findings(SAME) == {}


@pytest.mark.parametrize(
    ("difference", "lost", "kept"),
    [
        ({"skin_detail_ratio": 0.55}, "pores", "redness"),
        ({"skin_detail_ratio": 1.8}, "pores", "redness"),
        ({"skin_detail_ratio": 0.25}, "redness", ""),
        ({"skin_contrast_ratio": 0.85}, "spots", ""),
        ({"skin_contrast_ratio": 1.2}, "redness", ""),
        ({"tone_gain": 1.12}, "spots", ""),
        ({"tone_gain": 0.88}, "spots", ""),
        ({"expression_difference_percent": 5.0}, "redness", ""),
        ({"light_difference_od": 0.2}, "wrinkles", "spots"),
        ({"covered_fraction": 0.09}, "tone", ""),
        ({"lip_colour_difference_od": -1.3}, "erythema", ""),
        ({"shine_difference_fraction": 0.08}, "tone", "wrinkles"),
        ({"shape_difference_percent": 4.0}, "tone", ""),
    ],
)
def test_a_difference_costs_the_findings_that_it_moves(difference, lost, kept):
    apart = replace(SAME, **difference)
    withheld = withheld_findings(apart)
    assert lost in withheld
    assert (kept in FINDINGS and kept not in withheld) if kept else set(withheld) == set(FINDINGS)
    assert warnings_of(apart)


def test_what_cannot_be_told_is_not_held_against_a_photo():
    unknown = PhotoDifference(**dict.fromkeys(vars(SAME), float("nan")))
    assert warnings_of(unknown) == ()
    assert withheld_findings(unknown) == {}


def test_lipstick_is_named_and_a_covered_mouth_is_not_called_redder():
    assert "make-up" in in_words(warnings_of(replace(SAME, lip_colour_difference_od=0.3)))
    (said,) = warnings_of(replace(SAME, lip_colour_difference_od=-1.3))
    assert "less red" in str(said)


def test_a_turned_head_is_no_smile():
    """Landmarks of a head turned by 7 degrees are 2.1 % of the face off; a smile does that without a turn."""
    moved = replace(SAME, expression_difference_percent=2.11)
    assert withheld_findings(moved)
    assert withheld_findings(replace(moved, yaw_difference_deg=-5.4, pitch_difference_deg=-4.0)) == {}


def test_colour_is_not_compared_across_compressions_that_round_it_differently():
    for difference, withheld in ((6.0, False), (-15.0, True)):
        found = withheld_findings(replace(SAME, jpeg_quality_difference=difference))
        assert ({"redness", "tone", "erythema", "hyperpigmentation"} <= set(found)) == withheld
        assert "pores" not in found
