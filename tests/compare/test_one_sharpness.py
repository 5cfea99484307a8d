"""Texture of a comparison at one sharpness: focus makes none, a treatment keeps its own."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from skinimg.base.photo_difference import SAME
from skinimg.base.records import Found, Frame, Segmentation, Shot
from skinimg.compare.one_sharpness import at_one_sharpness, softening_px
from skinimg.compare.sharpness_pair import feature_detail_ratio, fine_details, finest_px, skin_detail_ratio
from skinimg.measure.field_maps import texture_maps
from tests.drawn import skin_patch

EYES = slice(100, 150), slice(420, 470)  # columns
ROWS = slice(250, 350)


def linear(relief=0.06):
    """Skin (600, 600) with relief from a tenth of a millimetre to two, and two eyes with lashes."""
    noise = np.random.default_rng(3).standard_normal((600, 600), np.float32)
    scales = [cv2.GaussianBlur(noise, (0, 0), sd) for sd in (0.8, 2, 6, 12)]
    mottle = sum((a - b) / (a - b).std() for a, b in pairwise(scales))
    shown = skin_patch(melanin=0.03, noise_seed=1) * np.exp(relief * mottle)[..., None]
    for columns in EYES:
        shown[ROWS, columns] = shown.mean(axis=(0, 1)) * np.where(np.arange(50) % 12 < 3, 0.2, 1.0)[None, :, None]
    return shown.astype(np.float32)


def frame(shown):
    """A frame whose skin ends at the lashes."""
    skin = np.ones(shown.shape[:2], bool)
    for columns in EYES:
        skin[240:360, columns.start - 10 : columns.stop + 10] = False
    bits = np.ones(skin.shape, np.uint16)
    landmarks, to_photo = np.zeros((478, 3), np.float32), np.eye(2, 3, dtype=np.float32)
    return Frame(shown, skin, bits, ("face",), landmarks, to_photo, (600, 600), 0.1, 10.0, "manifest")


def shot(shown, first=None):
    here = frame(shown)
    found = Found(
        Segmentation((), np.zeros((0, 600, 600), np.float32), ""), {}, {}, {}, {}, {"texture": texture_maps(here)}
    )
    difference = SAME
    if first is not None:
        details = fine_details(first.seen.frame, here)
        alignment = SimpleNamespace(valid_session=here.skin, valid_baseline=first.seen.frame.skin)
        difference = replace(
            SAME,
            skin_detail_ratio=skin_detail_ratio(details, alignment),
            feature_detail_ratio=feature_detail_ratio(details, first.seen.frame, here),
        )
    return Shot(None, SimpleNamespace(frame=here), found, None, difference)


def roughness(shot):
    """Root mean square of every band on the skin away from its rim, as a logarithm."""
    inside = cv2.erode(shot.seen.frame.skin.astype(np.uint8), np.ones((41, 41))).astype(bool)
    return np.log([np.sqrt(plane[inside].mean()) for plane in shot.found.fields["texture"].values()])


def surplus(first, soft):
    """ln of the detail of lashes and of skin that the first photo has over the second."""
    details = fine_details(first, soft)
    alike = SimpleNamespace(valid_session=soft.skin, valid_baseline=first.skin)
    return -np.log([feature_detail_ratio(details, first, soft), skin_detail_ratio(details, alike)])


@pytest.mark.parametrize("blur_px", [0.8, 1.5])
def test_how_much_softer_a_photo_is_is_told_by_its_lashes(blur_px):
    first, soft = frame(linear()), frame(cv2.GaussianBlur(linear(), (0, 0), blur_px))
    assert softening_px(first, finest_px(first), *surplus(first, soft)) == pytest.approx(blur_px, rel=0.05)


def test_lashes_alone_do_not_make_skin_sharper():
    first, soft = frame(linear()), frame(cv2.GaussianBlur(linear(), (0, 0), 1.5))
    lashes, skin = surplus(first, soft)
    full = softening_px(first, finest_px(first), lashes, skin)
    assert softening_px(first, finest_px(first), lashes, 0.1 * skin) == pytest.approx(0.2 * full, rel=0.05)


def test_a_photo_too_soft_to_be_reached_is_met_as_far_as_it_goes():
    first = frame(linear())
    assert softening_px(first, finest_px(first), 10.0, 10.0) == pytest.approx(4 * finest_px(first))


@pytest.mark.parametrize("soft", [0, 1])
def test_focus_makes_no_texture_whichever_photo_is_softer(soft):
    photos = [linear(), linear()]
    photos[soft] = cv2.GaussianBlur(photos[soft], (0, 0), 1.2)
    first = shot(photos[0])
    pair = [first, shot(photos[1], first)]
    alike = at_one_sharpness(pair)
    assert abs(roughness(pair[0]) - roughness(pair[1])).max() > 0.3
    assert abs(roughness(alike[0]) - roughness(alike[1])).max() < 0.03
    assert alike[soft] is pair[soft]


def test_skin_that_a_treatment_smoothed_stays_smoother():
    first = shot(linear())
    pair = [first, shot(linear(relief=0.04), first)]
    alike = at_one_sharpness(pair)
    assert all(after is before for after, before in zip(alike, pair, strict=True))


def test_three_photos_meet_at_the_softest():
    photos = [cv2.GaussianBlur(linear(), (0, 0), blur) for blur in (1.0, 0.3, 1.6)]
    first = shot(photos[0])
    alike = at_one_sharpness([first, *(shot(photo, first) for photo in photos[1:])])
    told = np.array([roughness(one) for one in alike])
    assert np.ptp(told, axis=0).max() < 0.05


@pytest.mark.parametrize(("lashes", "skin"), [(0.9, 1.1), (np.nan, 0.9), (0.9, np.nan)])
def test_nothing_is_softened_where_skin_and_lashes_disagree_or_are_not_seen(lashes, skin):
    first = shot(linear())
    later = replace(first, difference=replace(SAME, skin_detail_ratio=skin, feature_detail_ratio=lashes))
    assert at_one_sharpness([first, later])[0] is first
