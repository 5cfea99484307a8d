"""Manifests: read with care, refused with the row, written so that they read back."""

import csv
import datetime
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skinimg.base.entries import PhotoEntry
from skinimg.base.errors import StudyError
from skinimg.base.findings import LIGHTS, VIEWS
from skinimg.study import read_study, write_manifest
from skinimg.study.grouping import _as_seen, build_study
from skinimg.study.names import clean_name
from skinimg.study.rows import arms_spelt_twice
from tests.study.laid import lay


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "b.jpg", "c.jpg", "sub/d.jpg"):
        (tmp_path / "study" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "study" / name).write_bytes(b"x")
    (tmp_path / "outside.jpg").write_bytes(b"x")
    return tmp_path / "study"


def test_every_file_below_a_manifest_is_listed_or_named(folder):
    """A folder that no row mentions is where a person's photos are forgotten; what nobody sees is no photo."""
    lay(folder, "ben/S1/front.jpg", "ben/S1/front.NEF", "ben/.AppleDouble/front.jpg", "ben/S1/._front.jpg")
    lay(folder, "result/run.json", "result/subjects/ana/S1/front/aligned.png", "$RECYCLE.BIN/$R1.jpg")
    lay(folder, "truth/changes.csv", "truth/lesions.csv", "truth/ana/S1_front/spots.png", "ben/S1/notes.pdf")
    study = read_study(write(folder, "subject,session,photo", "Ana,S1,a.jpg", "Ana,S2,b.jpg"))
    named = ["c.jpg", "ben/S1/front.NEF", "ben/S1/front.jpg", "sub/d.jpg"]
    reasons = {item.file: item.reason for item in study.left_out}
    assert [file for file, reason in reasons.items() if reason == "not listed in manifest.csv"] == named
    hidden = ["$RECYCLE.BIN/", "result/", "truth/", "ben/.AppleDouble/", "ben/S1/._front.jpg"]
    assert sorted(file for file, reason in reasons.items() if reason.startswith("hidden")) == sorted(hidden)
    assert sorted(reasons.keys() - {*named, *hidden}) == ["ben/S1/notes.pdf"]
    assert study.warnings == (
        f"Photos that manifest.csv does not list, left out: {', '.join(named)}.",
        "Not photos, left out: ben/S1/notes.pdf.",
    )


def test_a_linked_folder_below_a_manifest_is_named(folder):
    lay(folder.parent / "elsewhere", "e.jpg")
    (folder / "linked").symlink_to(folder.parent / "elsewhere")
    study = read_study(write(folder, "subject,session,photo", "Ana,S1,a.jpg", "Ana,S2,b.jpg"))
    assert "linked/" in [item.file for item in study.left_out]
    assert "Links to folders, which are not followed, left out: linked/." in study.warnings


def write(folder, *lines, encoding="utf-8", name="manifest.csv"):
    path = folder / name
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def test_a_full_manifest(folder):
    path = write(
        folder,
        "subject,session,photo,date,view,light,replicate,mm_per_px,arm,arm_left,arm_right,treatment,site,age,phototype,"
        "x_smoker,m_corneometer",
        "Ana,S10,sub/d.jpg,2024-03-01,left45,cross_polarized,2,0.05,A,active,vehicle,exosomes,Lyon,44,III,no,41.5",
        "Ana,S2,a.jpg,,,,,,,,,,,,,,",
        "",
        "Bo,S1,b.jpg,,,,,,,,,,,,,,",
    )
    study = read_study(path)
    assert [subject.name for subject in study.subjects] == ["Ana", "Bo"]
    assert study.root == folder
    assert study.warnings == ("Photos that manifest.csv does not list, left out: c.jpg.",)
    assert [item.file for item in study.left_out] == ["c.jpg"]
    assert study.subjects[0].sessions == ("S2", "S10")
    plain, full = study.subjects[0].photos
    assert plain == PhotoEntry("Ana", "S2", folder / "a.jpg", "a.jpg")
    assert full == PhotoEntry(
        subject="Ana",
        session="S10",
        path=folder / "sub" / "d.jpg",
        photo="sub/d.jpg",
        date="2024-03-01",
        view="left45",
        light="cross_polarized",
        replicate=2,
        mm_per_px=0.05,
        arm="A",
        arm_left="active",
        arm_right="vehicle",
        treatment="exosomes",
        site="Lyon",
        age="44",
        phototype="III",
        covariates={"smoker": "no"},
        instruments={"corneometer": "41.5"},
    )


