"""Registration on drawn skin with a known warp, and on the real close-ups where they are at hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from skinimg.align import align, grid_for_contract, identity_alignment
from skinimg.align.warp import affine_map, compose, invert, jacobian_determinant, pixel_grid, rescale, sample
from skinimg.base.errors import AlignmentError
from skinimg.base.records import Alignment, BoolArray, FloatArray, Frame
from skinimg.base.settings import Settings

SHAPE = (560, 480)
Warp = Callable[[FloatArray], FloatArray]


def drawn_skin(seed: int, shape: tuple[int, int] = SHAPE) -> FloatArray:
    """Green density of made-up skin, (h, w): pores, freckles and lines of several sizes."""
    rng = np.random.default_rng(seed)
    density = np.full(shape, 0.9, np.float32)
    for sigma, strength in ((2.0, 0.05), (4.0, 0.05), (8.0, 0.06)):
        noise = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigma)
        density += strength * noise / noise.std()
    for x, y, radius in rng.uniform([0, 0, 2], [shape[1], shape[0], 6], (250, 3)):
        cv2.circle(density, (int(x), int(y)), int(radius), float(0.9 + rng.uniform(0.1, 0.3)), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(density, (0, 0), 1.0)


def frame_of(density: FloatArray, landmarks: FloatArray | None = None) -> Frame:
    skin = np.ones(density.shape, bool)
    return Frame(
        linear=np.exp(-density)[..., None].repeat(3, axis=-1) * np.float32([1.3, 1.0, 0.8]),
        skin=skin,
        region_bits=skin.astype(np.uint16),
        regions=("patch",),
        landmarks=landmarks,
        to_photo=np.float32([[2, 0, 5], [0, 2, 7]]),
        photo_shape=(2 * density.shape[0] + 14, 2 * density.shape[1] + 10),
        mm_per_px=0.1,
        native_px_per_mm=20.0,
        scale_source="assumed",
    )


def bent(degrees: float, scale: float, motion_px: float) -> Warp:
    """Session pixel -> baseline pixel: a turn, a scale and a smooth bend about the middle of the frame."""
    middle = np.float32([SHAPE[1], SHAPE[0]]) / 2
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale

    def warp(points: FloatArray) -> FloatArray:
        wave = motion_px * np.stack([np.sin(points[..., 1] / 90), np.cos(points[..., 0] / 110)], axis=-1)
        return np.asarray((points - middle) @ turn.T + middle + wave, np.float32)

    return warp


def rephotographed(density: FloatArray, warp: Warp, seed: int = 5) -> FloatArray:
    """The same skin under another light gradient, with noise, seen through the warp."""
    at = warp(pixel_grid(SHAPE))
    seen = cv2.remap(density, at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    light = 0.3 * (pixel_grid(SHAPE)[..., 0] / SHAPE[1] - 0.5) + 0.1
    noise = np.random.default_rng(seed).normal(0, 0.01, SHAPE)
    return np.asarray(seen + light + noise, np.float32)


def register(baseline: Frame, session: Frame, lesions: tuple[BoolArray, BoolArray] | None = None) -> Alignment:
    none = np.zeros(SHAPE, bool)
    ours, theirs = lesions or (none, none)
    return align(baseline, session, ours, theirs, Settings())


def error_px(alignment: Alignment, warp: Warp) -> FloatArray:
    """Distance of `to_baseline` from the truth, at matched session pixels."""
    distance = np.linalg.norm(alignment.to_baseline - warp(pixel_grid(SHAPE)), axis=-1)
    return np.asarray(distance[alignment.matched_session])


@pytest.fixture(scope="module")
def skin() -> FloatArray:
    return drawn_skin(1)


@pytest.fixture(scope="module")
def series(skin: FloatArray) -> tuple[Frame, Frame, Warp, Alignment]:
    warp = bent(4.0, 1.04, 8.0)
    baseline, session = frame_of(skin), frame_of(rephotographed(skin, warp))
    return baseline, session, warp, register(baseline, session)


def test_known_warp_is_found(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    _, _, warp, alignment = series
    error = error_px(alignment, warp)
    assert alignment.matched_session.mean() > 0.75
    assert np.median(error) < 0.3  # 0.03 mm; the bar of issue 5 is 0.05 mm
    assert np.percentile(error, 95) < 1.0


def test_maps_are_inverse_to_each_other(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    *_, alignment = series
    round_trip = sample(alignment.to_baseline, alignment.to_session) - pixel_grid(SHAPE)
    assert np.linalg.norm(round_trip, axis=-1)[alignment.matched_baseline].max() < 0.1


def test_exchanging_the_photos_inverts_the_map(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    baseline, session, _, alignment = series
    exchanged = register(session, baseline)
    both = alignment.matched_baseline & exchanged.matched_session
    apart = np.linalg.norm(alignment.to_session - exchanged.to_baseline, axis=-1)[both]
    assert np.percentile(apart, 95) < 0.3


def test_stated_error_is_of_the_size_of_the_true_one(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    *_, warp, alignment = series
    true_mm = float(np.median(error_px(alignment, warp))) * 0.1
    assert true_mm / 4 < alignment.error_mm < true_mm * 4


def test_jacobian_is_the_ratio_of_areas(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    *_, warp, alignment = series
    truth = jacobian_determinant(warp(pixel_grid(SHAPE)))
    inner = alignment.matched_session
    assert np.median(np.abs(alignment.jacobian / truth - 1)[inner]) < 0.01
    assert np.percentile(np.abs(alignment.jacobian / truth - 1)[inner], 95) < 0.05


@pytest.mark.parametrize("degrees", [90.0, 170.0])
def test_any_rotation_of_a_close_up(skin: FloatArray, degrees: float) -> None:
    warp = bent(degrees, 0.9, 3.0)
    alignment = register(frame_of(skin), frame_of(rephotographed(skin, warp)))
    assert np.median(error_px(alignment, warp)) < 0.3
    assert alignment.overlap_fraction < 0.9  # part of the baseline lies outside the session


def test_the_same_photo_twice(skin: FloatArray) -> None:
    alignment = register(frame_of(skin), frame_of(skin))
    assert np.abs(alignment.to_session - pixel_grid(SHAPE)).max() < 0.05
    assert alignment.overlap_fraction > 0.99
    assert alignment.error_mm < 0.001


def test_identity_is_exact(skin: FloatArray) -> None:
    alignment = identity_alignment(frame_of(skin))
    assert np.array_equal(alignment.to_session, pixel_grid(SHAPE))
    assert alignment.error_mm == 0
    assert alignment.overlap_fraction == 1
    assert (alignment.jacobian == 1).all()


def shrunk_lesions() -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """Added density and masks of lesions that shrink to half their area between two sessions."""
    before, after = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    masks = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    for x in (120, 240, 360):
        for y in (110, 230, 350, 460):
            for picture, mask, radius in ((before, masks[0], 20.0), (after, masks[1], 20.0 / 2**0.5)):
                fixed = 4  # bits of sub-pixel radius
                circle = ((x << fixed, y << fixed), round(radius * 2**fixed))
                cv2.circle(picture, *circle, 0.6, -1, cv2.LINE_AA, fixed)
                cv2.circle(mask, *circle, 1, -1, cv2.LINE_8, fixed)
    soft = [cv2.GaussianBlur(picture, (0, 0), 1.5) for picture in (before, after)]
    return soft[0], soft[1], masks[0] > 0, masks[1] > 0


def area_kept(alignment: Alignment, before: BoolArray, after: BoolArray) -> float:
    """Area of the session's lesions in the baseline's frame over the baseline's."""
    carried = sample(after.astype(np.float32), alignment.to_session)
    return float(carried.sum() / before.sum())


