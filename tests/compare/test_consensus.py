"""What is believed where skin, card, background and eyes tell different lights."""

import numpy as np
import pytest

from skinimg.base.records import SkinAnchor
from skinimg.compare.consensus import agreed
from skinimg.observe.witnesses import CARD, EYES, SIDES
from skinimg.skin.optics import along_axes, pigment_axes
from tests.compare.drawn_skin import ANCHOR

GREY = np.array([0.3, 0.3, 0.35], np.float32)
BLOOD = np.float32([0.04, 0.12, 0.09])  # what a flush adds, in density
LIGHT = np.float32([0.05, -0.02, 0.03])


def told(skin_light, **shifts):
    names = {"eyes": (EYES,), "background": SIDES, "card": (CARD,)}
    before = {name: GREY for key in shifts for name in names[key]}
    after = {name: GREY + shift for key, shift in shifts.items() for name in names[key]}
    return agreed(skin_light, before, after, ANCHOR)


@pytest.mark.parametrize(
    ("shifts", "source"),
    [
        ({}, "skin"),
        ({"background": LIGHT}, "skin+background"),
        ({"eyes": LIGHT}, "skin+eyes"),
        ({"card": LIGHT}, "card+skin"),
    ],
)
def test_what_agrees_is_named_and_the_skin_stands(shifts, source):
    verdict = told(LIGHT, **shifts)
    assert (verdict.source, verdict.refusal, verdict.left_out) == (source, None, None)
    assert verdict.light is None


def test_background_and_eyes_outvote_the_skin():
    verdict = told(LIGHT + BLOOD, background=LIGHT, eyes=LIGHT)
    np.testing.assert_allclose(verdict.light, LIGHT, atol=1e-6)


@pytest.mark.parametrize(("share", "source"), [(0.5, "background+eyes"), (0.05, "skin+background+eyes")])
def test_eyes_that_lie_nearer_to_the_background_than_to_the_skin_confirm_it(share, source):
    """Half of the flush is within four SD of the eyes, and still twenty times likelier than another wall."""
    flush = np.float32([0.04, 0.09, 0.07])
    assert told(LIGHT + share * 2 * flush, background=LIGHT, eyes=LIGHT).source == source


MELANIN = pigment_axes(ANCHOR)[0]


def test_more_melanin_in_all_skin_is_a_tan_or_an_editor_and_nothing_can_be_compared():
    """A warmed or saturated photo was called 2.6 to 3.4 times the pigment of an unchanged face."""
    verdict = told(LIGHT + 0.12 * MELANIN, background=LIGHT, eyes=LIGHT)
    assert verdict.edited.code == verdict.refusal.code == "tan_or_edit"
    np.testing.assert_allclose(verdict.witness.light, LIGHT, atol=1e-6)  # by how much the tone changed is still written
    carded = told(LIGHT + 0.12 * MELANIN, card=LIGHT)
    assert (carded.edited, carded.moved) == (None, ("hyperpigmentation",))


def test_blood_that_moves_alone_is_a_flush_of_all_skin_and_its_melanin_stays_that_beside_it():
    for blood, melanin in ((0.12, 0.04), (0.3, 0.1)):  # the model takes some of a strong flush for melanin
        verdict = told(LIGHT + blood * pigment_axes(ANCHOR)[1] + melanin * MELANIN, background=LIGHT, eyes=LIGHT)
        assert (verdict.edited, verdict.moved) == (None, ("erythema",))


def test_on_black_skin_a_hair_of_colour_is_no_tan():
    """There both pigments colour skin nearly alike: 0.01 of density in one channel reads as more than an OD of melanin."""
    black = SkinAnchor(0.29, 0.012, -60.0, (0.0, 0.0, 0.0))
    shift = np.float32([0.01, 0.0, -0.01])
    assert abs(float(along_axes(shift[None], black)[0][0])) > 1.0
    same = dict.fromkeys((EYES, *SIDES), GREY)
    verdict = agreed(LIGHT + shift, same, dict.fromkeys(same, GREY + LIGHT), black)
    assert (verdict.source, verdict.edited, verdict.refusal) == ("skin+background+eyes", None, None)
    farther = agreed(LIGHT + 10 * shift, same, dict.fromkeys(same, GREY + LIGHT), black)  # a phone's black level
    assert (farther.edited, farther.refusal.code) == (None, "skin_or_background")


def test_eyes_in_between_settle_nothing():
    verdict = told(LIGHT + BLOOD, background=LIGHT, eyes=LIGHT + BLOOD / 2)
    assert verdict.refusal.code == "skin_or_background"
    assert verdict.witness is None


@pytest.mark.parametrize(("name", "shifts"), [("card", {"card": LIGHT}), ("background", {"background": LIGHT})])
def test_what_is_believed_tells_the_light_of_all_skin(name, shifts):
    witness = told(LIGHT, **shifts).witness
    assert name in witness.name
    np.testing.assert_allclose(witness.light, LIGHT, atol=1e-6)
    assert told(LIGHT, eyes=LIGHT).witness is None


def test_a_card_outvotes_the_skin_alone():
    np.testing.assert_allclose(told(LIGHT + BLOOD, card=LIGHT).light, LIGHT, atol=1e-6)


def test_brightness_alone_is_no_disagreement():
    assert told(LIGHT + np.float32(0.5), background=LIGHT, eyes=LIGHT).source == "skin+background+eyes"


@pytest.mark.parametrize("one", ["background", "eyes"])
def test_one_witness_against_the_skin_is_a_refusal(one):
    verdict = told(LIGHT + BLOOD, **{one: LIGHT})
    assert verdict.refusal
    assert verdict.light is None


def test_with_nobody_to_ask_a_redder_skin_is_a_refusal_and_a_brighter_photo_is_not():
    assert told(2 * BLOOD).refusal.code == "skin_or_light"
    assert told(np.float32([0.3, 0.3, 0.3])).refusal is None
