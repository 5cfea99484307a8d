"""Tables as offices and trial teams write them: read where they can mean one thing, else refused with what to do."""

import openpyxl
import pytest

from skinimg.base.errors import StudyError
from skinimg.study import read_study, write_manifest

HEAD = "subject,session,photo"


@pytest.fixture
def folder(tmp_path):
    for name in ("p/a.jpg", "p/b.jpg", "q/a.jpg", "M\u00fcller/c.jpg"):
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not decoded here")
    return tmp_path / "study"


def read(folder, *lines, name="manifest.csv"):
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return read_study(folder / name)


READ = {
    "a title and an empty line": ["Study XY, of 12.01.2026;;", ";;", "subject;session;photo", "A;S1;p/a.jpg"],
    "a title alone": ["Study XY", HEAD, "A,S1,p/a.jpg"],
    "a comment": ["# as of today, not final", HEAD, "A,S1,p/a.jpg"],
    "upright strokes": ["subject|session|photo", "A|S1|p/a.jpg"],
    "a time zone": [f"{HEAD},date", "A,S1,p/a.jpg,2026-02-10T10:11:12+01:00"],
    "a number of pandas": [f"{HEAD},replicate", "A,S1,p/a.jpg,1.0"],
    "other capitals in the header": ["Subject,SESSION,Photo,View", "A,S1,p/a.jpg,front"],
    "other capitals in a path": [HEAD, "A,S1,P\\A.JPG"],
    "an East Asian date": [f"{HEAD},date", "A,S1,p/a.jpg,2026年2月10日"],
    "the other Unicode form": [HEAD, "A,S1,Mu\u0308ller/c.jpg"],
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read(folder, name):
    (subject,) = read(folder, *READ[name]).subjects
    assert (subject.name, subject.sessions) == ("A", ("S1",))


def test_the_title_of_a_workbook_is_skipped_and_said(folder):
    book = openpyxl.Workbook()
    for row in (
        ["Study XY"],
        [],
        ["subject", "session", "photo", None],
        ["A", "S1", "p/a.jpg"],
        ["A", "S2", "p/b.jpg"],
    ):
        book.active.append(row)
    book.save(folder / "m.xlsx")
    study = read_study(folder / "m.xlsx")
    assert study.subjects[0].sessions == ("S1", "S2")
    assert "the header is row 3" in " ".join(study.warnings)


def test_capitals_that_may_mean_two_files_are_refused(folder):
    (folder / "p" / "B.jpg").write_bytes(b"beside b.jpg")
    with pytest.raises(StudyError, match=r"no photo p/B.JPG"):
        read(folder, HEAD, "A,S1,p/B.JPG")


REFUSED = {
    "full width": (["ｓｕｂｊｅｃｔ,session,photo", "A,S1,a.jpg"], "ｓｕｂｊｅｃｔ -> subject"),
    "a column of one's own": ([f"{HEAD},notes", "A,S1,p/a.jpg,x"], r"notes -> x_notes\) or delete"),
    "German": (
        ["Patient;Sitzung;Dateiname;Aufnahmedatum;Seite"],
        "Dateiname -> photo, Aufnahmedatum -> date, Seite -> view",
    ),
    "CDISC": (["USUBJID,VISIT,IMGFILE,VISITNUM", "1,V1,a,1"], r"IMGFILE -> photo.*VISITNUM -> x_VISITNUM"),
    "one meaning twice": (["id,patient,session,photo"], r"id -> subject.*patient -> x_patient"),
    "a path of another computer": ([HEAD, r"A,S1,C:\\Study\\p\\a.jpg"], "no photo C:.*mean p/a.jpg"),
    "no folder": ([HEAD, "A,S1,b.jpg"], "mean p/b.jpg"),
    "no extension": ([HEAD, "A,S1,q/a"], "mean q/a.jpg"),
    "merged cells": ([HEAD, "A,S1,p/a.jpg", ",S2,p/b.jpg"], "row 3: subject .*an empty cell.*merged cells"),
    "a day as a number": ([f"{HEAD},date", "A,S1,p/a.jpg,46034"], "spreadsheet's number of a day"),
    "an arm in two spellings": (
        [f"{HEAD},arm", "A,S1,p/a.jpg,Active", "B,S1,p/b.jpg,active"],
        "Active and active look like",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(folder, name):
    lines, message = REFUSED[name]
    with pytest.raises(StudyError, match=message):
        read(folder, *lines)


def test_a_photo_that_may_be_one_of_two_is_not_proposed(folder):
    with pytest.raises(StudyError, match=r"no photo a\.jpg in study$"):
        read(folder, HEAD, "A,S1,a.jpg")


@pytest.mark.parametrize(
    "name, start", [("m.csv", b"PK\3\4"), ("m.ods", b"PK\3\4"), ("m.xls", b"<html>"), ("m.csv", b"a\0b")]
)
def test_other_kinds_of_tables_are_refused_with_advice(folder, name, start):
    (folder / name).write_bytes(start)
    with pytest.raises(StudyError, match="save as 'CSV UTF-8'"):
        read_study(folder / name)


def test_a_link_in_the_other_unicode_form_is_followed_and_refused(folder, tmp_path):
    (tmp_path / "outside.jpg").write_bytes(b"x")
    (folder / "\u00fc.jpg").symlink_to(tmp_path / "outside.jpg")
    with pytest.raises(StudyError, match="lies outside"):
        read(folder, HEAD, "A,S1,u\u0308.jpg")


def test_a_table_of_text_is_not_called_a_workbook(folder):
    study = read(folder, HEAD, "A,S1,p/a.jpg")
    with pytest.raises(StudyError, match=r"needs a name like m\.csv"):
        write_manifest(study, folder / "m.xlsx")
