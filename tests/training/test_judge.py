"""Figures of merit on masks drawn so that each can be worked out by hand."""

import numpy as np
import pytest

from skinimg.training.judge import BINS, FIGURES, judge

SKIN = np.ones((200, 200), np.bool_)


def squares(*corners, side=20, value=1.0):
    """(200, 200) with squares whose upper left corners are given as (row, column)."""
    mask = np.zeros((200, 200), np.float32)
    for row, column in corners:
        mask[row : row + side, column : column + side] = value
    return mask


def figures(truth, probability, finding="spots", skin=SKIN):
    sums = judge(truth, probability, skin, finding, 0.1)
    return {name: float(figure.compute(sums)) for name, figure in FIGURES.items()}


def test_a_perfect_prediction():
    truth = squares((20, 20), (100, 100))
    got = figures(truth, truth)
    for name in ("dice", "soft_dice", "iou", "boundary_dice", "lesion_precision", "lesion_recall", "lesion_f1"):
        assert got[name] == 1, name
    assert (got["area_error_percent"], got["area_ratio"], got["ece"], got["false_positives_per_10cm2"]) == (0, 1, 0, 0)


def test_a_soft_truth_is_matched_by_itself_only():
    """The product form of the soft Dice would give 0.7 here for a perfect prediction."""
    truth = squares((20, 20), value=0.7)
    assert figures(truth, truth)["soft_dice"] == pytest.approx(1)
    assert figures(truth, squares((20, 20)))["soft_dice"] == pytest.approx(2 * 0.7 / 1.7)


def test_half_overlapping_squares():
    """20 x 20 px squares, 10 px apart: 200 of 400 px shared."""
    got = figures(squares((20, 20)), squares((20, 30)))
    assert got["dice"] == pytest.approx(0.5)
    assert got["iou"] == pytest.approx(1 / 3)
    # 12 of 20 columns of each lie within 2 px of the other
    assert got["boundary_dice"] == pytest.approx(12 / 20)
    assert (got["lesion_f1"], got["area_ratio"], got["area_error_percent"]) == (1, 1, 0)


def test_a_thin_line_one_pixel_off_is_forgiven_by_the_tolerant_dice_only():
    line, shifted = np.zeros((2, 200, 200), np.float32)
    line[50, 20:180], shifted[51, 20:180] = 1, 1
    got = figures(line, shifted, "wrinkles")
    assert (got["dice"], got["boundary_dice"]) == (0, 1)


def test_objects_are_counted_one_to_one():
    """Two found pieces on one spot are one hit and one false alarm; three spots, of which one was missed."""
    truth = squares((20, 20), (20, 100), (100, 20))
    found = squares((20, 20), (150, 150))
    found[20:40, 100:109] = 1
    found[20:40, 111:120] = 1
    got = figures(truth, found)
    assert got["lesion_recall"] == pytest.approx(2 / 3)
    assert got["lesion_precision"] == pytest.approx(2 / 4)
    assert got["lesion_f1"] == pytest.approx(4 / 7)


def test_the_assignment_is_the_best_one_not_the_first():
    """A long found piece overlaps two spots, a second piece only the first: both spots are found."""
    truth = squares((20, 20), (20, 42))
    found = np.zeros_like(truth)
    found[20:32, 20:62] = 1  # IoU 0.32 with each spot
    found[33:40, 20:40] = 1  # IoU 0.35 with the first
    assert figures(truth, found)["lesion_recall"] == 1


def test_two_pairs_are_better_than_one_good_pair():
    """One found piece lies on both spots, IoU 0.50 and 0.23; another on the first only, 0.25."""
    truth, found = np.zeros((2, 200, 200), np.float32)
    truth[20:40, 20:40] = truth[41:57, 20:40] = 1
    found[20:25, 20:40] = found[26:48, 20:40] = 1
    assert figures(truth, found)["lesion_recall"] == 1


def test_a_pore_is_found_by_its_centre():
    """5 x 5 px in 13 x 13 px: IoU 0.15, and yet the same pore; for spots it is not."""
    truth, found = squares((53, 53), side=13), squares((57, 57), side=5)
    assert figures(truth, found, "pores")["lesion_f1"] == 1
    assert figures(truth, squares((20, 20), side=5), "pores")["lesion_f1"] == 0
    assert figures(truth, found, "spots")["lesion_recall"] == 0


def test_small_things_are_no_objects_of_their_own():
    """0.4 mm2 is the smallest spot, 40 px: a 5 x 5 px speck is neither missed nor a false alarm."""
    got = figures(squares((20, 20)) + squares((100, 100), side=5), squares((20, 20)) + squares((150, 20), side=5))
    assert (got["lesion_recall"], got["lesion_precision"], got["false_positives_per_10cm2"]) == (1, 1, 0)


def test_area_error_has_no_sign_and_area_ratio_has_one():
    got = figures(squares((20, 20)), squares((20, 20), value=0.9))
    assert got["area_ratio"] == pytest.approx(0.9)
    assert got["area_error_percent"] == pytest.approx(10)


def test_calibration_error():
    """A tenth of the skin at p = 0.3 where a half is covered: ECE = 0.1 x 0.2."""
    probability, truth = np.zeros((2, 200, 200), np.float32)
    probability[:20] = 0.3
    truth[:10] = 1
    assert figures(truth, probability)["ece"] == pytest.approx(0.1 * 0.2, abs=1e-6)
    assert judge(truth, probability, SKIN, "spots", 0.1)["bin_px"].shape == (BINS,)


def test_false_positives_are_counted_on_free_skin_only():
    """200 x 200 px = 4 cm2. A found piece 0.5 mm beside the labelled spot lies on no free skin; one far away does."""
    truth = squares((20, 20))
    beside, far = squares((20, 45)), squares((150, 150))
    free_cm2 = float(judge(truth, truth, SKIN, "spots", 0.1)["free_cm2"])
    assert free_cm2 == pytest.approx(4 - (20 * 20 + 4 * 20 * 10 + np.pi * 100) / 1e4, abs=0.01)
    assert figures(truth, beside)["false_positives_per_10cm2"] == 0
    assert figures(truth, far)["false_positives_per_10cm2"] == pytest.approx(10 / free_cm2)


def test_only_skin_is_judged():
    skin = SKIN.copy()
    skin[:, 100:] = False
    got = figures(squares((20, 20), (20, 150)), squares((20, 20), (150, 150)), skin=skin)
    assert (got["dice"], got["lesion_f1"], got["false_positives_per_10cm2"]) == (1, 1, 0)


def test_nothing_labelled_and_nothing_found_has_no_dice():
    got = figures(squares(), squares())
    missing = {name for name, value in got.items() if np.isnan(value)}
    assert missing == set(FIGURES) - {"ece", "false_positives_per_10cm2"}