def test_byte_order_mark_quotes_and_windows_line_ends(folder):
    path = folder / "m.csv"
    path.write_bytes('\ufeffsubject,session,photo\r\n"Doe, Jane",S1,sub\\d.jpg\r\n'.encode())
    (subject,) = read_study(path).subjects
    assert subject.name == "Doe, Jane"
    assert subject.photos[0].photo == "sub/d.jpg"


@pytest.mark.parametrize("separator, word", [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_understood_and_said(folder, separator, word):
    study = read_study(write(folder, HEAD.replace(",", separator), separator.join(("A", "B", "a.jpg"))))
    assert study.subjects[0].photos[0].session == "B"
    assert word in study.warnings[0]


def test_sessions_order_by_their_dates(folder):
    path = write(folder, "subject,session,photo,date", "A,x,a.jpg,2024-02-01", "A,y,b.jpg,2024-01-01")
    assert read_study(path).subjects[0].sessions == ("y", "x")


def test_an_absolute_path_inside_the_folder(folder):
    (subject,) = read_study(write(folder, "subject,session,photo", f"A,S1,{folder / 'a.jpg'}")).subjects
    assert subject.photos[0].photo == "a.jpg"


HEAD = "subject,session,photo"
BAD = {
    "unknown column": ([f"{HEAD},veiw", "A,S1,a.jpg,front"], r"unknown: veiw.*Rename: veiw -> view"),
    "twice, once in capitals": (["Subject,subject,session,photo", "A,A,S1,a.jpg"], "repeated: subject"),
    "empty covariate name": ([f"{HEAD},x_", "A,S1,a.jpg,1"], "unknown: x_"),
    "no column for photos": (["subject,session", "A,S1"], "missing: photo.*needs subject, session, photo"),
    "repeated column": ([f"{HEAD},view,view", "A,S1,a.jpg,front,front"], "repeated: view"),
    "empty file": (["", ""], "is empty"),
    "no rows": ([HEAD], "lists no photos"),
    "no subject": ([HEAD, ",S1,a.jpg"], "row 2: subject is not usable"),
    "no session": ([HEAD, "A,,a.jpg"], "row 2: session is not usable"),
    "short row": ([HEAD, "A,S1"], "row 2: photo is not usable"),
    "long row": ([HEAD, "A,S1,a.jpg,more"], "row 2 has too many cells"),
    "line break in a name": ([HEAD, '"A\nB",S1,a.jpg'], "subject is not usable"),
    "view": ([f"{HEAD},view", "A,S1,a.jpg,", "A,S1,b.jpg,lft45"], r"row 3: view is not known .found lft45.*left45'"),
    "light": ([f"{HEAD},light", "A,S1,a.jpg,crossed"], "row 2: light is not known .*'cross_polarized'"),
    "replicate": ([f"{HEAD},replicate", "A,S1,a.jpg,0"], "row 2: replicate is not usable .found 0"),
    "fraction": ([f"{HEAD},replicate", "A,S1,a.jpg,1.5"], "row 2: replicate is not usable .found 1.5"),
    "scale": ([f"{HEAD},mm_per_px", "A,S1,a.jpg,-0.1"], "row 2: mm_per_px is not usable .found -0.1"),
    "comma": ([f"{HEAD},mm_per_px", 'A,S1,a.jpg,"0,1"'], "row 2: mm_per_px is not usable .found 0,1"),
    "not a number": ([f"{HEAD},mm_per_px", "A,S1,a.jpg,nan"], "row 2: mm_per_px is not usable .found nan"),
    "date": ([f"{HEAD},date", "A,S1,a.jpg,05/01/2024"], "05/01/2024: 2024-01-05 .day-month-year. or 2024-05-01"),
    "impossible date": ([f"{HEAD},date", "A,S1,a.jpg,2024-02-30"], "row 2: date is not usable"),
    "traversal": ([HEAD, "A,S1,../outside.jpg"], "row 2: the photo lies outside"),
    "hidden traversal": ([HEAD, "A,S1,sub/../../outside.jpg"], "row 2: the photo lies outside"),
    "windows traversal": ([HEAD, "A,S1,..\\outside.jpg"], "row 2: the photo lies outside"),
    "absolute": ([HEAD, "A,S1,/etc/passwd"], "row 2: the photo lies outside"),
    "missing": ([HEAD, "A,S1,a.jpg", "A,S2,nope.jpg"], "row 3: there is no photo nope.jpg"),
    "folder": ([HEAD, "A,S1,sub"], "row 2: there is no photo sub"),
    "same place": ([HEAD, "A,S1,a.jpg", "A,S1,b.jpg"], "two photos for session S1, view front .found a.jpg and b.jpg"),
    "same path": ([f"{HEAD},replicate", "A,S1_r2,a.jpg,", "A,S1,b.jpg,2"], "two photos for session S1_r2"),
    "same photo": ([HEAD, "A,S1,a.jpg", "A,S2,a.jpg"], "rows 2 and 3 list the same photo, a.jpg: delete all but one"),
    "dates": ([f"{HEAD},date,view", "A,S1,a.jpg,2024-01-01,", "A,S1,b.jpg,2024-01-02,left"], "different dates .found"),
    "order": ([HEAD, "A,rome,a.jpg", "A,paris,b.jpg"], "A: sessions cannot be ordered"),
    "some dates": ([f"{HEAD},date", "A,x,a.jpg,2024-01-01", "A,y,b.jpg,"], "A: sessions cannot be ordered"),
    "case": ([HEAD, "anna,S1,a.jpg", "Anna,S2,b.jpg"], "two subjects differ by upper and lower case only"),
    "case of sessions": ([HEAD, "A,pre,a.jpg", "A,Pre,b.jpg"], "two sessions of A differ by upper and lower case"),
    "quote": ([HEAD, 'A,S1,"a.jpg'], "is not a CSV table"),
    "nul": ([HEAD, "A,S1,a\0.jpg"], "NUL characters"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_manifests(folder, name):
    lines, message = BAD[name]
    with pytest.raises(StudyError) as caught:
        read_study(write(folder, *lines))
    assert re.search(message, str(caught.value)), str(caught.value)


def test_other_encodings_are_refused_with_advice(folder):
    with pytest.raises(StudyError, match=r"not UTF-8 text .*save as 'CSV UTF-8'"):
        read_study(write(folder, HEAD, "Müller,S1,a.jpg", encoding="latin-1"))
    assert read_study(write(folder, HEAD, "A,S1,a.jpg", encoding="utf-16")).subjects[0].name == "A"


def test_a_link_out_of_the_folder_is_followed_and_refused(folder):
    (folder / "link.jpg").symlink_to(folder.parent / "outside.jpg")
    with pytest.raises(StudyError, match="lies outside"):
        read_study(write(folder, HEAD, "A,S1,link.jpg"))


def test_names_in_two_unicode_forms_are_one(folder):
    study = read_study(write(folder, HEAD, "Jos\u00e9,S1,a.jpg", "Jose\u0301,S2,b.jpg"))
    assert len(study.subjects) == 1


def test_paths_that_are_no_study(folder, tmp_path):
    for path, message in (
        (tmp_path / "nowhere", "does not exist"),
        (folder / "a.jpg", "is a photo"),
        (write(folder, "x", name="m.xlsx"), "is not a workbook"),
        (write(folder, "x", name="m.ods"), "is not a manifest"),
    ):
        with pytest.raises(StudyError, match=message):
            read_study(path)


# Text as a person or an attacker could put into a cell; what a cell cannot hold is stripped at both ends.
CELL = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12).map(str.strip)
CELL |= st.sampled_from(["=1+1", "'=x", "''-y", "+cmd", "@sum", "-5", "- 5", "'quoted'", 'a "b"', "a,b;c", "'"])
NAME = CELL.filter(bool)
SUBJECT = NAME.map(clean_name).filter(bool)
KEY = st.text("abcdefghij_0123456789", min_size=1, max_size=5)


@st.composite
def entries(draw, root):
    subjects = draw(st.lists(SUBJECT, min_size=1, max_size=2, unique_by=_as_seen))
    return [
        PhotoEntry(
            subject=subject,
            session=f"S{n + 1}",
            path=root / f"{k}_{n}.jpg",
            photo=f"{k}_{n}.jpg",
            date=draw(st.sampled_from(["", f"2024-01-0{n + 1}"])),
            view=draw(st.sampled_from(VIEWS)),
            light=draw(st.sampled_from(LIGHTS)),
            replicate=draw(st.integers(1, 999)),
            mm_per_px=draw(st.none() | st.floats(0.001, 1)),
            treatment=draw(CELL),
            site=draw(CELL),
            covariates=draw(st.dictionaries(KEY, NAME, max_size=2)),
            instruments=draw(st.dictionaries(KEY, NAME, max_size=2)),
        )
        for k, subject in enumerate(subjects)
        for n in range(draw(st.integers(1, 3)))
    ]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("round").resolve()
    photos = data.draw(entries(root))
    for photo in photos:
        photo.path.write_bytes(b"x")
    study = build_study(root, photos, [])
    write_manifest(study, root / "manifest.csv")
    assert read_study(root / "manifest.csv") == study


def test_no_cell_starts_as_a_formula(folder):
    photo = PhotoEntry("=cmd|' /C calc'!A0", "S1", folder / "a.jpg", "a.jpg", treatment="@x", site="-5", age="\t=1")
    write_manifest(build_study(folder, [photo], []), folder / "out.csv")
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["subject"] == "'=cmd|' /C calc'!A0"
    assert row["treatment"] == "'@x"
    assert row["age"].startswith("'")
    assert row["site"] == "-5"


def test_a_manifest_is_never_overwritten_nor_half_written(folder):
    study = read_study(write(folder, HEAD, "A,S1,a.jpg"))
    with pytest.raises(StudyError, match="exists already"):
        write_manifest(study, folder / "manifest.csv")
    with pytest.raises(StudyError, match="must lie in or above"):
        write_manifest(study, folder / "sub" / "m.csv")
    assert sorted(path.name for path in folder.iterdir()) == ["a.jpg", "b.jpg", "c.jpg", "manifest.csv", "sub"]


def test_a_folder_that_takes_no_file(folder, monkeypatch):
    study = read_study(write(folder, HEAD, "A,S1,a.jpg"))

    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StudyError, match=r"cannot be written .found No space left"):
        write_manifest(study, folder / "m.csv")
    assert not (folder / "m.csv").exists()


def test_a_manifest_may_lie_above(folder):
    study = read_study(write(folder, HEAD, "A,S1,sub/d.jpg"))
    write_manifest(study, folder.parent / "m.csv")
    (subject,) = read_study(folder.parent / "m.csv").subjects
    assert subject.photos[0].photo == Path("study/sub/d.jpg").as_posix()


def test_dates_against_names_are_followed_and_said_aloud(folder):
    rows = ("subject,session,photo,date", "Ana,S1,a.jpg,2024-03-01", "Ana,S2,b.jpg,2024-01-01")
    study = read_study(write(folder, *rows))
    assert study.subjects[0].sessions == ("S2", "S1")
    assert "S2 is the baseline, not S1" in " ".join(study.warnings)
    agreeing = ("subject,session,photo,date", "Ana,S1,a.jpg,2024-01-01", "Ana,S2,b.jpg,2024-03-01")
    assert not any("baseline" in text for text in read_study(write(folder, *agreeing)).warnings)


def test_what_spreadsheets_add_is_left_out(folder):
    study = read_study(write(folder, "sep=;", "subject;session;photo;mm_per_px;", ";;;;", "A;S1;a.jpg;0,05;"))
    assert study.subjects[0].photos[0].mm_per_px == 0.05
    assert read_study(write(folder, f"{HEAD},", "A,S1,a.jpg,")).subjects[0].name == "A"


def test_a_workbook_is_a_manifest(folder):
    book = openpyxl.Workbook()
    for row in (["subject", "session", "photo", "date"], [7, "S1", "a.jpg", datetime.date(2024, 1, 31)]):
        book.active.append(row)
    book.save(folder / "m.xlsx")
    (subject,) = read_study(folder / "m.xlsx").subjects
    assert (subject.name, subject.photos[0].date) == ("7", "2024-01-31")


def workbook(folder, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for k, rows in enumerate(sheets):
        sheet = book.create_sheet(f"s{k}")
        for row in rows:
            sheet.append(row)
    book.save(folder / "m.xlsx")
    return folder / "m.xlsx"


ROWS = [["subject", "session", "photo"], ["a", "S1", "a.jpg"], ["a", "S2", "b.jpg"]]


def test_the_sheet_that_is_filled_is_the_manifest(folder):
    assert len(read_study(workbook(folder, [], ROWS)).subjects[0].photos) == 2
    with pytest.raises(StudyError, match=r"several sheets.*s0, s1"):
        read_study(workbook(folder, ROWS, [["notes"]]))


def test_an_error_of_the_spreadsheet_is_no_name(folder):
    with pytest.raises(StudyError, match=r"row 2: session is an error of the spreadsheet.*#N/A"):
        read_study(write(folder, "subject,session,photo\na,#N/A,a.jpg\na,S2,b.jpg\n"))


def test_views_and_lights_by_the_names_that_files_have(folder):
    path = write(
        folder, "subject,session,photo,view,light\na,S1,a.jpg,Left oblique,xpol\na,S2,b.jpg,L45,Cross polarized\n"
    )
    assert {(e.view, e.light) for e in read_study(path).subjects[0].photos} == {("left45", "cross_polarized")}


def test_all_faults_are_said_at_once(folder):
    rows = ("A,S1,a.jpg,front,active", "A,S2,b.jpg,lft,vehicle", "A,S1,a.jpg,front,", "A,S3,c.jpg,front,vehicle")
    with pytest.raises(StudyError) as caught:
        read_study(write(folder, f"{HEAD},view,arm_left", *rows))
    text = str(caught.value)
    assert "3 faults" in text
    assert "row 3: view is not known" in text
    assert "rows 2 and 4 list the same photo" in text
    assert "rows 2 and 5: arm_left of subject A is active and vehicle" in text


def test_all_columns_are_judged_at_once(folder):
    with pytest.raises(StudyError, match="Pacjent -> subject, Wizyta -> session, Plik -> photo"):
        read_study(write(folder, "Pacjent,Wizyta,Plik", "A,S1,a.jpg"))
    with pytest.raises(StudyError, match="환자 -> subject, 방문 -> session, 사진 -> photo"):
        read_study(write(folder, "환자,방문,사진", "A,S1,a.jpg"))
    with pytest.raises(StudyError, match="患者 -> subject, 来院 -> session, 写真 -> photo"):
        read_study(write(folder, "患者,来院,写真", "A,S1,a.jpg"))
    with pytest.raises(StudyError, match="PatientID -> subject, Visit -> session, Filename -> photo"):
        read_study(write(folder, "PatientID,Visit,Filename", "A,S1,a.jpg"))


def test_invisible_characters_are_left_out(folder):
    study = read_study(write(folder, HEAD, "An\u200bna,S1,a.jpg", "Anna,S2,b.jpg"))
    assert [subject.name for subject in study.subjects] == ["Anna"]


@pytest.mark.parametrize(
    "member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_a_workbook_with_broken_xml_is_refused(folder, member):
    """Found by the fuzzer: openpyxl raised a ParseError, and left the file open."""
    good = workbook(folder, ROWS)
    with zipfile.ZipFile(good) as whole, zipfile.ZipFile(folder / "broken.xlsx", "w") as broken:
        for name in whole.namelist():
            broken.writestr(name, b"<a" if name == member else whole.read(name))
    with pytest.raises(StudyError, match="not a workbook that can be read"):
        read_study(folder / "broken.xlsx")


def test_an_empty_cell_in_the_last_corner_of_a_sheet_costs_nothing(folder):
    """A format put on it makes the sheet 1,048,576 x 16,384 cells; a row beyond the last one would never be reached."""
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.cell(1_048_576, 16_384, "")
    book.save(folder / "wide.xlsx")
    assert len(read_study(folder / "wide.xlsx").subjects[0].photos) == 2
    with zipfile.ZipFile(folder / "wide.xlsx") as whole, zipfile.ZipFile(folder / "far.xlsx", "w") as far:
        for name in whole.namelist():
            far.writestr(name, whole.read(name).replace(b"1048576", b"99999999999"))
    with pytest.raises(StudyError, match="a row beyond 1048576"):
        read_study(folder / "far.xlsx")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Active", "active", True),
        ("drug A", "drug_a", True),
        ("A - B", "A-B", True),
        ("Ａ", "A", True),
        ("laser", "laser+", False),
        ("A+", "A-", False),
        ("+", "-", False),
        ("*", "", False),
    ],
)
def test_arms_that_look_like_one(one, other, alike):
    assert bool(arms_spelt_twice([(2, one), (3, ""), (4, other)])) == alike
