"""The door to segmentation: what it takes out of what a network says."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.noise import NoiseTable
from skinimg.base.records import Frame, SkinAnchor, SkinMaps
from skinimg.model.segmenter import Segmenter, load_segmenter, segment
from skinimg.model.weights import weights_path

SIDE = 100


def everywhere(_frame, _maps):
    return np.ones((len(MASK_FINDINGS), SIDE, SIDE), np.float32)


LANDMARKS = np.zeros((478, 3), np.float32)


def found(landmarks, outline_from=0, mm_per_px=0.1, seen=everywhere, skin_from=20):
    """What is left, on a square of 60 px of skin, of a network that sees everything everywhere.

    outline_from : the column from which on the face lies; seen : what the network sees instead; skin_from : the column
    at which the skin begins
    """
    face = np.zeros((SIDE, SIDE), np.uint16)
    face[:, outline_from:] = 1
    skin = np.zeros((SIDE, SIDE), np.bool_)
    skin[20:80, skin_from:80] = True
    plane = np.zeros((SIDE, SIDE), np.float32)
    maps = SkinMaps(plane, plane, plane, plane > 0, SkinAnchor(0.03, 0.012, 40.0, (0.0, 0.0, 0.0)))
    frame = Frame(
        plane[..., None].repeat(3, axis=2), skin, face, ("face",), landmarks,
        np.eye(2, 3, dtype=np.float32), (SIDE, SIDE), mm_per_px, 1 / mm_per_px, "iris",
    )  # fmt: skip
    segmentation = segment(frame, maps, Segmenter("t", "", seen, NoiseTable({})))
    return dict(zip(segmentation.findings, segmentation.probability, strict=True))


def test_a_face_has_no_relief_in_the_last_millimetre_of_its_skin():
    seen = found(LANDMARKS, mm_per_px=0.5)
    for name in ("pores", "scars", "wrinkles"):
        assert seen[name][20:22, 50].sum() == 0, name
        assert (seen[name][23:77, 23:77] == 1).all(), name
    assert (seen["redness"][20:80, 20:80] == 1).all()


def spot(rows, columns, finding="spots", skin_from=20):
    """What is left of a mark at these rows and columns of the square, 30 mm wide, of skin."""
    plane = np.zeros((len(MASK_FINDINGS), SIDE, SIDE), np.float32)
    plane[MASK_FINDINGS.index(finding), rows, columns] = 0.4
    left = found(LANDMARKS, mm_per_px=0.5, seen=lambda _frame, _maps: plane, skin_from=skin_from)
    return float(left[finding].sum()) / 0.4


@pytest.mark.parametrize("finding", ["spots", "scars"])
def test_shade_where_skin_ends_is_no_mark(finding):
    assert spot(slice(40, 60), slice(20, 25), finding) == 0  # 10 x 2.5 mm, along the end of the skin


@pytest.mark.parametrize("finding", ["spots", "scars"])
def test_skin_ends_where_the_picture_does(finding):
    assert spot(slice(40, 60), slice(0, 5), finding, skin_from=0) == 0
    assert spot(slice(40, 60), slice(5, 10), finding, skin_from=0) == pytest.approx(100)


@pytest.mark.parametrize(
    ("what", "rows", "columns"),
    [
        ("a mark of the same size that ends before it", slice(40, 60), slice(23, 26)),
        ("a patch that reaches 8 mm into the face", slice(40, 60), slice(20, 36)),
    ],
)
def test_other_marks_near_the_end_of_the_skin_stay(what, rows, columns):
    assert spot(rows, columns) == pytest.approx((rows.stop - rows.start) * (columns.stop - columns.start)), what


def test_the_crease_before_an_ear_is_no_line():
    seen = found(LANDMARKS, outline_from=30, mm_per_px=0.5)
    assert seen["wrinkles"][50, :39].sum() == 0
    assert (seen["wrinkles"][50, 42:77] == 1).all()
    assert (seen["scars"][50, 23:77] == 1).all()


def test_a_close_up_keeps_its_rim():
    assert (found(None)["pores"][20:80, 20:80] == 1).all()


def test_the_same_tensors_with_another_card_make_another_outcome(tmp_path: Path) -> None:
    """Calibration and noise stand in the card: a result of before they changed is not taken from an earlier run."""
    for suffix in (".safetensors", ".json"):
        shutil.copy(weights_path("skin").with_suffix(suffix), tmp_path / f"mine{suffix}")
    mine, card = str(tmp_path / "mine.safetensors"), tmp_path / "mine.json"
    before = load_segmenter(mine)
    told = json.loads(card.read_text(encoding="utf-8"))
    told["calibration"]["bias"][0] += 0.5
    card.write_text(json.dumps(told), encoding="utf-8")
    after = load_segmenter(mine)
    assert after.sha256 == before.sha256
    assert after.key != before.key


def test_a_network_is_built_once_and_again_when_its_files_change(tmp_path: Path) -> None:
    for suffix in (".safetensors", ".json"):
        shutil.copy(weights_path("skin").with_suffix(suffix), tmp_path / f"mine{suffix}")
    mine, card = str(tmp_path / "mine.safetensors"), tmp_path / "mine.json"
    built = load_segmenter(mine, "cpu").probabilities.__self__
    assert load_segmenter(mine, "cpu").probabilities.__self__ is built
    told = json.loads(card.read_text(encoding="utf-8"))
    told["calibration"]["bias"][0] += 0.5
    card.write_text(json.dumps(told), encoding="utf-8")
    changed = load_segmenter(mine, "cpu").probabilities.__self__
    assert changed.card.calibration != built.card.calibration
