"""Quality figures mean what they say, and the limits fit real photos."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from skinimg.base.findings import CLOSEUP_REGIONS
from skinimg.base.records import Face, Frame
from skinimg.base.shipped import shipped
from skinimg.observe.frame import face_frame
from skinimg.observe.quality import SHARP_ENOUGH, USABLE, assess, eye_opening, hue_spread, sharpness
from skinimg.observe.see import face_of
from skinimg.photo.decode import read_photo

TONES = {"light": (0.50, 0.30, 0.20), "brown": (0.20, 0.11, 0.06), "dark": (0.09, 0.05, 0.03)}


def texture(size=400, seed=0):
    """Skin-like relief: its spectrum falls as 1 / frequency, contrast 10 %."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    spectrum = np.fft.fft2(random.normal(size=(size, size))) / np.maximum(frequency, 1 / size)
    relief = np.fft.ifft2(spectrum).real
    return 0.1 * relief / relief.std()


SAMPLE = shipped("samples") / "photos" / "P01" / "S1_front.jpg"


def samples_frame():
    photo = read_photo(SAMPLE)
    face = face_of(photo)
    return face_frame(photo, face, face.px_per_mm, "iris")


def frame_of(linear, native_px_per_mm=10.0, skin=None):
    linear = np.ascontiguousarray(linear, np.float32)
    h, w = linear.shape[:2]
    return Frame(
        linear=linear,
        skin=np.ones((h, w), bool) if skin is None else skin,
        region_bits=np.ones((h, w), np.uint16),
        regions=CLOSEUP_REGIONS,
        landmarks=None,
        to_photo=np.eye(2, 3, dtype=np.float32),
        photo_shape=(h, w),
        mm_per_px=0.1,
        native_px_per_mm=native_px_per_mm,
        scale_source="assumed",
    )


@pytest.fixture(scope="module")
def skin():
    return np.array(TONES["light"]) * np.exp(texture())[..., None]


def blurred(linear, sigma):
    return cv2.GaussianBlur(linear, (0, 0), sigma) if sigma else linear


def test_a_good_photo_has_nothing_said(skin):
    quality = assess(frame_of(skin), None)
    assert quality.reasons == ()
    assert not quality.rejected
    assert quality.sharpness > SHARP_ENOUGH
    assert quality.clipped_fraction == quality.dark_fraction == 0


def test_sharpness_falls_with_blur(skin):
    values = [sharpness(frame_of(blurred(skin, sigma))) for sigma in (0, 0.5, 1, 1.5, 2, 3, 4)]
    assert (np.diff(values) < 0).all()
    assert values[2] > USABLE > values[-1]


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("exposure", [0.5, 1.0])
def test_sharpness_knows_neither_tone_nor_exposure(skin, tone, exposure):
    other = np.array(TONES[tone]) * exposure * np.exp(texture())[..., None]
    assert sharpness(frame_of(other)) == pytest.approx(sharpness(frame_of(skin)), rel=0.02)


def test_sharpness_knows_not_how_strong_the_texture_is(skin):
    strong = np.array(TONES["light"]) * np.exp(2 * texture())[..., None]
    assert sharpness(frame_of(strong)) == pytest.approx(sharpness(frame_of(skin)), rel=0.05)


def test_a_coarse_photo_is_not_a_blurred_one():
    coarse = np.array(TONES["light"]) * np.exp(texture(200))[..., None]
    frame = frame_of(cv2.resize(coarse, (500, 500), interpolation=cv2.INTER_CUBIC), native_px_per_mm=4.0)
    assert sharpness(frame) > 0.8 * sharpness(frame_of(coarse))
    assert sharpness(replace(frame, native_px_per_mm=10.0)) < 0.75 * sharpness(frame)


def test_the_background_does_not_count(skin):
    mask = np.zeros(skin.shape[:2], bool)
    mask[:, 180:220] = True
    noisy = np.where(mask[..., None], skin, np.random.default_rng(0).random(skin.shape))
    # Judged to the rim of this narrow strip, the noise beside it would cost a quarter.
    assert sharpness(frame_of(noisy, skin=mask)) > 0.8 * sharpness(frame_of(skin, skin=mask))


def test_blur_is_said_then_refused(skin):
    slight, strong = assess(frame_of(blurred(skin, 2.6)), None), assess(frame_of(blurred(skin, 5)), None)
    assert not slight.rejected
    assert strong.rejected
    for quality in (slight, strong):
        assert str(quality.reasons[0]).startswith(
            f"blurred: sharpness {quality.sharpness:.2f}, needs 0.25; hold the camera"
        )


