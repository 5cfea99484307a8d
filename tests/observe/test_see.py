"""The card and the face of a photo: looked for side by side, the face in the card's colours where there is one."""

from dataclasses import replace

import numpy as np
import pytest

from skinimg.base.errors import PhotoError
from skinimg.base.reasons import why
from skinimg.base.records import Photo
from skinimg.observe import see

DARK = Photo(np.full((8, 8, 3), 0.1, np.float32), "", "sRGB (assumed)", 8)
BRIGHT = 0.4


@pytest.fixture(params=[False, True])
def card(request, monkeypatch):
    """Whether the photo shows a card, by which it is four times as bright; only there a face can be seen."""

    def face_of(photo):
        if photo.linear.max() < BRIGHT:
            raise PhotoError(why("no_face", needed=1.0))
        return "face"

    monkeypatch.setattr(see, "find_card", lambda _: "card" if request.param else None)
    monkeypatch.setattr(see, "correct", lambda linear, _: (np.full_like(linear, BRIGHT), 1.0))
    monkeypatch.setattr(see, "face_of", face_of)
    return request.param


def test_a_face_is_looked_for_in_the_colours_of_the_card(card):
    if not card:
        with pytest.raises(PhotoError):
            see._face_in_true_colours(DARK, closeup=False)
        return
    photo, colour, face = see._face_in_true_colours(DARK, closeup=False)
    assert (photo.linear.max(), colour.source, face) == (np.float32(BRIGHT), "card", "face")


def test_a_close_up_has_no_face_to_be_found(card):
    photo, colour, face = see._face_in_true_colours(replace(DARK), closeup=True)
    assert (colour.source, face) == ("card" if card else "skin", None)
    assert photo.linear.max() == np.float32(BRIGHT if card else 0.1)