def test_a_lesion_that_shrank_to_half_measures_half(skin: FloatArray) -> None:
    before, after, mask_before, mask_after = shrunk_lesions()
    baseline, session = frame_of(skin + before), frame_of(skin + after + np.float32(0.1))
    truth = mask_after.sum() / mask_before.sum()
    masked = register(baseline, session, (mask_before, mask_after))
    assert area_kept(masked, mask_before, mask_after) == pytest.approx(truth, abs=0.03)
    by_area = (masked.jacobian * mask_after).sum() / mask_before.sum()
    assert by_area == pytest.approx(truth, abs=0.03)
    # Without the masks the warp eats the change: the test above is able to fail.
    unmasked = register(baseline, session)
    assert area_kept(unmasked, mask_before, mask_after) > truth + 0.03


def test_the_middle_of_a_wide_lesion_is_found_again(skin: FloatArray) -> None:
    patch = np.zeros(SHAPE, np.uint8)
    cv2.circle(patch, (240, 280), 90, 1, -1)  # 18 mm across: no plain skin within the window of its middle
    lesion = patch > 0
    colour = 0.4 * cv2.GaussianBlur(patch.astype(np.float32), (0, 0), 3.0)
    same = register(frame_of(skin + colour), frame_of(skin + 0.5 * colour), (lesion, lesion))
    assert same.matched_baseline[lesion].mean() > 0.95
    grafted = np.where(lesion, drawn_skin(9), skin)
    other = register(frame_of(skin + colour), frame_of(grafted + 0.5 * colour), (lesion, lesion))
    assert not other.matched_baseline[280, 240]


def test_other_skin_is_refused(skin: FloatArray) -> None:
    with pytest.raises(AlignmentError, match="does not show the same skin"):
        register(frame_of(skin), frame_of(drawn_skin(2)))


def test_a_mirrored_photo_is_refused_and_named(skin: FloatArray) -> None:
    mirrored = np.ascontiguousarray(rephotographed(skin, bent(2.0, 1.0, 2.0))[:, ::-1])
    with pytest.raises(AlignmentError, match="mirrored"):
        register(frame_of(skin), frame_of(mirrored))