@pytest.mark.parametrize("share, said, rejected", [(0.004, False, False), (0.05, True, False), (0.3, True, True)])
def test_saturated_skin(skin, share, said, rejected):
    linear = skin.copy()
    linear[: int(share * 400), :, 0] = 1.0
    quality = assess(frame_of(linear), None)
    assert quality.clipped_fraction == pytest.approx(share, abs=0.004)
    assert any("overexposed" in str(reason) for reason in quality.reasons) == said
    assert quality.rejected == rejected


@pytest.mark.parametrize("share, said, rejected", [(0.04, False, False), (0.2, True, False), (0.6, True, True)])
def test_skin_too_dark(skin, share, said, rejected):
    linear = skin.copy()
    linear[: int(share * 400)] *= 0.01
    quality = assess(frame_of(linear), None)
    assert quality.dark_fraction == pytest.approx(share, abs=0.01)
    assert any("underexposed" in str(reason) for reason in quality.reasons) == said
    assert quality.rejected == rejected


def test_shine_is_seen_also_where_it_is_no_skin(skin):
    linear, mask = skin.copy(), np.ones(skin.shape[:2], bool)
    linear[:40] = 0.9
    mask[:40] = False
    (reason,) = assess(frame_of(linear, skin=mask), None).reasons
    assert str(reason).startswith("shiny: 10.0 % of the skin is shine")


def test_a_lighter_patch_is_no_shine(skin):
    linear = 0.5 * skin
    linear[:80] *= 1.7
    assert assess(frame_of(linear), None).reasons == ()


def test_greyscale_is_refused(skin):
    quality = assess(frame_of(np.repeat(skin[..., :1], 3, axis=-1)), None)
    assert quality.rejected
    assert any("no colour" in str(reason) for reason in quality.reasons)


def test_a_face_in_one_tint_is_refused():
    frame = samples_frame()
    grey = (frame.linear @ np.array([0.3, 0.6, 0.1], np.float32))[..., None]
    for tint in ((1.0, 0.8, 0.5), (0.6, 0.8, 1.0)):
        sepia = assess(replace(frame, linear=grey * np.array(tint, np.float32)), face_of(read_photo(SAMPLE)))
        assert sepia.rejected and "one tint" in str(sepia.reasons[-1])
    paler = grey + 0.5 * (frame.linear - grey)  # half of the colour is colour
    assert hue_spread(replace(frame, linear=paler)) > 0.035
    assert np.isnan(hue_spread(replace(frame, linear=frame.linear * 0)))


@pytest.mark.parametrize("size", [0, 50])
def test_too_little_skin(skin, size):
    mask = np.zeros(skin.shape[:2], bool)
    mask[:size, :size] = True
    quality = assess(frame_of(skin, skin=mask), None)
    assert quality.rejected
    assert np.isnan(quality.sharpness)
    assert "too little skin" in str(quality.reasons[0])


def face_with(opening):
    landmarks = np.zeros((478, 3), np.float32)
    for upper, lower, one, other, x in ((159, 145, 33, 133, 100), (386, 374, 362, 263, 200)):
        landmarks[[one, other], 0] = x - 15, x + 15
        landmarks[[upper, lower], 0] = x
        landmarks[[upper, lower], 1] = -15 * opening, 15 * opening
    return Face(landmarks, 1.0, 0.0, 0.0, 0.0, 5.0, 0.2)


@pytest.mark.parametrize("opening, said", [(0.05, True), (0.3, False)])
def test_closed_eyes(skin, opening, said):
    face = face_with(opening)
    assert eye_opening(face.landmarks, 0) == pytest.approx(opening)
    quality = assess(replace(frame_of(skin), landmarks=face.landmarks), face)
    assert any("eyes closed" in str(reason) for reason in quality.reasons) == said
    assert not quality.rejected


@pytest.mark.parametrize("name", ["p1/1-1015-2022-134230", "p1/1-1027-2022-004900", "p2/2-1020-2022-131252"])
def test_blur_limits_on_real_photos(shared_data, name):
    linear = read_photo(shared_data / "closeups" / f"{name}.jpg").linear[600:1200, 400:1000]
    assert sharpness(frame_of(linear)) > SHARP_ENOUGH
    assert sharpness(frame_of(blurred(linear, 4))) < USABLE + 0.01
