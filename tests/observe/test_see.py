"""Which scale a photo is given."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from skinimg.base.entries import PhotoEntry
from skinimg.base.settings import Settings
from skinimg.observe.see import see
from tests.drawn import save
from tests.photo.test_colour_chart import card_picture, photographed, scene


def close_up(tmp_path, card):
    save(np.clip(photographed(scene(card)), 0, 1), tmp_path / "closeup.png")
    return PhotoEntry("a", "S1", tmp_path / "closeup.png", "closeup.png", view="closeup")


def test_a_close_up_takes_its_scale_from_the_card(tmp_path):
    entry = close_up(tmp_path, card_picture())
    settings = Settings(card_patch_mm=6.0)
    frame = see(entry, None, settings).frame
    assert (frame.scale_source, frame.native_px_per_mm) == ("card", pytest.approx(10.0, rel=0.01))
    assert see(replace(entry, mm_per_px=0.05), None, settings).frame.scale_source == "manifest"
    assert see(entry, None, Settings()).frame.scale_source == "assumed"  # nobody said how large the card is


def test_a_card_from_the_side_is_not_believed_and_said(tmp_path):
    seen = see(
        close_up(tmp_path, cv2.resize(card_picture(), None, fx=0.85, fy=1.0, interpolation=cv2.INTER_AREA)),
        None,
        Settings(card_patch_mm=6.0),
    )
    assert seen.frame.scale_source == "assumed"
    assert any(reason.code == "card_tilted" for reason in seen.quality.reasons)
