"""The colour of all skin: told by a background or a card that both photos share, by nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.reasons import why
from skinimg.base.records import CellTotals
from skinimg.compare.fields import compared_fields
from skinimg.compare.tone_changes import TONE_METRICS, tone_changes
from skinimg.observe.witnesses import CARD, EYES, SIDES
from tests.compare.drawn_skin import LIGHT, Pigment, pair

GREY = np.array([0.3, 0.3, 0.35], np.float32)
QUANTITIES = {"l_star": 65.0, "a_star": 12.0, "b_star": 18.0, "melanin": 0.8, "haemoglobin": 0.3}
TOTALS = CellTotals(
    np.array([7], np.uint16), np.array([0]),
    {"tone": {"skin_mm2": np.array([1.0])} | {f"{name}_mm2": np.array([value]) for name, value in QUANTITIES.items()}},
)  # fmt: skip
FLUSH, TAN = Pigment(haemoglobin=0.1), Pigment(melanin=0.15)
PLAIN = Pigment()


def seen(*names, shift=LIGHT):
    return dict.fromkeys(names, GREY), dict.fromkeys(names, (GREY + shift).astype(np.float32))


def rows(before, after, witnesses, missing=None):
    skin = pair(before, after, witnesses, slope=0.0)
    found = tone_changes(skin, compared_fields(skin), [TOTALS], missing or {})
    return {(c.region, c.metric): c for c in found}


@pytest.mark.parametrize("names", [(*SIDES, EYES), (CARD,)])
@pytest.mark.parametrize(("after", "metric", "true"), [(FLUSH, "haemoglobin", 0.1), (TAN, "melanin", 0.15)])
def test_a_change_of_the_whole_face_is_recovered(names, after, metric, true):
    found = rows(PLAIN, after, seen(*names))
    for region in ("face", "left_side", "right_side"):
        change = found[region, metric]
        assert change.change == pytest.approx(true, rel=0.15)
        assert change.ci_low < true < change.ci_high
        assert (change.verdict, change.reason.code) == ("not_assessable", "no_direction")
    assert found["face", metric].baseline == QUANTITIES[metric]
    other = {"melanin": "haemoglobin", "haemoglobin": "melanin"}[metric]
    assert found["face", other].verdict == "unchanged"


def test_skin_that_did_not_change_is_unchanged_within_what_a_wall_can_tell():
    for change in rows(PLAIN, PLAIN, seen(*SIDES)).values():
        assert change.verdict == "unchanged"
        assert abs(change.change) < change.mdc95


def test_a_tan_is_darker_and_redness_is_red():
    tan, flush = rows(PLAIN, TAN, seen(CARD)), rows(PLAIN, FLUSH, seen(CARD))
    assert tan["face", "ita"].change < -8
    assert tan["face", "l_star"].change < -3
    assert flush["face", "a_star"].change > flush["face", "a_star"].mdc95


def test_a_wall_tells_brightness_less_well_than_colour():
    """Where the lamp stands between wall and face is not known: L* hangs on it, melanin does not."""
    wall, card = rows(PLAIN, PLAIN, seen(*SIDES)), rows(PLAIN, PLAIN, seen(CARD))
    assert wall["face", "l_star"].mdc95 > 1.5 * card["face", "l_star"].mdc95
    assert wall["face", "melanin"].mdc95 < 0.05


@pytest.mark.parametrize(
    ("witnesses", "code"),
    [
        (({}, {}), "no_absolute_colour"),
        (seen(EYES), "no_absolute_colour"),
        ((seen(*SIDES)[0] | seen(EYES)[0], seen(*SIDES, shift=LIGHT + np.array([0, 0.15, 0.2]))[1] | seen(EYES)[1]),
         "background_colour_differs"),
    ],
)  # fmt: skip
def test_without_a_reference_that_both_share_there_is_a_reason(witnesses, code):
    assert {(c.verdict, c.reason.code) for c in rows(PLAIN, PLAIN, witnesses).values()} == {("not_assessable", code)}


def test_a_flush_without_any_reference_is_not_assessable():
    assert {c.verdict for c in rows(PLAIN, Pigment(haemoglobin=0.2), ({}, {})).values()} == {"not_assessable"}


def test_what_keeps_the_photos_apart_goes_first():
    coarse = why("not_measurable", px_per_mm=1.5, needed=2)
    found = rows(PLAIN, PLAIN, seen(CARD), {("face", "tone", "ita"): coarse})
    assert found["face", "ita"].reason == coarse
    assert {m.id for m in TONE_METRICS} == {"ita", "l_star", "a_star", "b_star", "melanin", "haemoglobin"}


def test_in_black_skin_a_flush_may_be_twice_what_is_measured():
    fair = pair(PLAIN, FLUSH, seen(CARD), slope=0.0)
    black = replace(fair, anchor=replace(fair.anchor, melanin=0.09))
    far = []
    for skin in (fair, black):
        (c,) = (
            c
            for c in tone_changes(skin, compared_fields(skin), [TOTALS], {})
            if (c.region, c.metric) == ("face", "haemoglobin")
        )
        far.append(c.ci_high / c.change)
    assert 1.6 < far[0] < 2.1
    assert far[1] > 2.4
