"""Colour cards: found wherever they lie, trusted only where they agree."""

import warnings

import cv2
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000

from skinimg.base.errors import CalibrationError
from skinimg.photo.colour import linear_to_lab
from skinimg.photo.colour_chart import REFERENCE, ColourCard, card_px_per_mm, correct, find_card
from skinimg.photo.decode import read_photo

PATCHES = REFERENCE.reshape(24, 3)
CAMERA = np.array([[0.80, 0.15, 0.02], [0.05, 0.75, 0.05], [0.02, 0.12, 0.60]])


def card_picture(pitch=60, frame=0.02):
    """(H, W, 3) linear card: squares of 0.8 pitch on a dark frame."""
    picture = np.full((4 * pitch + 20, 6 * pitch + 20, 3), frame, np.float32)
    for row in range(4):
        for column in range(6):
            y, x = 10 + row * pitch + pitch // 10, 10 + column * pitch + pitch // 10
            picture[y : y + 8 * pitch // 10, x : x + 8 * pitch // 10] = REFERENCE[row, column]
    return picture


def scene(card, turn_deg=0.0, tilt=0.0):
    """A card on skin, turned and tilted, with a little noise."""
    height, width = card.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle = np.radians(turn_deg)
    turned = (corners - corners.mean(axis=0)) @ np.array(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    )
    turned *= 1 + tilt * np.array([[1], [1], [-1], [-1]])
    warp = cv2.getPerspectiveTransform(corners, (turned + np.array([350, 330])).astype(np.float32))
    skin = np.full((660, 700, 3), (0.45, 0.26, 0.18), np.float32)
    covered = cv2.warpPerspective(np.ones(card.shape, np.float32), warp, (700, 660))
    picture = skin * (1 - covered) + cv2.warpPerspective(card, warp, (700, 660))
    return (picture + np.random.default_rng(0).normal(0, 0.002, picture.shape)).astype(np.float32)


def photographed(picture):
    return (picture @ CAMERA.T).astype(np.float32)


def test_reference_is_the_published_one():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # colour-science tells of optional packages that it misses
        science = pytest.importorskip("colour")
        published = science.CCS_COLOURCHECKERS["ColorChecker24 - After November 2014"]
        xyz = science.xyY_to_XYZ(np.array(list(published.data.values())))
        d65 = science.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
        adapted = science.chromatic_adaptation(
            xyz, science.xy_to_XYZ(published.illuminant), science.xy_to_XYZ(d65), transform="Bradford"
        )
        expected = adapted @ science.RGB_COLOURSPACES["sRGB"].matrix_XYZ_to_RGB.T
    assert deltaE_ciede2000(linear_to_lab(PATCHES), linear_to_lab(expected)).max() < 0.15


@pytest.mark.parametrize("turn_deg", [0, 20, 90, 137, 180, 270, 355])
def test_a_card_is_found_in_every_turn_and_corrected(turn_deg):
    truth = scene(card_picture(), turn_deg, tilt=0.03)
    card = find_card(photographed(truth))
    assert card is not None
    np.testing.assert_allclose(card.patches, PATCHES @ CAMERA.T, atol=0.01)
    corrected, error = correct(photographed(truth), card)
    assert error < 1.5
    # The skin beside the card was no part of the fit.
    assert deltaE_ciede2000(linear_to_lab(corrected[5, 5]), linear_to_lab(np.float32([0.45, 0.26, 0.18]))) < 1.5


def test_corners_are_those_of_the_printed_card():
    card = find_card(photographed(scene(card_picture(), 90)))
    centre = np.array([350, 330])
    # Turned by a quarter clockwise, the row of greys lies left and dark skin above right.
    dark_skin, bluish_green, black, white = card.corners - centre
    assert dark_skin[0] > 0 > dark_skin[1]
    assert bluish_green[0] > 0 < bluish_green[1]
    assert black[0] < 0 < black[1]
    assert white[0] < 0 > white[1]


def test_a_large_photo_gives_corners_in_its_own_pixels():
    small = photographed(scene(card_picture()))
    large = cv2.resize(small, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(find_card(large).corners, (find_card(small).corners + 0.5) * 3 - 0.5, atol=6)


def test_white_is_exact():
    patches = (PATCHES @ CAMERA.T).astype(np.float32)
    patches[3] *= 1.5
    corrected, _ = correct(patches[None], ColourCard(patches, np.zeros((4, 2), np.float32)))
    np.testing.assert_allclose(corrected[0, 18], PATCHES[18], atol=1e-5)


def test_a_hidden_half_is_refused():
    picture = photographed(scene(card_picture()))
    picture[:300, 100:330] = (0.05, 0.12, 0.03)
    with pytest.raises(CalibrationError, match=r"found 1\d of 24 patches"):
        find_card(picture)


def test_a_finger_on_one_patch_is_refused():
    card = card_picture()
    card[80:120, 140:180] = (0.45, 0.26, 0.18)  # on the patch moderate red
    with pytest.raises(CalibrationError, match="found 23 of 24 patches"):
        find_card(photographed(scene(card)))


def test_a_tone_curve_is_undone():
    truth = scene(card_picture())
    curved = (np.clip(photographed(truth), 0, 1) ** 0.6).astype(np.float32)
    corrected, error = correct(curved, find_card(curved))
    assert error < 2.5
    assert deltaE_ciede2000(linear_to_lab(corrected[5, 5]), linear_to_lab(np.float32([0.45, 0.26, 0.18]))) < 2.5


def test_hues_treated_apart_are_refused():
    patches = (PATCHES @ CAMERA.T).astype(np.float32)
    altered = patches * np.random.default_rng(1).uniform(0.4, 1.0, patches.shape).astype(np.float32)
    altered[18:] = patches[18:]
    with pytest.raises(CalibrationError, match=r"one tone curve and one matrix .found a colour error of"):
        correct(altered[None], ColourCard(altered, np.zeros((4, 2), np.float32)))


def test_a_saturated_white_is_refused():
    picture = np.minimum(scene(card_picture()) * 1.3, 1.0).astype(np.float32)
    with pytest.raises(CalibrationError, match="white patch of the colour card is saturated"):
        correct(picture, find_card(picture))


def tiles():
    """A bathroom wall: squares on a lattice, without the colours."""
    picture = np.full((500, 700, 3), 0.1, np.float32)
    for y in range(30, 440, 70):
        for x in range(30, 640, 70):
            picture[y : y + 55, x : x + 55] = 0.5 + 0.1 * ((x + y) % 3)
    return picture


@pytest.mark.parametrize("name", ["skin", "noise", "tiles", "mirrored"])
def test_what_is_no_card(name):
    random = np.random.default_rng(0)
    picture = {
        "skin": lambda: np.full((400, 400, 3), (0.45, 0.26, 0.18), np.float32),
        "noise": lambda: cv2.GaussianBlur(random.random((400, 400, 3)).astype(np.float32), (0, 0), 6),
        "tiles": tiles,
        "mirrored": lambda: photographed(scene(card_picture()))[:, ::-1],
    }[name]()
    assert find_card(np.ascontiguousarray(picture)) is None


@pytest.mark.parametrize(
    "name",
    [
        "calibrite-passport.png",
        "camera-trax.png",
        "classic.png",
        "colorchecker-classic-mini.jpg",
        "nano.jpeg",
        "source_corrected.png",
    ],
)
def test_real_cards_are_found_in_five_makes_and_a_dim_photo(shared_data, name):
    card = find_card(read_photo(shared_data / "colorcards" / name).linear)
    assert card is not None
    greys = card.patches[18:].mean(axis=1)
    assert (np.diff(greys) < 0).all()
    red, green, blue = card.patches[14], card.patches[13], card.patches[12]
    assert (np.argmax(red), np.argmax(green), np.argmax(blue)) == (0, 1, 2)


def test_a_phone_that_treats_hues_apart_is_refused_with_what_to_do(shared_data):
    linear = read_photo(shared_data / "colorcards" / "calibrite-passport.png").linear
    with pytest.raises(CalibrationError, match=r"needs at most 4\). Use one even light"):
        correct(linear, find_card(linear))


def test_a_real_card_half_hidden_is_refused(shared_data):
    with pytest.raises(CalibrationError, match="cannot be read"):
        find_card(read_photo(shared_data / "colorcards" / "partial_card_rgb.png").linear)


@pytest.mark.parametrize("name", ["portraits/edward_lu.jpg", "closeups/p2/2-1015-2022-134126.jpg"])
def test_photos_without_a_card(shared_data, name):
    assert find_card(read_photo(shared_data / name).linear) is None


@pytest.mark.parametrize("turn_deg", [0, 37, 90, 180])
def test_a_card_of_known_size_gives_the_scale(turn_deg):
    """Patches of 60 px that are 12 mm apart; turned a little away, what is foreshortened does not count."""
    assert card_px_per_mm(find_card(photographed(scene(card_picture(), turn_deg))), 12.0) == pytest.approx(
        5.0, rel=0.01
    )
    narrow = cv2.resize(card_picture(), None, fx=0.94, fy=1.0, interpolation=cv2.INTER_AREA)
    assert card_px_per_mm(find_card(photographed(scene(narrow, turn_deg))), 12.0) == pytest.approx(5.0, rel=0.01)


def test_a_card_seen_from_the_side_gives_no_scale():
    narrow = cv2.resize(card_picture(), None, fx=0.85, fy=1.0, interpolation=cv2.INTER_AREA)
    with pytest.raises(CalibrationError, match=r"as far apart along as across \(found 15 %.*turned to the camera"):
        card_px_per_mm(find_card(photographed(scene(narrow))), 12.0)
