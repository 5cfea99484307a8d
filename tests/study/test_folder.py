"""Folders of photos: who and when, from the way the files lie."""

import os
import subprocess
import sys

import pytest
from PIL import Image

from skinimg.base.errors import StudyError
from skinimg.study import read_study, write_manifest
from skinimg.study.tree import UNSAID
from tests.study.laid import lay


def shot(path, taken):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64)).save(path, exif=exif)


def read(root):
    """(subject, sessions) of every subject."""
    return [(subject.name, subject.sessions) for subject in read_study(root).subjects]


LAYOUTS = {
    "names": (["S10_front.jpg", "S2_front.jpg"], [("root", ("S2", "S10"))]),
    "sessions": (["baseline/front.jpg", "week4/front.jpg"], [("root", ("baseline", "week4"))]),
    "dates": (["2024-02-01/x.jpg", "2024-01-05/x.jpg"], [("root", ("2024-01-05", "2024-02-01"))]),
    "session twice": (["S1/S1_front.jpg", "S2/S2_front.jpg"], [("root", ("S1", "S2"))]),
    "subjects": (
        ["anna/baseline_front.jpg", "anna/week4_front.jpg", "bo/baseline_front.jpg"],
        [("anna", ("baseline", "week4")), ("bo", ("baseline",))],
    ),
    "subjects numbered like sessions": (
        ["S01/baseline_front.jpg", "S01/week4_front.jpg", "S02/baseline_front.jpg"],
        [("S01", ("baseline", "week4")), ("S02", ("baseline",))],
    ),
    "deep": (
        ["P1/S1/front.jpg", "P1/S2/front.jpg", "P2/S1/a.png"],
        [("P1", ("S1", "S2")), ("P2", ("S1",))],
    ),
    "deep, numbered": (["S1/T0/f.jpg", "S1/T1/f.jpg", "S2/T0/f.jpg"], [("S1", ("T0", "T1")), ("S2", ("T0",))]),
    "deep and flat": (["P1/S1/front.jpg", "P2/S1_front.jpg"], [("P1", ("S1",)), ("P2", ("S1",))]),
    "loose first": (["baseline_front.jpg", "week4/front.jpg"], [("root", ("baseline", "week4"))]),
    "no session at all": (["front.jpg", "left45.jpg"], [("root", ("baseline",))]),
    "whole stems": (["1-1016-2022.jpg", "1-1015-2022.jpg"], [("root", ("1-1015-2022", "1-1016-2022"))]),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, name):
    files, expected = LAYOUTS[name]
    assert read(lay(tmp_path / "root", *files)) == expected


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_manifest_of_a_layout_reads_back(tmp_path, name):
    study = read_study(lay(tmp_path / "root", *LAYOUTS[name][0]))
    write_manifest(study, study.root / "m.csv")
    again = read_study(study.root / "m.csv")
    assert again.subjects == study.subjects


def test_guesses_are_said(tmp_path):
    one = read_study(lay(tmp_path / "one", "baseline/front.jpg", "week4/front.jpg"))
    assert "Read as one subject, one, whose sessions are the folders baseline, week4." in one.warnings
    two = read_study(lay(tmp_path / "two", "anna/S1_front.jpg", "bo/S1_front.jpg"))
    assert "Read as 2 subjects, one per folder: anna, bo." in two.warnings


def test_view_light_and_replicate(tmp_path):
    root = lay(tmp_path / "r", "S1_front_xpol_2.JPG", "S1/left_45.TIFF", "S1_front_xpol.jpeg")
    (subject,) = read_study(root).subjects
    got = [(e.session, e.view, e.light, e.replicate, e.photo) for e in subject.photos]
    assert got == [
        ("S1", "front", "cross_polarized", 1, "S1_front_xpol.jpeg"),
        ("S1", "front", "cross_polarized", 2, "S1_front_xpol_2.JPG"),
        ("S1", "left45", "standard", 1, "S1/left_45.TIFF"),
    ]


def test_dates_come_from_names_and_capture(tmp_path):
    shot(tmp_path / "r" / "IMG_2.jpg", "2024:01:05 08:00:00")
    shot(tmp_path / "r" / "IMG_1.jpg", "2024:02:05 08:00:00")
    lay(tmp_path / "r", "20231201_101112.jpg")
    study = read_study(tmp_path / "r")
    assert study.subjects[0].sessions == ("2023-12-01", "2024-01-05", "2024-02-05")
    assert [e.date for e in study.subjects[0].photos] == ["2023-12-01", "2024-01-05", "2024-02-05"]
    assert "r: the session of 3 photos is their date of capture." in study.warnings


def test_photos_without_a_view_become_repeats_and_it_is_said(tmp_path):
    study = read_study(lay(tmp_path / "r", "S1/IMG_10.jpg", "S1/IMG_9.jpg", "S2/IMG_1.jpg"))
    assert [(e.replicate, e.photo) for e in study.subjects[0].photos[:2]] == [(1, "S1/IMG_9.jpg"), (2, "S1/IMG_10.jpg")]
    assert any("no view in the names of the 2 photos of session S1" in warning for warning in study.warnings)


