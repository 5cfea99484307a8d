"""Topology, crops, pose, regions and skin: on the mean face, without a photo."""

import cv2
import numpy as np
import pytest

from skinimg.face import mesh, region_masks, skin_mask
from skinimg.face.crop import FacePlace, crop_matrix, from_crop_sides, place_of, to_crop_sides
from skinimg.face.find import load_face_model
from skinimg.face.pose import pose_deg

SIZE = 900


@pytest.fixture(scope="module")
def mean_shape() -> np.ndarray:
    return load_face_model().mean_shape


@pytest.fixture(scope="module")
def landmarks(mean_shape: np.ndarray) -> np.ndarray:
    """The mean face in a frame of 900 x 900 px, made symmetric."""
    mirror = load_face_model().mirror.numpy()
    symmetric = (mean_shape + mean_shape[mirror] * [-1, 1, 1]) / 2
    return (symmetric * SIZE * 0.95 + [SIZE / 2, SIZE / 2, 0]).astype(np.float32)


def test_the_mirror_knows_left_from_right() -> None:
    mirror = load_face_model().mirror.numpy()
    np.testing.assert_array_equal(mirror[mirror], np.arange(478))
    for right, left in (
        (mesh.RIGHT_EYE, mesh.LEFT_EYE),
        (mesh.RIGHT_BROW, mesh.LEFT_BROW),
        (mesh.RIGHT_NOSTRIL, mesh.LEFT_NOSTRIL),
        (mesh.RIGHT_CHEEK, mesh.LEFT_CHEEK),
        (mesh.RIGHT_PERIORBITAL, mesh.LEFT_PERIORBITAL),
    ):
        np.testing.assert_array_equal(mirror[right], left)
    assert mirror[468] == 473
    np.testing.assert_array_equal(mirror[mesh.MIDLINE], mesh.MIDLINE)


def test_a_crop_is_upright_centred_and_reversible(landmarks: np.ndarray) -> None:
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted = np.column_stack([landmarks[:, :2] @ turn.T * 0.7 + (300, 80), landmarks[:, 2] * 0.7]).astype(np.float32)
    place = place_of(tilted)
    assert np.degrees(place.roll) == pytest.approx(25, abs=0.1)
    matrix = crop_matrix(place, 128)
    crop = to_crop_sides(tilted, matrix, 128)
    # crop sides run from pixel edges, whose centre is half a pixel from the landmarks' mean at pixel (127 / 2)
    np.testing.assert_allclose(crop[:, :2].mean(0), 0, atol=1e-5)
    assert crop[33, 1] == pytest.approx(crop[263, 1], abs=1e-3)
    np.testing.assert_allclose(from_crop_sides(crop, matrix, 128), tilted, atol=0.01)


@pytest.mark.parametrize(("axis", "index"), [("yaw", 0), ("pitch", 1), ("roll", 2)])
@pytest.mark.parametrize("degrees", [-30.0, 10.0, 40.0])
def test_pose_reads_a_known_turn(mean_shape: np.ndarray, axis: str, index: int, degrees: float) -> None:
    a = np.radians(degrees)
    cos, sin = np.cos(a), np.sin(a)
    # x to the image's right, y down, z away from the camera. The nose points along -z.
    turns = {
        "yaw": np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]]),  # nose to the image's right
        "pitch": np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]]),  # nose up
        "roll": np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]),  # clockwise
    }
    nose = turns[axis] @ (0, 0, -1)
    if axis == "yaw":
        assert np.sign(nose[0]) == np.sign(degrees)
    if axis == "pitch":
        assert np.sign(nose[1]) == -np.sign(degrees)
    expected = [0.0, 0.0, 0.0]
    expected[index] = degrees
    moved = 400 * mean_shape @ turns[axis].T + (500, 300, 20)
    np.testing.assert_allclose(pose_deg(moved, mean_shape), expected, atol=0.05)


def test_regions_are_where_their_names_say(landmarks: np.ndarray) -> None:
    masks = region_masks(landmarks, (SIZE, SIZE, 3))
    assert set(masks) == {
        "face", "forehead", "left_cheek", "right_cheek", "nose", "chin", "left_periorbital", "right_periorbital",
        "perioral", "left_side", "right_side",
    }  # fmt: skip
    centre = {name: np.argwhere(mask).mean(0)[::-1] for name, mask in masks.items()}
    middle = SIZE / 2
    assert centre["right_cheek"][0] < middle < centre["left_cheek"][0]
    assert centre["right_side"][0] < middle < centre["left_side"][0]
    assert centre["right_periorbital"][0] < middle < centre["left_periorbital"][0]
    tops = [centre[name][1] for name in ("forehead", "left_periorbital", "nose", "perioral", "chin")]
    assert tops == sorted(tops)
    parts = [masks[n] for n in masks if n not in ("face", "left_side", "right_side")]
    assert np.sum(parts, axis=0).max() == 1  # no pixel in two regions
    assert (np.any(parts, axis=0) & masks["face"]).sum() > 0.9 * masks["face"].sum()
    np.testing.assert_array_equal(masks["left_side"] ^ masks["right_side"], masks["face"])
    assert masks["left_cheek"].sum() == pytest.approx(masks["right_cheek"].sum(), rel=0.02)


