"""Names that phones, editors, file managers and photographers give to files, and files that are no photos."""

from datetime import date, timedelta

import pytest
from PIL import Image

from skinimg.base.errors import StudyError
from skinimg.photo.header import read_header
from skinimg.study import read_study, uncompared
from skinimg.study.names import parse_stem
from tests.study.laid import lay


@pytest.mark.parametrize(
    "stem, view",
    [
        ("V1_Halbprofil links", "left45"),
        ("V1_3-4 droit", "right45"),
        ("V1_oblicuo izquierdo", "left45"),
        ("V1_left three-quarter", "left45"),
        ("V1_rechts 90°", "right"),
        ("V1_lateral_derecho", "right"),
        ("V1_frente", "front"),
        ("V1_left_3", "left"),
        ("V1_izq", "left"),
        ("V1_sx", "left"),
        ("V1_profil G", "left"),
        ("V1_profil D", "right"),
        ("V1_lado derecho", "right"),
        ("V1_front view", "front"),
    ],
)
def test_views(stem, view):
    assert (parse_stem(stem).session, parse_stem(stem).view) == ("V1", view)


ONE_OF_EACH = {
    "an edit on the phone": (["S1/IMG_1234.HEIC", "S1/IMG_E1234.JPG", "S2/IMG_9.HEIC"], "S1/IMG_E1234.JPG"),
    "an edit of Google": (["S1/a_front.jpg", "S1/a_front-edited.jpg", "S2/a_front.jpg"], "S1/a_front-edited.jpg"),
    "an edit of Lightroom": (["S1/front.jpg", "S1/front-Edit.tif", "S2/front.jpg"], "S1/front-Edit.tif"),
    "a copy on Windows": (["S1/front.jpg", "S1/Copy of front.jpg", "S2/front.jpg"], "S1/Copy of front.jpg"),
    "a copy in German": (["S1/front.jpg", "S1/Kopie (2) von front.jpg", "S2/front.jpg"], "S1/Kopie (2) von front.jpg"),
    "a copy in Polish": (["S1/front.jpg", "S1/front — kopia.jpg", "S2/front.jpg"], "S1/front — kopia.jpg"),
    "a copy in Russian": (["S1/front.jpg", "S1/Копия front.jpg", "S2/front.jpg"], "S1/Копия front.jpg"),
    "a copy in Japanese": (
        ["S1/front.jpg", "S1/frontのコヒ\u309aー.jpg", "S2/front.jpg"],
        "S1/frontのコヒ\u309aー.jpg",
    ),
    "a copy in Chinese": (["S1/front.jpg", "S1/front - 副本 (2).jpg", "S2/front.jpg"], "S1/front - 副本 (2).jpg"),
    "a conflict in Dropbox": (
        ["S1/front.jpg", "S1/front (Ana's conflicted copy 2026-01-12).jpg", "S2/front.jpg"],
        "S1/front (Ana's conflicted copy 2026-01-12).jpg",
    ),
    "a conflict in German": (
        ["S1/front.jpg", "S1/front (In Konflikt stehende Kopie von Ana 2026-01-12).jpg", "S2/front.jpg"],
        "S1/front (In Konflikt stehende Kopie von Ana 2026-01-12).jpg",
    ),
    "a conflict in Syncthing": (
        ["S1/front.jpg", "S1/front.sync-conflict-20260112-101112-ABC.jpg", "S2/front.jpg"],
        "S1/front.sync-conflict-20260112-101112-ABC.jpg",
    ),
    "an edit of Samsung": (
        ["S1/20260112_101112.jpg", "S1/20260112_101112~2.jpg", "S2/f.jpg"],
        "S1/20260112_101112~2.jpg",
    ),
    "an export": (["S1/IMG_1.jpg", "S1/Export/IMG_1.jpg", "S2/IMG_2.jpg"], "S1/Export/IMG_1.jpg"),
    "converted": (["S1/IMG_1.HEIC", "S1/IMG_1.HEIC.jpg", "S2/IMG_2.HEIC"], "S1/IMG_1.HEIC.jpg"),
}


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_one_file_of_each_exposure(tmp_path, name):
    files, twin = ONE_OF_EACH[name]
    study = read_study(lay(tmp_path / "root", *files))
    assert [item.file for item in study.left_out] == [twin]
    assert len(study.subjects[0].photos) == 2


