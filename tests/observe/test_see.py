"""The card and the face of a photo, looked for side by side, and which scale the photo is given."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import PhotoError
from skinimg.base.reasons import why
from skinimg.base.records import Photo
from skinimg.base.settings import Settings
from skinimg.observe import see
from tests.drawn import save
from tests.photo.test_colour_chart import card_picture, photographed, scene

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
    photo, _, colour, face = see._face_in_true_colours(DARK, closeup=False)
    assert (photo.linear.max(), colour.source, face) == (np.float32(BRIGHT), "card", "face")


def test_a_close_up_has_no_face_to_be_found(card):
    photo, _, colour, face = see._face_in_true_colours(replace(DARK), closeup=True)
    assert (colour.source, face) == ("card" if card else "skin", None)
    assert photo.linear.max() == np.float32(BRIGHT if card else 0.1)


def close_up(tmp_path, card):
    save(np.clip(photographed(scene(card)), 0, 1), tmp_path / "closeup.png")
    return PhotoEntry("a", "S1", tmp_path / "closeup.png", "closeup.png", view="closeup")


def test_a_close_up_takes_its_scale_from_the_card(tmp_path):
    entry = close_up(tmp_path, card_picture())
    settings = Settings(card_patch_mm=6.0)
    frame = see.see(entry, None, settings).frame
    assert (frame.scale_source, frame.native_px_per_mm) == ("card", pytest.approx(10.0, rel=0.01))
    assert see.see(replace(entry, mm_per_px=0.05), None, settings).frame.scale_source == "manifest"
    assert see.see(entry, None, Settings()).frame.scale_source == "assumed"  # nobody said how large the card is


def test_a_card_from_the_side_is_not_believed_and_said(tmp_path):
    seen = see.see(
        close_up(tmp_path, cv2.resize(card_picture(), None, fx=0.85, fy=1.0, interpolation=cv2.INTER_AREA)),
        None,
        Settings(card_patch_mm=6.0),
    )
    assert seen.frame.scale_source == "assumed"
    assert any(reason.code == "card_tilted" for reason in seen.quality.reasons)


def test_a_card_under_a_finger_is_left_out_and_said(tmp_path):
    card = card_picture()
    card[80:120, 140:180] = (0.45, 0.26, 0.18)
    seen = see.see(close_up(tmp_path, card), None, Settings(card_patch_mm=6.0))
    assert (seen.colour.source, seen.frame.scale_source) == ("skin", "assumed")
    assert [reason.code for reason in seen.quality.reasons].count("card_not_read") == 1
