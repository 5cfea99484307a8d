"""The main job on real people (skipped where the photos are not at hand)."""

import shutil

import numpy as np
import pandas as pd
import pytest

from skinimg import Settings, analyze
from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import PhotoError
from skinimg.base.findings import FACE_REGIONS
from skinimg.observe.see import see


@pytest.mark.parametrize("name", ["leland_melvin", "nick_hague"])  # dark and light skin, 2.6 and 7 px/mm
def test_a_portrait_becomes_skin_and_regions(shared_data, name):
    path = shared_data / "portraits" / f"{name}.jpg"
    seen = see(PhotoEntry(name, "S1", path, path.name), None, Settings())
    frame = seen.frame
    assert frame.regions == FACE_REGIONS
    skin_cm2 = frame.skin.sum() * frame.mm_per_px**2 / 100
    assert 80 < skin_cm2 < 320  # a front view shows about 150 to 250 cm2 of facial skin
    left, right = (frame.region_bits >> FACE_REGIONS.index(r) & 1 for r in ("left_cheek", "right_cheek"))
    # the person's own left cheek lies on the right of the picture
    assert np.nonzero(left)[1].mean() > np.nonzero(right)[1].mean()
    assert np.isfinite(seen.maps.melanin).all()


def test_a_person_in_the_distance_is_too_small(shared_data, tmp_path):
    from skimage import data, io

    io.imsave(tmp_path / "far.png", data.astronaut())
    with pytest.raises(PhotoError, match="too small"):
        see(PhotoEntry("a", "S1", tmp_path / "far.png", "far.png"), None, Settings())


def test_close_ups_of_two_days_are_compared(shared_data, tmp_path):
    photos = sorted((shared_data / "closeups" / "p1").glob("*.jpg"))[:2]
    rows = ["subject,session,photo,view"]
    for photo in photos:
        shutil.copy(photo, tmp_path / photo.name)
        rows.append(f"p1,{photo.stem},{photo.name},closeup")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    outcome = analyze(tmp_path / "manifest.csv", tmp_path / "out")
    assert outcome.complete, outcome.rejected
    later = outcome.tables["photos"].iloc[1]
    assert later["overlap_fraction"] > 0.5
    assert later["scale_source"] == "assumed"
    changes = outcome.tables["changes"]
    shares = changes[(changes["metric"] == "area_fraction") & (changes["finding"] == "spots")]
    assert (shares["baseline"].notna() | (shares["reason"] != "")).all()
    lesions = outcome.tables["lesions"]
    pores = lesions[lesions["finding"] == "pores"]["status"].value_counts()
    assert pores["persisting"] > pores["resolved"]  # the same pores are found again on another day, in another light


def test_two_people_in_one_series_are_refused(shared_data, tmp_path):
    rows = ["subject,session,photo"]
    for session, name in (("S1", "edward_lu"), ("S2", "peggy_whitson")):
        shutil.copy(shared_data / "portraits" / f"{name}.jpg", tmp_path / f"{name}.jpg")
        rows.append(f"x,{session},{name}.jpg")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    outcome = analyze(tmp_path / "manifest.csv", tmp_path / "out")
    assert [photo for photo, _ in outcome.rejected] == ["peggy_whitson.jpg"]
    assert set(outcome.tables["changes"]["verdict"]) == {"not_assessable"}
    assert outcome.tables["changes"]["reason"].str.contains("same skin").all()
    assert isinstance(outcome.tables["changes"], pd.DataFrame)