def test_too_little_in_common_is_refused() -> None:
    wide = drawn_skin(3, (SHAPE[0], 2 * SHAPE[1]))
    left, right = wide[:, : SHAPE[1]], wide[:, 370 : 370 + SHAPE[1]]  # 23 % in common
    with pytest.raises(AlignmentError, match="too little") as refusal:
        register(frame_of(left), frame_of(right))
    assert refusal.value.reasons[0].code == "little_overlap"
    assert str(refusal.value).endswith(". Frame the photo like the baseline.")


def test_a_frame_without_any_skin_is_refused(skin: FloatArray) -> None:
    bare = dataclasses.replace(frame_of(skin), skin=np.zeros(SHAPE, bool))
    with pytest.raises(AlignmentError):
        register(frame_of(skin), bare)


def head(seed: int, yaw_deg: float = 0.0) -> FloatArray:
    """478 points on a half ellipsoid that fills the frame."""
    rng = np.random.default_rng(seed)
    azimuth, height = rng.uniform(-1.3, 1.3, 478), rng.uniform(-0.9, 0.9, 478)
    ring = np.sqrt(1 - height**2)
    angle = azimuth + np.deg2rad(yaw_deg)
    points = np.stack([180 * ring * np.sin(angle), 240 * height, -180 * ring * np.cos(angle)], axis=-1)
    return np.asarray(points + np.array([SHAPE[1] / 2, SHAPE[0] / 2, 0]), np.float32)


def test_a_face_starts_from_its_landmarks(skin: FloatArray) -> None:
    warp = bent(3.0, 1.02, 6.0)
    inverse = invert(warp(pixel_grid(SHAPE)), SHAPE)
    ours = head(4)
    theirs = ours.copy()
    theirs[:, :2] = sample(inverse, ours[None, :, :2])[0] + np.random.default_rng(6).normal(0, 15, (478, 2))
    alignment = register(frame_of(skin, ours), frame_of(rephotographed(skin, warp), theirs))
    assert np.median(error_px(alignment, warp)) < 0.3


def test_another_view_is_refused(skin: FloatArray) -> None:
    register(frame_of(skin, head(4)), frame_of(skin, head(4, 8.0)))
    with pytest.raises(AlignmentError, match="turned") as refusal:
        register(frame_of(skin, head(4)), frame_of(skin, head(4, 30.0)))
    assert "found 30 degrees" in str(refusal.value)


def test_contract_grid_points_at_the_original_photo(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    _, session, _, alignment = series
    arrays = grid_for_contract(alignment, session, 4)
    x, y = alignment.to_session[40, 80]
    assert arrays["grid_xy"][10, 20] == pytest.approx([2 * x + 5, 2 * y + 7], abs=1e-3)
    assert arrays["valid"].shape == arrays["grid_xy"].shape[:2] == (140, 120)
    assert arrays["stride"] == 4


def test_the_number_of_threads_changes_nothing(series: tuple[Frame, Frame, Warp, Alignment]) -> None:
    baseline, session, _, alignment = series
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        again = register(baseline, session)
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(again.to_session, alignment.to_session)


def test_map_arithmetic() -> None:
    affine = np.array([[0.1, -1.1, 300.0], [0.9, 0.05, 20.0]])
    coarse = affine_map(affine, (50, 40))
    fine = rescale(coarse, (403, 321), 1 / 8)
    places = (pixel_grid((403, 321)).astype(np.float64) + 0.5) / 8 - 0.5
    assert np.abs(fine - ((places @ affine[:, :2].T + affine[:, 2] + 0.5) * 8 - 0.5)).max() < 1e-2
    assert np.abs(compose(fine, invert(fine, (300, 2500))) - pixel_grid((300, 2500))).max() < 1e-2


def test_real_close_ups_register_and_strangers_do_not(shared_data: Path) -> None:
    def frame(name: str) -> Frame:
        picture = cv2.imread(str(shared_data / "closeups" / name), cv2.IMREAD_COLOR)
        assert picture is not None
        small = cv2.resize(picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
        density = -np.log(np.clip((small[..., 1] / 255.0) ** 2.2, 1e-3, None))
        return frame_of(density.astype(np.float32))

    names = "p1/1-1015-2022-134230.jpg", "p1/1-1030-2022-104348.jpg", "p2/2-1020-2022-131252.jpg"
    first, last, other = (frame(name) for name in names)

    def pair(a: Frame, b: Frame) -> Alignment:
        return align(a, b, np.zeros(a.skin.shape, bool), np.zeros(b.skin.shape, bool), Settings())

    alignment = pair(first, last)
    assert alignment.overlap_fraction > 0.5
    # The dark centre of the red mark in the middle of the cheek, found by eye in both photos, 15 days apart.
    assert alignment.to_session[411, 491] == pytest.approx([407, 271], abs=10)  # 1 mm at the assumed scale
    assert alignment.matched_baseline.sum() > 0.8 * alignment.valid_baseline.sum()
    with pytest.raises(AlignmentError, match="same skin"):
        pair(first, other)
