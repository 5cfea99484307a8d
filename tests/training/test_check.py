"""Everything that is wrong with a data set is told at once."""

import cv2
import numpy as np
import pytest
from PIL import Image

from skinimg.base.errors import StudyError
from skinimg.training.check import check_dataset
from skinimg.training.coco import _ring_fault
from skinimg.training.masks import read_mask
from tests.training.drawn_dataset import SPOTS, disc_mask, write_dataset, write_mask, write_photo


def test_a_good_dataset(tmp_path):
    checked = check_dataset(write_dataset(tmp_path))
    assert checked.problems == []
    checked.require_usable()
    spots = next(row for row in checked.rows if row["finding"] == "spots")
    assert (spots["photos"], spots["with_any"], spots["too_coarse"]) == (2, 2, 0)
    assert spots["area_mm2"] == pytest.approx(2 * sum(np.pi * s.radius_mm**2 for s in SPOTS), rel=0.02)
    pores = next(row for row in checked.rows if row["finding"] == "pores")
    assert (pores["photos"], pores["area_mm2"]) == (0, 0)


def test_all_faults_are_listed_together(tmp_path):
    folder = write_dataset(tmp_path)
    (folder / "manifest.csv").unlink()
    good = folder / "p0" / "cheek_closeup.png"
    (folder / "p1" / "again_closeup.png").write_bytes(good.read_bytes())
    write_mask(folder / "p1" / "again_closeup.png", "spots", disc_mask(SPOTS))
    small = write_photo(folder / "p2", "small_closeup", seed=2)
    write_mask(small, "spots", disc_mask(SPOTS)[:200])
    write_mask(small, "scars", np.dstack([disc_mask(SPOTS)] * 3))
    write_mask(small, "pores", disc_mask(SPOTS) // 255)
    write_mask(small, "spot", disc_mask(SPOTS))
    write_mask(small, "wrinkles", disc_mask(SPOTS).astype(np.uint16) * 257)
    write_photo(folder / "p3", "bare_closeup", seed=3)
    write_mask(folder / "p3" / "gone.png", "redness", disc_mask(SPOTS))
    damaged = write_photo(folder / "p4", "damaged_closeup", seed=4)
    write_mask(damaged, "spots", disc_mask(SPOTS))
    damaged.write_bytes(damaged.read_bytes()[:2000])
    write_mask(write_photo(folder / "p5", "face", seed=5), "spots", disc_mask(SPOTS))
    cv2.imwrite(str(folder / "p5" / "face.jpg"), cv2.imread(str(good)))
    told = "\n".join(check_dataset(folder).problems)
    for words in (
        "small_closeup.png: the mask small_closeup.spots.png has another size than its photo (found 300 x 200",
        "small_closeup.scars.png is not grey",
        "small_closeup.pores.png seems to number its classes",
        "small_closeup.wrinkles.png is not grey",
        "unknown finding 'spot'; did you mean 'spots'",
        "bare_closeup.png: no mask",
        "gone.redness.png: a mask without its photo",
        "damaged_closeup.png: ",
        "face.png: no face found",
        "differ in their extension only",
        "p1/again_closeup.png: the same picture as p0/cheek_closeup.png",
    ):
        assert words in told, words
    with pytest.raises(StudyError, match="13 things"):
        check_dataset(folder).require_usable()


def test_a_finding_of_one_person_is_named(tmp_path):
    """Whoever teaches it cannot judge it."""
    folder = write_dataset(tmp_path)
    write_mask(folder / "p0" / "cheek_closeup.png", "redness", disc_mask(SPOTS))
    (said,) = check_dataset(folder).warnings
    assert said == "redness: labelled of one person only, so it is either not learnt or not judged; needs two people"


@pytest.mark.parametrize("people", [0, 1])
def test_too_little(tmp_path, people):
    folder = write_dataset(tmp_path / "set", people)
    if not people:
        (folder / "manifest.csv").unlink() if (folder / "manifest.csv").exists() else None
    told = "\n".join(check_dataset(folder).problems)
    assert ("no photos" if not people else "no validation split") in told


def test_masks_that_are_all_empty_teach_nothing(tmp_path):
    folder = write_dataset(tmp_path)
    for k in range(2):
        write_mask(folder / f"p{k}" / "cheek_closeup.png", "scars", np.zeros((300, 300), np.uint8))
    (problem,) = check_dataset(folder).problems
    assert "scars: all 2 masks are empty" in problem


def test_masks_that_are_inverted_are_refused(tmp_path):
    folder = write_dataset(tmp_path)
    for k in range(2):
        write_mask(folder / f"p{k}" / "cheek_closeup.png", "spots", 255 - disc_mask(SPOTS))
    assert any("exchanged" in problem for problem in check_dataset(folder).problems)


@pytest.mark.parametrize(
    "ring, fault",
    [
        ([5, 5, None, 5, 9, 9], "no number"),
        ([5, 5, float("nan"), 5, 9, 9], "no number"),
        ([5, 5, "7", 5, 9, 9], "no number"),
        ([0.1, 0.1, 0.4, 0.1, 0.4, 0.5], "look normalised"),
        ([5, 5, 9, 5], "fewer than three"),
        ([5, 5, 900, 5, 9, 9], "leaves the image"),
        ([5, 5, 9, 5, 7, 5], "covers no pixel"),
        ([5, 5, 9, 5, 9, 9], ""),
    ],
)
def test_outlines_are_judged_one_by_one(ring, fault):
    assert fault in _ring_fault(ring, (100, 80))
    assert bool(_ring_fault(ring, (100, 80))) == bool(fault)


@pytest.mark.parametrize("levels, fault", [((0, 128), "only 0 and 128"), ((255, 0), "exchanged"), ((0, 255), "")])
def test_grey_levels_of_masks_are_judged(tmp_path, levels, fault):
    grey = np.full((40, 40), levels[0], np.uint8)
    grey[10:20, 10:20] = levels[1]
    Image.fromarray(grey).save(tmp_path / "mask.png")
    if not fault:
        assert read_mask(tmp_path / "mask.png", (40, 40)).max() == 1
        return
    with pytest.raises(StudyError, match=fault):
        read_mask(tmp_path / "mask.png", (40, 40))


def test_an_inverted_mask_is_seen_where_the_finding_touches_the_rim(tmp_path):
    grey = np.zeros((60, 80), np.uint8)
    grey[:30, :40] = 255  # a red cheek that the picture cuts
    Image.fromarray(255 - grey).save(tmp_path / "inverted.png")
    Image.fromarray(grey).save(tmp_path / "mask.png")
    with pytest.raises(StudyError, match="exchanged"):
        read_mask(tmp_path / "inverted.png", (60, 80))
    assert read_mask(tmp_path / "mask.png", (60, 80)).mean() == 0.25
