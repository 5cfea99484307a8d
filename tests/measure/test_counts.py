"""Counts of drawn things: right where all is plain, and no whole number where it is not."""

import numpy as np
import pytest

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.records import Found, Segmentation
from skinimg.measure.counts import pieces_of
from skinimg.measure.objects import find_objects
from skinimg.measure.totals import Place, cell_totals

SHAPE = (200, 300)
YS, XS = np.mgrid[: SHAPE[0], : SHAPE[1]]
AREA = np.full(SHAPE, 0.01, np.float32)


def blob(x, y, peak=1.0, sd_px=6.0):
    return (peak * np.exp(-((XS - x) ** 2 + (YS - y) ** 2) / (2 * sd_px**2))).astype(np.float32)


def masks(spots):
    return Segmentation(MASK_FINDINGS, np.stack([spots, *(np.zeros((4, *SHAPE), np.float32))]), "drawn")


def count(spots, area=AREA):
    sums = totals(masks(spots), area)["spots"]
    return float(sums["count"].sum())


def totals(segmentation, area=AREA):
    nothing = dict.fromkeys(MASK_FINDINGS, np.zeros(SHAPE, np.float32))
    found = Found(
        segmentation, nothing, {}, find_objects(segmentation, nothing, {}, area), pieces_of(segmentation, area), {}
    )
    place = Place(np.ones(SHAPE, np.uint16), (XS // 150).astype(np.int64), area)
    return cell_totals(found, place, np.ones(SHAPE, bool), segmentation.probability).totals


def test_what_is_sure_and_apart_counts_whole():
    assert count(blob(60, 60) + blob(200, 60) + blob(200, 150)) == pytest.approx(3)


def test_what_is_half_sure_counts_in_part_and_no_step_is_large():
    found = np.array([count(blob(60, 60) + blob(200, 60, peak)) for peak in np.linspace(0.1, 1, 40)])
    assert found[0] == pytest.approx(1) and found[-1] == pytest.approx(2)
    assert (np.diff(found) >= 0).all() and np.diff(found).max() < 0.15


def test_two_that_touch_do_not_merge_at_once():
    found = np.array([count(np.maximum(blob(100 - d, 60), blob(100 + d, 60))) for d in np.linspace(3, 12, 60)])
    assert found[0] == pytest.approx(1) and found[-1] == pytest.approx(2)
    assert np.abs(np.diff(found)).max() < 0.3


def test_what_is_smaller_than_the_smallest_thing_does_not_count():
    assert count(blob(60, 60, sd_px=1.0)) == 0
    assert count(blob(60, 60, sd_px=1.0), area=AREA * 100) == pytest.approx(1)


def test_the_sizes_add_up_to_the_count_and_lines_have_none():
    spots = blob(60, 60, sd_px=8) + blob(200, 60, 0.6, sd_px=20) + blob(200, 150, sd_px=3)
    segmentation = masks(spots)
    segmentation.probability[MASK_FINDINGS.index("wrinkles")] = spots
    found = totals(segmentation)
    sizes = ("count_to_2_mm", "count_to_4_mm", "count_above_4_mm")
    assert sum(found["spots"][size].sum() for size in sizes) == pytest.approx(found["spots"]["count"].sum())
    assert found["spots"]["count_to_2_mm"].sum() == pytest.approx(1 + 1 / 7, abs=0.3)
    assert "count" not in found["wrinkles"]


def test_a_thing_lies_where_its_middle_lies():
    found = totals(masks(blob(60, 60) + blob(200, 60)))["spots"]
    assert found["count"] == pytest.approx([1, 1])


def test_corners_touch_and_the_two_sides_of_a_frame_do_not():
    spots = np.zeros(SHAPE, np.float32)
    for k in range(50):
        spots[40 + k, 100 + k] = spots[40 + k, 290 - k] = 1
    assert count(spots, area=AREA * 100) == pytest.approx(2)
    spots = np.zeros(SHAPE, np.float32)
    spots[50:60, :8] = spots[50:60, -8:] = 1
    assert count(spots) == pytest.approx(2)