def _painted(landmarks: np.ndarray, skin: tuple[float, float, float]) -> np.ndarray:
    """A flat painted face in linear light on a blue wall: skin, dark eyes, lips, brows; lit from one side."""
    rng = np.random.default_rng(0)
    image = np.tile(np.float32([0.1, 0.2, 0.5]), (SIZE, SIZE, 1))
    dark = np.float32([0.02, 0.02, 0.02])
    head = landmarks[mesh.OVAL, :2].copy()
    head[:, 1] -= np.where(head[:, 1] < SIZE / 3, 60, 0)
    cv2.fillPoly(image, [head.astype(np.int32)], skin)
    for outline in (mesh.RIGHT_EYE, mesh.LEFT_EYE, mesh.RIGHT_BROW, mesh.LEFT_BROW):
        cv2.fillPoly(image, [landmarks[outline, :2].astype(np.int32)], dark.tolist())
    cv2.fillPoly(image, [landmarks[mesh.LIPS, :2].astype(np.int32)], (skin[0], skin[1] * 0.5, skin[2] * 0.6))
    light = np.exp(0.4 * np.linspace(-1, 1, SIZE, dtype=np.float32))[None, :, None]
    return image * light * np.exp(rng.normal(0, 0.03, image.shape)).astype(np.float32)


SKINS = {"light": (0.6, 0.38, 0.28), "dark": (0.05, 0.022, 0.012)}


@pytest.mark.parametrize("skin", SKINS.values(), ids=SKINS.keys())
def test_skin_is_the_face_without_its_features(landmarks: np.ndarray, skin: tuple[float, float, float]) -> None:
    image = _painted(landmarks, skin)
    mask = skin_mask(image, landmarks)
    regions = region_masks(landmarks, image.shape)
    for index in (50, 280, 151, 205, 425, 199, 4):
        x, y = landmarks[index, :2].astype(int)
        assert mask[y, x], f"landmark {index} lies on skin"
    for index in (468, 473, 13, 105, 334):
        x, y = landmarks[index, :2].astype(int)
        assert not mask[y, x], f"landmark {index} does not"
    assert not mask[~regions["face"]].any()
    assert mask[regions["left_cheek"]].mean() > 0.75  # its edge beside the wall is left out


def test_shade_at_nostrils_and_corners_of_the_mouth_is_not_skin(landmarks: np.ndarray) -> None:
    mask = skin_mask(_painted(landmarks, SKINS["light"]), landmarks)
    px_per_mm = np.linalg.norm(landmarks[473, :2] - landmarks[468, :2]) / 63.0
    for corner, outwards in ((61, -1), (291, 1)):
        x, y = landmarks[corner, :2]
        assert not mask[round(y), round(x + outwards * 3.0 * px_per_mm)]
        assert mask[round(y), round(x + outwards * 6.0 * px_per_mm)]
    for nostril in (mesh.RIGHT_NOSTRIL, mesh.LEFT_NOSTRIL):
        x, y = landmarks[nostril, :2].mean(axis=0)
        lowest = landmarks[nostril, 1].max()
        assert not mask[round(lowest + 1.8 * px_per_mm), round(x)]
        assert mask[round(lowest + 4.0 * px_per_mm), round(x)]


def test_a_beard_and_a_fringe_are_not_skin_but_a_mole_is(landmarks: np.ndarray) -> None:
    image = _painted(landmarks, SKINS["light"])
    rng = np.random.default_rng(1)
    hair = cv2.GaussianBlur(np.exp(rng.normal(0, 1.2, (SIZE, SIZE, 1))).astype(np.float32), (0, 0), 1.2)[..., None]
    hair = 0.5 * hair * np.float32(SKINS["light"])  # the colour of the skin: only its roughness tells
    beard = region_masks(landmarks, image.shape)["chin"]
    y = np.arange(SIZE)[:, None]
    fringe = region_masks(landmarks, image.shape)["forehead"] & (y < landmarks[151, 1])
    hairy = np.where((beard | fringe)[..., None], hair, image)
    x, y_mole = landmarks[280, :2].astype(int)
    cv2.circle(hairy, (int(x), int(y_mole)), 8, (0.12, 0.05, 0.03), -1)  # about 3 mm across
    mask = skin_mask(hairy.astype(np.float32), landmarks)
    assert mask[beard].mean() < 0.1
    assert mask[fringe].mean() < 0.1
    assert mask[y_mole, x]


def test_the_place_of_a_face_is_a_similarity() -> None:
    matrix = crop_matrix(FacePlace(100.0, 50.0, 40.0, 0.3), 128)
    np.testing.assert_allclose(matrix[:, :2] @ matrix[:, :2].T, np.eye(2) * np.linalg.det(matrix[:, :2]), atol=1e-9)
    np.testing.assert_allclose(matrix @ (100, 50, 1), [63.5, 63.5], atol=1e-9)
