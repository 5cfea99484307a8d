"""Saturation beside the baseline, told by lips and whites of the eyes; a flush of the skin is none."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from skinimg.base.photo_difference import SAME
from skinimg.base.shipped import shipped
from skinimg.compare.colour_gain import colour_gain
from skinimg.compare.photo_limits import warnings_of, withheld_findings
from skinimg.observe.frame import face_frame
from skinimg.observe.see import face_of
from skinimg.photo.colour import linear_to_srgb8, srgb_to_linear
from skinimg.photo.decode import read_photo


@pytest.fixture(scope="module")
def frame():
    photo = read_photo(shipped("samples") / "photos" / "P01" / "S1_front.jpg")
    face = face_of(photo)
    return face_frame(photo, face, face.px_per_mm, "iris")


def saturated(linear, gain):
    """As an editor does: away from grey, in 8 bits."""
    codes = linear_to_srgb8(linear).astype(np.float32)
    grey = cv2.cvtColor(codes, cv2.COLOR_RGB2GRAY)[..., None]
    return srgb_to_linear(np.clip(grey + gain * (codes - grey), 0, 255) / 255).astype(np.float32)


@pytest.mark.parametrize("gain", [0.7, 1.3])
def test_an_editors_saturation_is_told_and_costs_the_verdict(frame, gain):
    found = colour_gain(frame, replace(frame, linear=saturated(frame.linear, gain)))
    assert abs(np.log(found)) > 0.14
    assert (found > 1) == (gain > 1)
    difference = replace(SAME, colour_gain=found)
    assert "spots" in withheld_findings(difference)
    assert "colours than at the baseline" in str(warnings_of(difference)[0])


def test_light_and_flush_are_no_saturation(frame):
    warm = frame.linear * np.float32([1.2, 1.0, 0.85])
    assert colour_gain(frame, replace(frame, linear=warm)) == pytest.approx(1, abs=0.05)
    flushed = frame.linear.copy()
    flushed[frame.skin, 1] *= np.exp(-0.08)
    assert colour_gain(frame, replace(frame, linear=flushed)) == pytest.approx(1, abs=0.05)


def test_a_collage_is_refused(tmp_path):
    from skinimg.base.errors import PhotoError

    one = cv2.imread(str(shipped("samples") / "photos" / "P01" / "S1_front.jpg"))
    one = cv2.resize(one, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / "both.jpg"), np.hstack([one, one]))
    with pytest.raises(PhotoError, match="two faces"):
        face_of(read_photo(tmp_path / "both.jpg"))


def test_a_smile_is_withheld_for_the_expression_and_not_for_paler_colours():
    smile = replace(SAME, expression_difference_percent=8.8, colour_gain=0.62, tone_gain=0.8)
    assert {reason.code for reason in withheld_findings(smile).values()} == {"other_expression"}
    assert [reason.code for reason in warnings_of(smile)] == ["other_expression"]
    at_rest = replace(smile, expression_difference_percent=0.5)
    assert {reason.code for reason in warnings_of(at_rest)} == {"paler_colours", "other_tone_curve"}
