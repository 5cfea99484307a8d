"""What lies on the skin is told from what a treatment does, and is left out."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from skinimg.align.warp import pixel_grid
from skinimg.base.photo_difference import PhotoDifference
from skinimg.base.records import Alignment
from skinimg.compare.foreign import foreign_skin, without
from skinimg.compare.photo_limits import warnings_of, withheld_findings
from tests.drawn import skin_patch


@dataclass(frozen=True)
class Drawn:
    """As much of a frame as is looked at."""

    linear: np.ndarray

    @property
    def skin(self):
        return np.ones(self.linear.shape[:2], bool)


def unmoved(shape):
    grid, all_skin = pixel_grid(shape), np.ones(shape, bool)
    return Alignment(grid, grid.copy(), *[all_skin] * 4, np.ones(shape, np.float32), 0.1, 1.0)


@pytest.fixture(scope="module")
def before():
    return skin_patch(spots=())


@pytest.fixture(scope="module")
def again():
    """The same skin on another day: other noise, exposure and white balance."""
    return skin_patch(spots=(), noise_seed=7, gains=(0.9, 0.95, 0.88))


def disc(radius_mm, edge_mm=0.1):
    y, x = np.mgrid[:600, :600] * 0.1
    return np.clip((radius_mm - np.hypot(x - 30, y - 30)) / edge_mm + 0.5, 0, 1)[..., None].astype(np.float32)


def found(before, after):
    return foreign_skin(Drawn(before), Drawn(after), unmoved((600, 600)))


def test_the_same_skin_again_is_not_foreign(before, again):
    assert not found(before, again).any()


def test_a_plaster_is_found_where_it_is(before, again):
    cover = disc(7.0)
    plaster = np.median(again, axis=(0, 1)) * np.array([1.1, 1.05, 0.9], np.float32)
    covered = found(before, again * (1 - cover) + plaster * cover)
    assert covered[300, 300]
    assert covered.sum() * 0.01 == pytest.approx(np.pi * 7.0**2, rel=0.6)
    assert not covered[:, :200].any()
    assert np.array_equal(covered, found(again * (1 - cover) + plaster * cover, before))  # at the baseline, too


def test_cream_that_lets_colour_through_is_found(before, again):
    cover = 0.6 * disc(6.0, 1.5)
    assert found(before, again * (1 - cover) + 0.9 * cover)[300, 300]


def ring(radius_mm, width_mm):
    y, x = np.mgrid[:600, :600] * 0.1
    return np.clip((width_mm / 2 - np.abs(np.hypot(x - 30, y - 30) - radius_mm)) / 0.2 + 0.5, 0, 1)[..., None].astype(
        np.float32
    )


@pytest.mark.parametrize("light", [0.7, 1.4])
def test_a_frame_of_glasses_is_found_all_around(before, again, light):
    """It is thin, and long: too narrow for a plaster, too long for a lesion."""
    cover = ring(18.0, 0.8)
    grey = np.full(3, light * again.mean(), np.float32)
    worn = found(before, again * (1 - cover) + grey * cover)
    assert worn[cover[..., 0] > 0.9].mean() > 0.9
    assert not worn[250:350, 250:350].any()  # what the lens shows is skin


def test_a_fold_that_is_filled_keeps_its_pattern(before, again):
    """A wrinkle is as long as a frame; its shade goes, and pores and colour beside it stay."""
    _, x = np.mgrid[:600, :600] * 0.1
    shade = np.exp(-0.15 * np.exp(-(((x - 30) / 0.6) ** 2)))[..., None].astype(np.float32)
    assert not found(before * shade, again).any()


@pytest.mark.parametrize("fade", [0.7, 1.4])
def test_a_wide_patch_that_fades_or_darkens_keeps_its_pattern(before, again, fade):
    """Pigment lies in the skin: the light is multiplied, pores stay."""
    for edge_mm in (0.1, 6.0):
        absorbed = np.array([0.4, 1.0, 1.2], np.float32) * np.log(fade) * disc(9.0, edge_mm)
        assert not found(before, again * np.exp(absorbed)).any()


def test_a_spot_that_goes_with_its_pattern_is_too_small(before, again):
    spot = disc(2.5)
    dark = before * (1 - spot) + 0.5 * cv2.GaussianBlur(before, (0, 0), 10) * spot
    assert not found(dark, again).any()


def test_where_no_pattern_is_found_again_nothing_is_told(before):
    assert found(before, skin_patch(spots=(), seed=5)) is None


def test_what_is_foreign_leaves_both_sides_of_the_map():
    whole = unmoved((600, 600))
    lid = disc(10.0)[..., 0] > 0.5
    kept = without(whole, lid)
    for mask in (kept.valid_baseline, kept.valid_session, kept.matched_baseline, kept.matched_session):
        assert np.array_equal(mask, ~lid)
    assert kept.overlap_fraction == pytest.approx(1 - lid.mean())


def test_it_is_said_and_costs_the_findings_where_it_is_much():
    assert [reason.code for reason in warnings_of(PhotoDifference(foreign_fraction=0.01))] == ["foreign"]
    assert withheld_findings(PhotoDifference(foreign_fraction=0.01)) == {}
    assert len(withheld_findings(PhotoDifference(foreign_fraction=0.08))) == 9
    smile = PhotoDifference(foreign_fraction=0.08, expression_difference_percent=4.0)
    assert "foreign" not in {reason.code for reason in warnings_of(smile)}
    assert warnings_of(PhotoDifference(foreign_fraction=float("nan"))) == ()
