"""The rows of changes.csv for what has no border: values, interval, verdict or reason."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.findings import PAIRED_FINDINGS
from skinimg.base.reasons import why
from skinimg.base.records import CellTotals
from skinimg.compare.field_changes import field_changes, maps_of_change
from skinimg.compare.fields import NO_REFERENCE, Compared, compared_fields
from skinimg.compare.patchy_light import patchy_light_fraction, why_patchy
from skinimg.observe.witnesses import SIDES
from tests.compare.drawn_skin import LIGHT, Pigment, disc, pair

CHEEKS = disc(35, 95, 17) + disc(105, 95, 14)
REGIONS = ("face", "left_side", "right_side")
TOTALS = CellTotals(
    np.array([7], np.uint16), np.array([0]),
    {f: {"skin_mm2": np.array([9000.0]), "above_od_mm2": np.array([200.0]), "extent_mm2": np.array([900.0])}
     for f in PAIRED_FINDINGS},
)  # fmt: skip


GREY = np.array([0.3, 0.3, 0.35], np.float32)
WALL = dict.fromkeys(SIDES, GREY), dict.fromkeys(SIDES, (GREY + LIGHT).astype(np.float32))


def rows(before, after, missing=None, witnesses=WALL):
    skin = pair(before, after, witnesses)
    found = field_changes(skin, compared_fields(skin), [TOTALS], missing or {}, why_patchy(skin))
    return {(c.region, c.finding, c.metric): c for c in found}


FLUSH = Pigment(haemoglobin=0.14 * CHEEKS)


def test_a_flush_that_halves_has_improved_by_what_went_and_the_pigment_has_not_changed():
    found = rows(FLUSH, Pigment(haemoglobin=0.07 * CHEEKS))
    whole = found["face", "erythema", "load"]
    truth = -0.07 * float(CHEEKS.sum())
    assert whole.verdict == "improved"
    assert whole.ci_low < truth < whole.ci_high < 0
    assert whole.follow_up - whole.baseline == pytest.approx(whole.change)
    assert whole.baseline == 200
    assert found["face", "erythema", "mean"].verdict == "improved"
    assert found["face", "erythema", "extent"].change < 0
    assert found["face", "hyperpigmentation", "load"].verdict == "unchanged"
    sides = found["left_side", "erythema", "load"].change + found["right_side", "erythema", "load"].change
    assert sides == pytest.approx(whole.change, rel=1e-4)


def test_more_is_worse_and_the_same_is_unchanged():
    assert rows(Pigment(), FLUSH)["face", "erythema", "load"].verdict == "worsened"
    assert {c.verdict for c in rows(FLUSH, FLUSH).values()} == {"unchanged"}


def test_skin_alone_is_never_called_unchanged():
    """A flush of the whole face looks like a warmer lamp where nothing else is in the picture."""
    flushed = rows(Pigment(), Pigment(haemoglobin=0.1), witnesses=({}, {}))
    assert {(c.verdict, c.reason.code) for c in flushed.values()} == {("not_assessable", "skin_alone")}
    halved = rows(FLUSH, Pigment(haemoglobin=0.07 * CHEEKS), witnesses=({}, {}))
    assert halved["face", "erythema", "load"].verdict == "improved"


def test_a_coarse_file_hides_what_does_not_stand_out_of_its_steps():
    skin = replace(pair(FLUSH, FLUSH, WALL), jpeg_quality=74.8)
    same = list(field_changes(skin, compared_fields(skin), [TOTALS], {}, why_patchy(skin)))
    assert {(c.verdict, c.reason.code) for c in same} == {("not_assessable", "coarse_file")}
    cleared = replace(pair(FLUSH, Pigment(), WALL), jpeg_quality=74.8)
    found = list(field_changes(cleared, compared_fields(cleared), [TOTALS], {}, why_patchy(cleared)))
    assert (
        next(c for c in found if (c.region, c.finding, c.metric) == ("face", "erythema", "load")).verdict == "improved"
    )


def _shone_on(skin, light=0.6):
    """White light on top of two patches of the second photo, six tenths as bright as white."""
    on_top = light * np.clip(disc(70, 40, 16) + disc(70, 95, 14), 0, 1)[..., None]
    return replace(skin, after=-np.log(np.exp(-skin.after) + on_top).astype(np.float32))


def test_shine_is_not_a_change_that_stands_out():
    plain = pair(FLUSH, FLUSH, WALL)
    shiny = _shone_on(plain)
    assert patchy_light_fraction(plain) < 0.01
    assert patchy_light_fraction(shiny) > 0.05
    assert patchy_light_fraction(pair(FLUSH, Pigment(), WALL)) < 0.01  # a flush that went is none
    found = list(field_changes(shiny, compared_fields(shiny), [TOTALS], {}, why_patchy(shiny)))
    assert {c.verdict for c in found} <= {"unchanged", "not_assessable"}
    assert "patchy_light" in {c.reason.code for c in found if c.reason}


def test_a_reason_takes_the_place_of_a_verdict():
    key = ("face", "erythema", "load")
    coarse = why("not_measurable", px_per_mm=1.5, needed=2)
    found = rows(FLUSH, FLUSH, {key: coarse})
    assert (found[key].verdict, found[key].reason) == ("not_assessable", coarse)
    nothing = list(field_changes(pair(FLUSH, FLUSH), Compared({}, "none"), [TOTALS], {}, None))
    assert {(c.verdict, c.reason) for c in nothing} == {("not_assessable", NO_REFERENCE)}
    assert {c.region for c in nothing} == set(REGIONS)


def test_the_map_for_the_eye_shows_the_fall_and_only_skin():
    skin = pair(FLUSH, Pigment(haemoglobin=0.07 * CHEEKS))
    shown = maps_of_change(skin, compared_fields(skin))["erythema"]
    assert np.array_equal(np.isfinite(shown), skin.shown)
    assert shown[95, 35] == pytest.approx(-0.07, abs=0.02)
    assert shown[40, 70] == 0.0


def test_the_map_of_an_unchanged_face_is_plain_whatever_the_lamp():
    skin = pair(FLUSH, FLUSH)
    maps = maps_of_change(skin, compared_fields(skin))
    assert all((shown[skin.shown] == 0).all() for shown in maps.values())
