"""Finding on real photos: everybody is found, turns and mirrors give the signs promised, skin alone is no face."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import skinimg
from skinimg.base.errors import PhotoError
from skinimg.face import find_face
from skinimg.face.pose import iris_diameter_px


def _photo(path: Path, long_side: int = 900) -> np.ndarray:
    bgr = cv2.imread(str(path))
    zoom = min(long_side / max(bgr.shape[:2]), 1.0)
    bgr = cv2.resize(bgr, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def woman(shared_data: Path) -> np.ndarray:
    return _photo(shared_data / "portraits" / "sunita_williams.jpg")


def test_everybody_is_found(shared_data: Path) -> None:
    photos = sorted((shared_data / "portraits").glob("*.jpg")) + sorted(
        (shared_data / "people_synthetic").glob("*.jpg")
    )
    assert len(photos) == 28
    for path in photos:
        pixels = _photo(path)
        face = find_face(pixels)
        h, w = pixels.shape[:2]
        assert ((face.landmarks[:, :2] > 0) & (face.landmarks[:, :2] < (w, h))).mean() > 0.99, path.name
        assert abs(face.yaw_deg) < 45 and abs(face.pitch_deg) < 30 and abs(face.roll_deg) < 35, path.name
        assert _looks_like_eyes(pixels, face.landmarks), path.name


def _looks_like_eyes(pixels: np.ndarray, landmarks: np.ndarray) -> bool:
    """Both irises are darker than the cheeks below them and the cheeks match each other roughly in colour."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(float)

    def level(index: int) -> float:
        x, y = landmarks[index, :2].round().astype(int)
        return float(grey[y - 1 : y + 2, x - 1 : x + 2].mean())

    return level(468) < level(101) and level(473) < level(330)


def test_a_turned_photo_turns_the_roll_and_nothing_else(woman: np.ndarray) -> None:
    straight = find_face(woman)
    h, w = woman.shape[:2]
    for degrees in (-25, 20):
        # cv2 turns counter-clockwise for positive angles, the roll counts clockwise.
        turn = cv2.getRotationMatrix2D((w / 2, h / 3), -degrees, 1.0)
        turned = find_face(cv2.warpAffine(woman, turn, (w, h), borderMode=cv2.BORDER_REPLICATE))
        assert turned.roll_deg - straight.roll_deg == pytest.approx(degrees, abs=3)
        assert turned.yaw_deg == pytest.approx(straight.yaw_deg, abs=5)
        expected = straight.landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
        eyes = np.linalg.norm(straight.landmarks[468, :2] - straight.landmarks[473, :2])
        assert np.linalg.norm(turned.landmarks[:, :2] - expected, axis=1).mean() < 0.04 * eyes


def test_a_mirrored_photo_mirrors_yaw_and_roll(shared_data: Path) -> None:
    photo = _photo(shared_data / "portraits" / "stephanie_wilson.jpg")
    face, mirrored = find_face(photo), find_face(np.ascontiguousarray(photo[:, ::-1]))
    assert face.yaw_deg < -10  # she turns to her own right, the image's left
    assert mirrored.yaw_deg == pytest.approx(-face.yaw_deg, abs=3)
    assert mirrored.roll_deg == pytest.approx(-face.roll_deg, abs=3)
    assert mirrored.pitch_deg == pytest.approx(face.pitch_deg, abs=3)
    assert mirrored.landmarks[468, 0] == pytest.approx(photo.shape[1] - 1 - face.landmarks[473, 0], abs=2)


def test_any_number_format_gives_the_same_face(woman: np.ndarray) -> None:
    face = find_face(woman)
    for same in (woman.astype(np.uint16) * 257, woman.astype(np.float32) / 255):
        np.testing.assert_allclose(find_face(same).landmarks, face.landmarks, atol=0.01)
    grey = find_face(cv2.cvtColor(woman, cv2.COLOR_RGB2GRAY))
    assert np.abs(grey.landmarks - face.landmarks)[:, :2].mean() < 0.04 * iris_diameter_px(face.landmarks) * 5


