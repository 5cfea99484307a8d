"""Light and tone curve of the second session, told by skin that did not change."""

from dataclasses import replace

import numpy as np

from skinimg.compare.pair_light import light_of, toned
from tests.compare.drawn_skin import Pigment, disc, pair

SHADE = np.float32(0.4) * (disc(70, 40, 30, 30.0) + disc(70, 130, 25, 30.0))[..., None]


def steeper(slope):
    """A shaded face whose second photo has gone through another curve; SD of what is left of each channel."""
    skin = pair(Pigment(), Pigment(), slope=0.0)
    after = skin.after + SHADE
    curved = after + np.float32(slope) * (after - np.median(after[skin.shown], axis=0))
    return replace(skin, before=skin.before + SHADE, after=curved.astype(np.float32))


def left(skin, light):
    return (skin.after - light - skin.before)[skin.shown].std(axis=0)


def test_a_steeper_curve_is_told_and_taken_out():
    skin = steeper([0.02, 0.12, 0.06])
    noise = left(steeper([0.0, 0.0, 0.0]), 0.0)
    assert left(skin, light_of(skin, skin.shown))[1] > 1.3 * noise[1]
    assert (left(skin, toned(skin, skin.shown)) < 1.1 * noise).all()


def test_without_another_curve_it_is_the_light_alone():
    skin = steeper([0.0, 0.0, 0.0])
    assert np.abs(toned(skin, skin.shown) - light_of(skin, skin.shown))[skin.shown].max() < 0.01


def test_skin_that_is_lit_evenly_tells_no_curve():
    skin = pair(Pigment(), Pigment(haemoglobin=0.1 * disc(35, 95, 17)), slope=0.0)
    assert toned(skin, skin.shown)[skin.shown].std(axis=0).max() < 0.01