def test_a_study_that_cannot_be_read_as_a_folder_names_its_manifest(tmp_path):
    """What `skinimg synth` writes: a manifest beside photos and truth."""
    lay(tmp_path / "r", "photos/P1/S1_front.jpg", "photos/P2/S1_front.jpg", "truth/P1/S1_front/spots.png")
    with pytest.raises(StudyError) as refusal:
        read_study(tmp_path / "r")
    assert "give that path" not in refusal.value.next_step
    (tmp_path / "r" / "manifest.csv").touch()
    with pytest.raises(StudyError, match="give that path instead"):
        read_study(tmp_path / "r")


def test_what_is_ignored_and_what_is_named(tmp_path):
    root = lay(
        tmp_path / "r", "S1_front.jpg", ".hidden.jpg", "._S1_front.jpg", "Thumbs.db", "__MACOSX/S1_front.jpg",
        "notes.txt", "raw/S1.CR2", "manifest.csv", "out/run.json", "out/subjects/x/aligned.png", ".git/a.jpg",
    )  # fmt: skip
    study = read_study(root)
    assert [entry.photo for entry in study.subjects[0].photos] == ["S1_front.jpg"]
    text = " ".join(study.warnings)
    assert "Not photos, left out: manifest.csv, notes.txt." in text
    assert "raw/S1.CR2 (in a folder of camera raw files" in text
    said = {item.file for item in study.left_out if item.reason != UNSAID}
    assert said == {"manifest.csv", "notes.txt", "raw/S1.CR2"}
    unsaid = {item.file for item in study.left_out} - said
    assert unsaid == {".hidden.jpg", "._S1_front.jpg", "Thumbs.db", "__MACOSX/", "out/", ".git/"}
    assert "out holds results of an earlier run" in text
    assert "holds a manifest.csv" in text
    for ignored in ("hidden", "Thumbs", "MACOSX", "aligned"):
        assert ignored not in text


