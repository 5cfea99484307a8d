"""People and dates together in one name: told apart, or refused; never two people as one."""

import pytest

from skinimg.base.errors import StudyError
from skinimg.study import read_study
from tests.study.laid import lay

READ = {
    "numbers": (["P01_V1/f.jpg", "P01_V2/f.jpg", "P02_V1/f.jpg", "P02_V2/f.jpg"], {"P01": "V1 V2", "P02": "V1 V2"}),
    "words": (["Anna after/f.jpg", "Anna before/f.jpg"], {"Anna": "before after"}),
    "dates": (["Anna 2026-02-10/a.jpg", "Anna 2026-01-12/b.jpg"], {"Anna": "2026-01-12 2026-02-10"}),
    "birthdays": (["Doe 1971-03-04/V1.jpg", "Roe 1960-05-12/V1.jpg"], {"Doe 1971-03-04": "V1", "Roe 1960-05-12": "V1"}),
    "born": (
        ["Doe_19710304_V1_f.jpg", "Doe_19710304_V2_f.jpg", "Roe_19600512_V1_f.jpg", "Roe_19600512_V2_f.jpg"],
        {"Doe_19710304": "V1 V2", "Roe_19600512": "V1 V2"},
    ),
    "born, once without a follow-up": (
        ["Doe_19710304_V1_f.jpg", "Doe_19710304_V2_f.jpg", "Roe_19600512_V1_f.jpg"],
        {"Doe_19710304": "V1 V2", "Roe_19600512": "V1"},
    ),
    "one visit each": (["P1_20260112_V1_f.jpg", "P2_20260112_V1_f.jpg"], {"P1": "20260112_V1", "P2": "20260112_V1"}),
    "a name of words": (["An Na/S1/f.jpg", "An Na/S2/f.jpg"], {"An Na": "S1 S2"}),
    "a short name": (
        ["Di_before.jpg", "Di_after.jpg", "Ed_before.jpg", "Ed_after.jpg"],
        {"Di": "before after", "Ed": "before after"},
    ),
    "a day of two visits": (
        ["P1_20260112_V1_f.jpg", "P1_20260210_V2_f.jpg", "P2_20260112_V1_f.jpg", "P2_20260210_V2_f.jpg"],
        {"P1": "20260112_V1 20260210_V2", "P2": "20260112_V1 20260210_V2"},
    ),
    "born, above dates": (
        ["1971-03-04 Doe/2026-01-12/f.jpg", "1971-03-04 Doe/2026-02-10/f.jpg", "1960-05-12 Roe/2026-01-12/f.jpg"],
        {"1971-03-04 Doe": "2026-01-12 2026-02-10", "1960-05-12 Roe": "2026-01-12"},
    ),
    "treatments": (["2026-01-12 laser/f.jpg", "2026-02-10 peel/f.jpg"], {"root": "2026-01-12 laser 2026-02-10 peel"}),
    "messengers": (["IMG-20260112-WA0001.jpg", "signal-2026-02-10-101112.jpg"], {"root": "2026-01-12 2026-02-10"}),
    "hundredths of a second": (
        ["20260210_10112012/f.jpg", "20260112_10112012/f.jpg"],
        {"root": "20260112_10112012 20260210_10112012"},
    ),
    "one person": (["2026-01-12 Anna.jpg", "2026-02-10 Anna.jpg"], {"root": "2026-01-12 2026-02-10"}),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read(tmp_path, name):
    files, expected = READ[name]
    study = read_study(lay(tmp_path / "root", *files))
    assert {subject.name: " ".join(subject.sessions) for subject in study.subjects} == expected


REFUSED = {
    "dated people": (["2026-01-12 Anna.jpg", "2026-02-10 Anna.jpg", "2026-01-13 Ben.jpg"], "may be people"),
    "dated people in folders": (["1960-05-12 Roe/IMG_1.jpg", "1971-03-04 Doe/IMG_2.jpg"], "may be people"),
    "a view in the middle": (["003_V1_F_12JAN2026.jpg", "004_V1_F_13JAN2026.jpg"], "may be people"),
    "born, in folders of visits": (["Doe/1971-03-04_2026-01-12/f.jpg", "Doe/1971-03-04_2026-02-10/f.jpg"], "two dates"),
    "years": (["2025/2025-12-01/f.jpg", "2025/2025-12-09/f.jpg", "2026/2026-02-10/f.jpg"], "are years"),
    "before the dose of a day": (["D1 pre/f.jpg", "D1 post/f.jpg", "D8 pre/f.jpg"], "cannot be ordered"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path, name):
    files, message = REFUSED[name]
    with pytest.raises(StudyError, match=message):
        read_study(lay(tmp_path / "root", *files))


def test_a_draft_of_two_dates_is_written(tmp_path):
    root = lay(tmp_path / "root", "Doe/1971-03-04_2026-01-12/f.jpg", "Doe/1971-03-04_2026-02-10/f.jpg")
    study = read_study(root, strict=False)
    assert [entry.date for subject in study.subjects for entry in subject.photos] == ["", ""]
    assert "holds two dates" in " ".join(study.warnings)


def test_two_dates_in_a_session_of_a_manifest(tmp_path):
    """A date beside a time of day is one, and the column `date` decides where it is filled."""
    root, head = lay(tmp_path / "root", "a.jpg", "b.jpg"), "subject,session,photo,date"
    (root / "m.csv").write_text(f"{head}\nA,1971-03-04 2026-01-12,a.jpg,\nA,1971-03-04 2026-02-10,b.jpg,\n")
    with pytest.raises(StudyError, match="row 2: one of the names of the sessions holds two dates"):
        read_study(root / "m.csv")
    rows = "A,1971-03-04 2026-01-12,a.jpg,2026-01-12\nA,2026-02-10 10.11.2012,b.jpg,2026-02-10"
    (root / "m.csv").write_text(f"{head}\n{rows}\n")
    assert [entry.date for entry in read_study(root / "m.csv").subjects[0].photos] == ["2026-01-12", "2026-02-10"]


def test_a_day_before_and_a_day_after_are_two_visits(tmp_path):
    study = read_study(lay(tmp_path / "root", "Day -1/f.jpg", "Day 1/f.jpg"))
    assert "look like one visit" not in " ".join(study.warnings)
