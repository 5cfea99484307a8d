"""What a comparison is summed over: whole marks of every photo, and pores at one contrast."""

import numpy as np
import pytest

from skinimg.base.records import CellTotals
from skinimg.measure.common_skin import _whole_mark
from skinimg.measure.metrics import METRICS
from skinimg.measure.totals import with_areas_of_one_contrast


def test_the_whole_of_a_soft_spot_lies_in_its_support():
    rows, columns = np.mgrid[:81, :81]
    away_mm = np.hypot(rows - 40, columns - 40) * 0.1
    darkness = 0.3 / (1 + np.exp((away_mm - 1.5) / 0.2))  # a spot of 3 mm with a soft edge, OD
    probability = np.where(darkness > 0.2, 0.9, 0.0).astype(np.float32)  # the network sees its middle
    support = _whole_mark(probability > 0.3, 10.0)
    assert float((support * darkness).sum()) > 0.97 * float(darkness.sum())
    assert float((probability * darkness).sum()) < 0.85 * float(darkness.sum())


def cells(area_mm2, load):
    totals = {"area_mm2": np.array(area_mm2), "support_od_mm2": np.array(load)}
    return CellTotals(np.array([1, 1], np.uint16), np.array([0, 1]), {"pores": totals})


def area(shot):
    return float(METRICS["area"].compute({name: v.sum() for name, v in shot.totals["pores"].items()}))


def test_pores_that_a_network_draws_wider_have_not_grown():
    before, after = with_areas_of_one_contrast([cells([4.0, 6.0], [1.0, 1.0]), cells([6.0, 9.0], [1.0, 1.0])])
    assert area(before) == pytest.approx(area(after)) == pytest.approx(12.5)


def test_pores_that_swallow_half_of_the_light_are_half():
    before, after = with_areas_of_one_contrast([cells([4.0, 6.0], [1.0, 1.0]), cells([6.0, 9.0], [0.5, 0.5])])
    assert area(after) == pytest.approx(area(before) / 2)
    assert area(before) + area(after) == pytest.approx(25.0)


def test_without_contrast_the_areas_are_those_of_the_masks():
    assert area(with_areas_of_one_contrast([cells([4.0, 6.0], [0.0, 0.0])])[0]) == pytest.approx(10.0)