BAD = {
    "empty": ([], "holds no photos .found an empty folder"),
    "no photos": (["a.txt", "x/b.pdf"], "holds no photos .found 2 files of other kinds"),
    "too deep": (["P1/S1/again/a.jpg"], "too deep"),
    "beside": (["S1_front.jpg", "anna/S1_front.jpg", "anna/S2_front.jpg"], "photos beside folders of photos"),
    "folder and name": (["S1_front.jpg", "S1/front.jpg"], "two photos for session S1, view front"),
    "no order": (["anna.jpg", "berta.jpg"], "sessions cannot be ordered"),
    "mixed": (["2024-01-05_front.jpg", "week4_front.jpg"], "sessions cannot be ordered"),
    "some without": (["S1_front.jpg", "left45.jpg"], "the session of left45.jpg cannot be told"),
    "people": (
        ["before/anna.jpg", "before/bo.jpg", "after/anna.jpg", "after/bo.jpg"],
        "may be people or repeat shots",
    ),
    "case": (["s1_front.jpg", "S1_left.jpg"], "differ by upper and lower case"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_folders(tmp_path, name):
    files, message = BAD[name]
    (tmp_path / "root").mkdir()
    with pytest.raises(StudyError, match=message):
        read_study(lay(tmp_path / "root", *files))


def test_without_strict_an_order_is_made_up_and_said(tmp_path):
    root = lay(tmp_path / "r", "rome_front.jpg", "paris_front.jpg")
    study = read_study(root, strict=False)
    assert study.subjects[0].sessions == ("paris", "rome")
    assert any("cannot be ordered" in warning for warning in study.warnings)
    write_manifest(study, root / "m.csv")
    text = (root / "m.csv").read_text().replace("paris,paris_front.jpg,", "paris,paris_front.jpg,2024-02-01")
    (root / "m.csv").write_text(text.replace("rome,rome_front.jpg,", "rome,rome_front.jpg,2024-01-01"))
    assert read_study(root / "m.csv").subjects[0].sessions == ("rome", "paris")


def test_a_circle_of_links_ends(tmp_path):
    root = lay(tmp_path / "r", "P1/S1_front.jpg")
    (root / "P1" / "again").symlink_to(root)
    study = read_study(root)
    assert [item.reason for item in study.left_out] == ["a link to a folder above it"]


def test_reading_a_study_loads_nothing_heavy():
    code = "import sys, skinimg.study; print(sorted({'torch', 'cv2', 'skimage', 'monai'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_real_close_ups(shared_data):
    study = read_study(shared_data / "closeups")
    assert [subject.name for subject in study.subjects] == ["p1", "p2"]
    first = study.subjects[0]
    assert len(first.sessions) == 11
    assert first.sessions[0] == "1-1015-2022-134230"
    assert any("p1: 11 file names state no session" in warning for warning in study.warnings)


def test_a_flat_folder_of_people_is_refused(shared_data):
    with pytest.raises(StudyError, match="portraits: sessions cannot be ordered"):
        read_study(shared_data / "portraits")


def test_flat_studies_are_read_by_the_names(tmp_path):
    root = lay(tmp_path / "r", "P01_V1_front.jpg", "P01_V2_front.jpg", "P02_V1_front.jpg", "P02_V2_front.jpg")
    assert read(root) == [("P01", ("V1", "V2")), ("P02", ("V1", "V2"))]
    named = lay(tmp_path / "n", "anna-before.jpg", "anna-after 2 weeks.jpg", "bo-before.jpg", "bo-after 2 weeks.jpg")
    assert read(named) == [("anna", ("before", "after 2 weeks")), ("bo", ("before", "after 2 weeks"))]


def test_sessions_above_subjects(tmp_path):
    root = lay(tmp_path / "r", "before/anna/front.jpg", "before/bo/front.jpg", "after 2 weeks/anna/front.jpg")
    assert read(root) == [("anna", ("before", "after 2 weeks")), ("bo", ("before",))]


def test_the_same_numbers_before_and_after_may_be_people(tmp_path):
    root = lay(tmp_path / "r", "Before/001.jpg", "Before/002.jpg", "After/001.jpg", "After/002.jpg")
    with pytest.raises(StudyError, match="may be people"):
        read_study(root)


def test_twins_and_copies_are_one_exposure(tmp_path):
    root = lay(tmp_path / "r", "S1/IMG_1.HEIC", "S1/IMG_1.JPG", "S2/IMG_9.HEIC", "S2/IMG_9.JPG", "S2/IMG_9.NEF")
    lay(root, "S1/IMG_1 (1).HEIC", "S1/IMG_1 - Copy.heic")
    study = read_study(root)
    assert [e.photo for e in study.subjects[0].photos] == ["S1/IMG_1.HEIC", "S2/IMG_9.HEIC"]
    assert len(study.left_out) == 5
    mixed = lay(tmp_path / "m", "S1/a.HEIC", "S1/a.JPG", "S2/b.JPG", "S3/c.JPG")
    assert [e.photo for e in read_study(mixed).subjects[0].photos] == ["S1/a.JPG", "S2/b.JPG", "S3/c.JPG"]


def test_photos_that_cannot_be_read_stay_in_the_study(tmp_path):
    root = lay(tmp_path / "r", "S1_front.bmp", "S2_front.NEF", "S3_front.jfif", "S4_front.jpg")
    assert read(root) == [("r", ("S1", "S2", "S3", "S4"))]


def test_day_and_month_are_not_guessed(tmp_path):
    root = lay(tmp_path / "r", "12-01-2026_front.jpg", "09-02-2026_front.jpg")
    with pytest.raises(StudyError, match=r"2026-01-12 \(day-month-year\) or 2026-12-01"):
        read_study(root)
    sure = lay(tmp_path / "s", "12-01-2026_front.jpg", "29-12-2025_front.jpg")
    assert read(sure) == [("s", ("29-12-2025", "12-01-2026"))]


def test_the_camera_tells_day_from_month(tmp_path):
    shot(tmp_path / "r" / "12-01-2026_front.jpg", "2026:01:12 10:00:00")
    shot(tmp_path / "r" / "09-02-2026_front.jpg", "2026:02:09 10:00:00")
    (subject,) = read_study(tmp_path / "r").subjects
    assert subject.sessions == ("12-01-2026", "09-02-2026")
    assert [e.date for e in subject.photos] == ["2026-01-12", "2026-02-09"]


def test_cameras_date_silent_names_and_contradict_others(tmp_path):
    shot(tmp_path / "r" / "S1_front.jpg", "2026:01:12 10:00:00")
    shot(tmp_path / "r" / "S2_front.jpg", "2026:02:09 10:00:00")
    assert [e.date for e in read_study(tmp_path / "r").subjects[0].photos] == ["2026-01-12", "2026-02-09"]
    shot(tmp_path / "w" / "S1_front.jpg", "2026:03:12 10:00:00")
    shot(tmp_path / "w" / "S2_front.jpg", "2026:02:09 10:00:00")
    wrong = read_study(tmp_path / "w")
    assert [e.date for e in wrong.subjects[0].photos] == ["", ""]
    assert any("clocks S1 was taken on 2026-03-12 and S2 on 2026-02-09" in text for text in wrong.warnings)


def test_invisible_characters_make_no_second_subject(tmp_path):
    root = lay(tmp_path / "r", "an\u200bna/S1_front.jpg", "bo/S1_front.jpg", "bo/S2_front.jpg")
    assert [name for name, _ in read(root)] == ["anna", "bo"]


def test_a_name_that_is_no_text_is_refused(tmp_path):
    lay(tmp_path / "r", os.fsdecode(b"M\xfcller") + "/S1_front.jpg")
    with pytest.raises(StudyError, match="not text"):
        read_study(tmp_path / "r")


@pytest.mark.parametrize("name", sorted(BAD.keys() - {"empty", "no photos", "case", "folder and name"}))
def test_a_draft_manifest_is_always_written(tmp_path, name):
    root = lay(tmp_path / "root", *BAD[name][0])
    write_manifest(read_study(root, strict=False), root / "draft.csv")
    assert len((root / "draft.csv").read_text().splitlines()) == 1 + len(BAD[name][0])