def test_an_article_is_no_side(tmp_path):
    (subject,) = read_study(lay(tmp_path / "r", "vor der 1. Behandlung.jpg", "nach der 1. Behandlung.jpg")).subjects
    assert [entry.view for entry in subject.photos] == ["front", "front"]


def test_an_edited_photo_without_its_original_stays(tmp_path):
    study = read_study(lay(tmp_path / "root", "S1/front.jpg", "S2/front-edited.jpg"))
    assert (len(study.subjects[0].photos), study.left_out) == (2, ())


def test_an_extension_that_was_hidden_is_no_part_of_the_name(tmp_path):
    (subject,) = read_study(lay(tmp_path / "root", "V1_front.jpg.jpg", "V2_front.HEIC.jpg")).subjects
    assert (subject.sessions, subject.photos[0].view) == (("V1", "V2"), "front")


LOST = {
    "an archive": (["anna/V1_f.jpg", "anna/V2_f.jpg", "ben.zip"], "ben.zip: an archive"),
    "a film of a person": (["P01/V1_f.jpg", "P01/V2_f.jpg", "P02.mov"], "P02.mov: not read"),
    "a person on film": (
        ["P01_V1.jpg", "P01_V2.jpg", "P02_V1.jpg", "P02_V2.jpg", "P03_V1.mov"],
        "P03_V1.mov: not read",
    ),
    "a letter called like a session": (["week0.jpg", "week4.jpg", "week8.pdf"], "week8: only week8.pdf"),
    "a letter called by a date": (["2026-01-12.jpg", "2026-02-10.jpg", "2026-03-11.docx"], "only 2026-03-11.docx"),
    "a folder with a letter": (["Visit I/f.jpg", "Visit II/f.jpg", "Visit III/scan.pdf"], "Visit III: no photo"),
}


@pytest.mark.parametrize("name", LOST)
def test_people_who_are_lost_are_named(tmp_path, name):
    files, message = LOST[name]
    assert message in " ".join(uncompared(read_study(lay(tmp_path / "root", *files))))


@pytest.mark.parametrize(
    "copy", ["V1_front (Ana's conflicted copy 2026-02-01).jpg", "V1_front.sync-conflict-20260112-101112-ABC.jpg"]
)
def test_two_versions_of_a_photo_are_refused_and_drafted(tmp_path, copy):
    root = lay(tmp_path / "root", "V1_front.jpg", copy, "V2_front.jpg")
    (root / copy).write_bytes(b"another version")
    with pytest.raises(StudyError, match="two versions that differ"):
        read_study(root)
    drafted = read_study(root, strict=False)
    assert sorted(entry.photo for entry in drafted.subjects[0].photos) == sorted(["V1_front.jpg", copy, "V2_front.jpg"])


def test_an_archive_that_a_folder_came_from_and_letters_are_no_loss(tmp_path):
    letters = ("anna/V2.pdf", "anna/2026-03-11 consent.pdf", "week8.csv", "anna/final.pdf")
    root = lay(tmp_path / "root", "anna/V1_f.jpg", "anna/V2_f.jpg", "anna.zip", "root.zip", "IMG_5.mov", *letters)
    assert uncompared(read_study(root)) == ()


def test_one_visit_in_two_spellings_is_said_and_not_missed(tmp_path):
    study = read_study(lay(tmp_path / "r", "anna/V1_f.jpg", "anna/V2_f.jpg", "ben/v1_f.jpg", "ben/Visit 2_f.jpg"))
    assert uncompared(study) == ()
    assert "Visit 2 of ben and V2 look like one visit" in " ".join(study.warnings)


def shot(path, taken):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64)).save(path, exif=exif)
    return path


@pytest.mark.parametrize("taken", ["1970:01:01 00:00:00", "1980:01:01 00:01:00", "2000:01:01 00:00:00"])
def test_a_clock_that_was_never_set_tells_no_day(tmp_path, taken):
    assert read_header(shot(tmp_path / "a.jpg", taken)).date == ""


def test_a_day_that_is_still_to_come_is_said(tmp_path):
    far = date.today() + timedelta(days=400)
    shot(tmp_path / "r" / "IMG_1.jpg", "2024:01:05 10:00:00")
    shot(tmp_path / "r" / "IMG_2.jpg", f"{far:%Y:%m:%d} 10:00:00")
    assert f"{far} is dated {far}, which is still to come" in " ".join(read_study(tmp_path / "r").warnings)