def test_large_and_small_faces(woman: np.ndarray) -> None:
    face = find_face(woman)
    low, high = face.landmarks[:, :2].min(0).astype(int), face.landmarks[:, :2].max(0).astype(int)
    x0, y0, x1, y1 = low[0] - 5, low[1] - 5, high[0] + 5, high[1] + 5
    close = find_face(np.ascontiguousarray(woman[max(y0, 0) : y1, max(x0, 0) : x1]))
    shift = (max(x0, 0), max(y0, 0))
    eyes = np.linalg.norm(face.landmarks[468, :2] - face.landmarks[473, :2])
    assert np.linalg.norm(close.landmarks[:, :2] + shift - face.landmarks[:, :2], axis=1).mean() < 0.05 * eyes
    far = np.full((1500, 2000, 3), 120, np.uint8)
    far[800 : 800 + woman.shape[0] // 2, 300 : 300 + woman.shape[1] // 2] = woman[
        : woman.shape[0] // 2 * 2 : 2, : woman.shape[1] // 2 * 2 : 2
    ]
    small = find_face(far)
    expected = face.landmarks[:, :2] / 2 + (300, 800)
    assert np.linalg.norm(small.landmarks[:, :2] - expected, axis=1).mean() < 0.06 * eyes / 2


def test_two_people_are_counted(shared_data: Path) -> None:
    one = _photo(shared_data / "people_synthetic" / "2x4_3.jpg", 500)
    two = _photo(shared_data / "people_synthetic" / "2x4_5.jpg", 350)
    both = np.full((520, 900, 3), 90, np.uint8)
    both[:500, :500], both[100:450, 530:880] = one, two
    face = find_face(both)
    assert face.other_faces == 1
    assert face.landmarks[:, 0].mean() < 500  # the larger one is meant
    assert find_face(one).other_faces == 0


def test_skin_cards_and_patterns_are_no_face(shared_data: Path) -> None:
    rng = np.random.default_rng(3)
    photos = {path.name: _photo(path) for path in sorted((shared_data / "closeups").glob("*/*.jpg"))[::3]}
    photos["noise"] = rng.integers(0, 256, (400, 300, 3), dtype=np.uint8)
    photos["wall"] = np.full((300, 400, 3), (190, 160, 140), np.uint8)
    photos["stripes"] = np.tile((np.arange(500) // 25 % 2 * 200).astype(np.uint8)[:, None, None], (1, 400, 3))
    for pixels in photos.values():
        with pytest.raises(PhotoError, match="no face found"):
            find_face(pixels)


def test_the_scale_comes_from_the_iris(woman: np.ndarray) -> None:
    face = find_face(woman)
    assert face.px_per_mm == pytest.approx(iris_diameter_px(face.landmarks) / 11.7)
    assert 0.5 / 11.7 <= face.px_per_mm_sd / face.px_per_mm < 0.15
    # Pupils of adults are 54 to 74 mm apart (docs/CONSTANTS.md 5): the scale must agree with that.
    eyes = np.linalg.norm(face.landmarks[468, :2] - face.landmarks[473, :2])
    assert 52 < eyes / face.px_per_mm < 76


@pytest.mark.parametrize("shape", [(100, 100, 4), (8, 8, 3), (5,)])
def test_what_is_no_photo_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PhotoError, match="shape"):
        find_face(np.zeros(shape, np.uint8))


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(PhotoError, match="int64"):
        find_face(np.zeros((64, 64, 3), np.int64))


def test_the_doors_fit(woman, tmp_path):
    """What `read_photo` returns is what `find_face` takes, and a path may be text."""
    Image.fromarray(woman).save(tmp_path / "front.png")
    face = skinimg.find_face(skinimg.read_photo(str(tmp_path / "front.png")))
    np.testing.assert_allclose(face.landmarks, find_face(woman).landmarks, atol=0.05)
