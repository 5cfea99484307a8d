"""Names of people, sessions and days as clinics write them: read, or refused; and nothing is lost in silence."""

import json
import os

import pytest

from skinimg.base.errors import StudyError
from skinimg.run.run import _refuse_other_photos, _refuse_out
from skinimg.study import read_study, uncompared
from skinimg.study.dates import readings, stamped_date, without_date
from skinimg.study.periods import period_of
from skinimg.study.tree import look_into
from tests.study.test_folder import lay, read


@pytest.mark.parametrize(
    "text, day",
    [
        ("2026-1-9", "2026-01-09"),
        ("2026/01/09", "2026-01-09"),
        ("V1_2026-01-09", "2026-01-09"),
        ("9. Mär 2026", "2026-03-09"),
        ("1er décembre 2025", "2025-12-01"),
        ("12 de enero de 2026", "2026-01-12"),
        ("9 gennaio 2026", "2026-01-09"),
        ("09Feb26", "2026-02-09"),
        ("Jan 12, 2026", "2026-01-12"),
    ],
)
def test_dates_with_one_meaning(text, day):
    assert set(readings(text).values()) == {day}


@pytest.mark.parametrize("text", ["120126", "12-01-26", "V1-12-01-2026", "T0_12012026", "12/01/2026"])
def test_dates_with_more_meanings(text):
    assert len(set(readings(text).values())) > 1


def test_parts_of_dates():
    assert without_date("P01_12_01_2026") == "p01_"
    assert stamped_date("WhatsApp Image 2026-01-12 at 10.11.12") == "2026-01-12"
    assert stamped_date("WhatsApp Image 2026-01-12 at 9.05.33 AM") == "2026-01-12"
    month = period_of("2026-01")
    assert month == period_of("janvier 2026") == period_of("2026年1月") == ("months", period_of("12-2025")[1] + 1)
    assert period_of("Q1 2026") == period_of("2026-Q1") == ("quarters", period_of("2025 Q4")[1] + 1)
    assert period_of("KW 3 2026") == period_of("2026-W03")
    assert period_of("Q5 2026") == period_of("H1") == period_of("2026-13") is None


READ = {
    "numbers in brackets": (["[2] after/f.jpg", "[1] before/f.jpg"], [("root", ("[1] before", "[2] after"))]),
    "days and months behind a word": (
        ["術後1月/f.jpg", "術後3日/f.jpg", "術前/f.jpg", "術直後/f.jpg"],
        [("root", ("術前", "術直後", "術後3日", "術後1月"))],
    ),
    "spaces in dates": (["12. 1. 2026/f.jpg", "10. 2. 2026/f.jpg"], [("root", ("12. 1. 2026", "10. 2. 2026"))]),
    "no-break spaces": (
        ["12\xa0Jan\xa02026/f.jpg", "10\xa0Feb\xa02026/f.jpg"],
        [("root", ("12 Jan 2026", "10 Feb 2026"))],
    ),
    "signs of a number": (["Visit #2/f.jpg", "Visit #1/f.jpg"], [("root", ("Visit #1", "Visit #2"))]),
    "French ordinals": (["2ème séance/f.jpg", "1ère séance/f.jpg"], [("root", ("1ère séance", "2ème séance"))]),
    "REDCap": (
        ["anna/week_4_arm_1/f.jpg", "anna/baseline_arm_1/f.jpg"],
        [("anna", ("baseline_arm_1", "week_4_arm_1"))],
    ),
    "Chinese views": (["治疗后_左侧.jpg", "治疗后_正面.jpg", "治疗前_正面.jpg"], [("root", ("治疗前", "治疗后"))]),
    "previews of Lightroom": (["S1/f.jpg", "S2/f.jpg", "x Previews.lrdata/0/f.jpg"], [("root", ("S1", "S2"))]),
    "calendar weeks": (["2026-W03_f.jpg", "2025-W52_f.jpg"], [("root", ("2025-W52", "2026-W03"))]),
    "quarters": (["Q1 2026/f.jpg", "Q4 2025/f.jpg"], [("root", ("Q4 2025", "Q1 2026"))]),
    "words that all share": (
        ["anna/before microneedling/f.jpg", "anna/after microneedling/f.jpg", "ben/after microneedling/f.jpg"],
        [("anna", ("before microneedling", "after microneedling")), ("ben", ("after microneedling",))],
    ),
    "Chinese": (["治疗后4周/f.jpg", "治疗前/f.jpg"], [("root", ("治疗前", "治疗后4周"))]),
    "Japanese": (["3ヶ月後_f.jpg", "初診_f.jpg"], [("root", ("初診", "3ヶ月後"))]),
    "Japanese days": (["2026年10月2日/f.jpg", "2026年9月12日/f.jpg"], [("root", ("2026年9月12日", "2026年10月2日"))]),
    "full width": (["Ｓ１０/f.jpg", "Ｓ２/f.jpg"], [("root", ("Ｓ２", "Ｓ１０"))]),
    "Korean": (["시술 후 2주/f.jpg", "시술 전/f.jpg"], [("root", ("시술 전", "시술 후 2주"))]),
    "Turkish": (["tedavi sonrası/f.jpg", "tedavi öncesi/f.jpg"], [("root", ("tedavi öncesi", "tedavi sonrası"))]),
    "Russian": (["после процедуры/f.jpg", "до процедуры/f.jpg"], [("root", ("до процедуры", "после процедуры"))]),
    "Russian months": (
        ["10 февраля 2026_f.jpg", "12 января 2026_f.jpg"],
        [("root", ("12 января 2026", "10 февраля 2026"))],
    ),
    "Polish": (["po zabiegu_f.jpg", "przed zabiegiem_f.jpg"], [("root", ("przed zabiegiem", "po zabiegu"))]),
    "Arabic": (["بعد العلاج/f.jpg", "قبل العلاج/f.jpg"], [("root", ("قبل العلاج", "بعد العلاج"))]),
    "old and new": (["new/f.jpg", "old/f.jpg"], [("root", ("old", "new"))]),
    "a family's name": (
        ["Neu_V1_f.jpg", "Neu_V2_f.jpg", "Roth_V1_f.jpg", "Roth_V2_f.jpg"],
        [("Neu", ("V1", "V2")), ("Roth", ("V1", "V2"))],
    ),
    "person in two words": (
        ["Anna Smith before.jpg", "Anna Smith after.jpg", "Ben Jones before.jpg", "Ben Jones after.jpg"],
        [("Anna Smith", ("before", "after")), ("Ben Jones", ("before", "after"))],
    ),
    "numbered person": (
        ["patient 1 baseline.jpg", "patient 1 week 4.jpg", "patient 2 baseline.jpg", "patient 2 week 4.jpg"],
        [("patient 1", ("baseline", "week 4")), ("patient 2", ("baseline", "week 4"))],
    ),
    "session before person": (
        ["V1_P01_front.jpg", "V2_P01_front.jpg", "V1_P02_front.jpg", "V2_P02_front.jpg"],
        [("P01", ("V1", "V2")), ("P02", ("V1", "V2"))],
    ),
    "nothing between": (["P01V1.jpg", "P01V2.jpg", "P02V1.jpg"], [("P01", ("V1", "V2")), ("P02", ("V1",))]),
    "a list is no people": (["2_after.jpg", "1_before.jpg"], [("root", ("1_before", "2_after"))]),
    "view first": (["left45_S1.jpg", "left45_S2.jpg"], [("root", ("S1", "S2"))]),
    "sessions above numbered people": (
        ["V1/S01/a.jpg", "V1/S02/a.jpg", "V2/S01/a.jpg", "V2/S02/a.jpg"],
        [("S01", ("V1", "V2")), ("S02", ("V1", "V2"))],
    ),
    "a folder around": (["photos/anna/S1/a.jpg", "photos/anna/S2/a.jpg"], [("anna", ("S1", "S2"))]),
    "folders of formats": (["S1/JPG/a.jpg", "S2/JPG/b.jpg"], [("root", ("S1", "S2"))]),
    "months": (["01-2026_front.jpg", "12-2025_front.jpg"], [("root", ("12-2025", "01-2026"))]),
    "minus": (["day 28/f.jpg", "day 0/f.jpg", "day -7/f.jpg"], [("root", ("day -7", "day 0", "day 28"))]),
    "visits with words": (["V2-week4/f.jpg", "V1-baseline/f.jpg"], [("root", ("V1-baseline", "V2-week4"))]),
    "numbers in words": (
        ["three months/f.jpg", "baseline/f.jpg", "one month/f.jpg"],
        [("root", ("baseline", "one month", "three months"))],
    ),
    "ordinals": (
        ["10th visit/f.jpg", "first visit/f.jpg", "second visit/f.jpg"],
        [("root", ("first visit", "second visit", "10th visit"))],
    ),
    "a minus before": (["-7d_front.jpg", "0d_front.jpg", "+28d_front.jpg"], [("root", ("-7d", "0d", "+28d"))]),
    "a minus before in folders": (
        ["-2 weeks/f.jpg", "0 weeks/f.jpg", "4 weeks/f.jpg"],
        [("root", ("-2 weeks", "0 weeks", "4 weeks"))],
    ),
    "a typographic minus": (["D\u22127_f.jpg", "D0_f.jpg", "D28_f.jpg"], [("root", ("D\u22127", "D0", "D28"))]),
    "brackets": (["Anna (after).jpg", "Anna (before).jpg"], [("root", ("(before)", "(after)"))]),
    "views in German": (
        ["S1_vorne.jpg", "S1_links 45.jpg", "S2_vorne.jpg", "S2_links 45.jpg"],
        [("root", ("S1", "S2"))],
    ),
    "folders of a memory card": (["V1/DCIM/100CANON/a.jpg", "V2/100APPLE/b.jpg"], [("root", ("V1", "V2"))]),
    "articles": (
        ["dopo il trattamento/f.jpg", "prima del trattamento/f.jpg"],
        [("root", ("prima del trattamento", "dopo il trattamento"))],
    ),
    "people with long numbers": (
        ["Patient_001_Pre.jpg", "Patient_001_Post.jpg", "Patient_002_Pre.jpg", "Patient_002_Post.jpg"],
        [("Patient_001", ("Pre", "Post")), ("Patient_002", ("Pre", "Post"))],
    ),
    "treatments are no people": (
        ["before peeling/f.jpg", "after peeling/f.jpg"],
        [("root", ("before peeling", "after peeling"))],
    ),
    "a view between person and session": (
        ["P1_left_before.jpg", "P1_left_after.jpg", "P2_left_before.jpg", "P2_left_after.jpg"],
        [("P1", ("before", "after")), ("P2", ("before", "after"))],
    ),
    "a folder of photos": (["photos/after/f.jpg", "photos/before/f.jpg"], [("root", ("before", "after"))]),
    "exports": (["V1/Export/f.jpg", "V2/Export/f.jpg"], [("root", ("V1", "V2"))]),
    "years that two digits cannot mean": (["260331_f.jpg", "260131_f.jpg"], [("root", ("260131", "260331"))]),
    "two shots of one second": (
        ["2026-01-12 10.11.12.jpg", "2026-01-12 10.11.12-1.jpg", "2026-02-10 10.11.12.jpg"],
        [("root", ("2026-01-12", "2026-02-10"))],
    ),
    "a messenger in Spanish": (
        ["Imagen de WhatsApp 2026-02-10 a las 10.11.12_a1.jpg", "Imagen de WhatsApp 2026-01-12 a las 10.11.12_b2.jpg"],
        [("root", ("2026-01-12", "2026-02-10"))],
    ),
    "a bin of a network drive": (["V1/f.jpg", "V2/f.jpg", "#recycle/f.jpg"], [("root", ("V1", "V2"))]),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read(tmp_path, name):
    files, expected = READ[name]
    assert read(lay(tmp_path / "root", *files)) == expected


def test_folders_of_views_name_the_view(tmp_path):
    files = ["anna/front/V1.jpg", "anna/front/V2.jpg", "anna/links/V1.jpg", "anna/links/V2.jpg"]
    more = ["ben/V1/front/IMG_1.jpg", "ben/V1/front/IMG_2.jpg", "ben/V1/uv/IMG_3.jpg", "ben/V2/front/IMG_4.jpg"]
    anna, ben = read_study(lay(tmp_path / "root", *files, *more)).subjects
    assert [(e.session, e.view) for e in anna.photos] == [
        ("V1", "front"),
        ("V1", "left"),
        ("V2", "front"),
        ("V2", "left"),
    ]
    shots = [("V1", "standard", 1), ("V1", "standard", 2), ("V1", "uv", 1), ("V2", "standard", 1)]
    assert [(e.session, e.light, e.replicate) for e in ben.photos] == shots
    (subject,) = read_study(lay(tmp_path / "alone", "anna/front/V1.jpg", "anna/front/V2.jpg")).subjects
    assert (subject.name, subject.sessions) == ("anna", ("V1", "V2"))


REFUSED = {
    "quarters without a year": (["Q1_f.jpg", "Q4_f.jpg"], "with their year"),
    "months without a year": (["anna/12月/f.jpg", "anna/1月/f.jpg"], "months with their year"),
    "a backup beside its sessions": (
        ["S1/f.jpg", "S2/f.jpg", "backup/S1/f.jpg", "backup/S2/f.jpg"],
        "S1, S2 beside backup",
    ),
    "older than old": (["anna/old/f.jpg", "anna/older/f.jpg", "anna/new/f.jpg"], "in every name"),
    "date behind the view": (["front_12-01-2026.jpg", "front_09-02-2026.jpg"], "more than one way"),
    "six digits": (["120126_front.jpg", "090226_front.jpg"], "more than one way"),
    "no such day": (["31-02-2026_front.jpg", "25-03-2026_front.jpg"], "does not exist"),
    "day and month": (["12-01_front.jpg", "09-02_front.jpg"], "a day and a month"),
    "numbers for people": (["001_1.jpg", "001_2.jpg", "002_1.jpg"], "two may tell people"),
    "numbers behind sessions": (["T0_1.jpg", "T0_2.jpg", "T1_1.jpg"], "people or repeat shots"),
    "people in sessions": (["V1/P01_front.jpg", "V1/P02_front.jpg", "V2/P01_front.jpg"], "may be people"),
    "two levels of sessions": (["V1/T0/a.jpg", "V2/T0/a.jpg"], "cannot be told"),
    "folders of views": (["front/S1/a.jpg", "front/S2/a.jpg", "left45/S1/a.jpg"], "are views"),
    "a folder of a view": (["front/S1/a.jpg", "front/S2/a.jpg"], "are views"),
    "sessions in sessions": (
        ["session 1/before.jpg", "session 1/after.jpg", "session 2/before.jpg"],
        "session 1, session 2",
    ),
    "arms": (["active before.jpg", "active after.jpg", "placebo before.jpg", "placebo after.jpg"], "cannot be ordered"),
    "folders of arms": (["active/V1.jpg", "active/V2.jpg", "placebo/V1.jpg"], "active, placebo"),
    "folders of letters": (["before/L/a.jpg", "before/R/a.jpg", "after/L/a.jpg", "after/R/a.jpg"], "are views"),
    "folders of treatments": (["botox/before.jpg", "botox/after.jpg", "filler/before.jpg"], "botox, filler"),
    "numbers in brackets behind sessions": (
        ["before (1).jpg", "before (2).jpg", "after (1).jpg", "after (2).jpg"],
        "people or repeat shots",
    ),
    "minus or dash": (["D-7_front.jpg", "baseline_front.jpg"], "is a minus"),
    "before the baseline": (["4 weeks before/f.jpg", "baseline/f.jpg"], "before or after"),
    "look-alike": (["anna/S1_front.jpg", "аnna/S1_front.jpg"], "CYRILLIC SMALL LETTER A"),
    "spelling": (["P1/S1_front.jpg", "P-01/S2_front.jpg"], "look like one"),
    "after, and after a time": (["pre_f.jpg", "post_f.jpg", "1m post_f.jpg"], "post is before or after 1m post"),
    "days of months in a language that is not known": (
        ["10. února_f.jpg", "12. ledna_f.jpg"],
        "sessions, days or people",
    ),
    "the same with a year": (["10 lootus 2026_f.jpg", "12 jaanuar 2026_f.jpg"], "sessions, days or people"),
    "photos beside people": (["V1/f.jpg", "V1/original/f.jpg", "V2/f.jpg"], "beside or below"),
    "photos below people": (["V1/P1/f.jpg", "V1/P1/raw data/f.jpg", "V2/P1/f.jpg"], "beside or below"),
    "a sign that stands for no number": (["run #_f.jpg", "run 2_f.jpg"], "in every name"),
    "sites": (["x/P1/S1_front.jpg", "y/P2/S1_front.jpg"], "too deep"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path, name):
    files, message = REFUSED[name]
    with pytest.raises(StudyError, match=message):
        read_study(lay(tmp_path / "root", *files))


LOST = {
    "film": (["S1/a.mov", "S2/a.jpg", "S3/a.jpg"], "S1: no photo in this folder"),
    "empty session": (["S1/.keep", "S2/a.jpg", "S3/a.jpg"], "S1: no photo in this folder .found nothing"),
    "empty subject": (["anna/S1_f.jpg", "anna/S2_f.jpg", "carl/.keep"], "carl: no photo"),
    "half a download": (["S1_front.jpg.part", "S2_front.jpg", "S3_front.jpg"], "S1: only S1_front.jpg.part"),
    "raw only": (["raw/S1_front.NEF", "S2_front.jpg", "S3_front.jpg"], "S1: only raw/S1_front.NEF"),
    "no baseline": (["after1_front.jpg", "after2_front.jpg"], "after1 is the first session .* Add the baseline"),
    "second visit first": (["V2_front.jpg", "V3_front.jpg"], "V2 is the first session .* Add the baseline"),
    "a visit that others have": (
        ["anna/V1_f.jpg", "anna/V3_f.jpg", "ben/V1_f.jpg", "ben/V2_f.jpg", "ben/V3_f.jpg"],
        "V2: no photo of anna, though 1 of 2",
    ),
    "a photo in a document": (["V1_front.pdf", "V2_front.jpg", "V3_front.jpg"], "V1: only V1_front.pdf"),
    "a photo in the cloud": ([".V1_front.jpg.icloud", "V2_front.jpg", "V3_front.jpg"], "V1: only .V1_front.jpg.icloud"),
    "a subject in documents": (
        ["anna/V1_f.jpg", "anna/V2_f.jpg", "carla/V1/front.pdf", "carla/V2/front.pdf"],
        "carla: no photo",
    ),
    "a subject on film": (["anna/V1_f.jpg", "anna/V2_f.jpg", "ben/clip.mov"], "ben: no photo"),
    "view without follow-up": (["S1_front.jpg", "S1_left45.jpg", "S2_front.jpg"], "no later session shows left45"),
    "view without baseline": (["S1_front.jpg", "S2_front.jpg", "S2_left45.jpg"], "S1 does not show left45"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_is_named(tmp_path, name):
    files, message = LOST[name]
    said = uncompared(read_study(lay(tmp_path / "root", *files)))
    with pytest.raises(StudyError, match=message):
        raise StudyError(said[0])


@pytest.mark.parametrize("first", ["V1", "D1", "day 1", "2026-01-12", "V1 2026-01-12", "D-7", "month 0"])
def test_a_baseline_that_may_be_one(tmp_path, first):
    later = {"2026-01-12": "2026-02-12", "D-7": "D0", "V1 2026-01-12": "V2 2026-02-12"}
    root = lay(tmp_path / "r", f"{first}/f.jpg", f"{later.get(first, first[:-1] + '9')}/f.jpg")
    assert uncompared(read_study(root)) == ()


def test_visits_that_contradict_the_dates_beside_them(tmp_path):
    study = read_study(lay(tmp_path / "r", "V1 2026-02-09/f.jpg", "V2 2026-01-12/f.jpg"))
    assert "V2 2026-01-12 is the baseline, not V1 2026-02-09" in " ".join(study.warnings)


def test_documents_and_films_beside_photos_are_no_lost_sessions(tmp_path):
    root = lay(tmp_path / "r", "S1/a.HEIC", "S1/a.MOV", "S2/b.HEIC", "week4.csv", "consent/form.pdf")
    assert uncompared(read_study(root)) == ()


def test_raw_files_and_a_bin_beside_photos_are_no_lost_sessions(tmp_path):
    root = lay(tmp_path / "r", "S1/JPG/f.jpg", "S1/RAW/f.NEF", "S2/JPG/f.jpg", "$RECYCLE.BIN/$R1.jpg")
    assert uncompared(read_study(root)) == ()
    lay(root, "S3/RAW/f.NEF")
    assert [said.split(":")[0] for said in uncompared(read_study(root))] == ["S3"]


def test_a_pipe_and_a_link_back_are_left_out(tmp_path):
    root = lay(tmp_path / "r", "S1_front.jpg", "S2_front.jpg")
    os.mkfifo(root / "S3_front.jpg")  # reading it would never end
    (root / "self").symlink_to(root)
    study = read_study(root)
    assert {item.file: item.reason for item in study.left_out} == {
        "S3_front.jpg": "not a photo",
        "self/": "a link to a folder above it",
    }
    assert any("S3: only S3_front.jpg" in said for said in uncompared(study))


def test_an_unfinished_run_is_no_part_of_the_study(tmp_path):
    root = lay(tmp_path / "r", "S1_front.jpg", "S2_front.jpg", "out/subjects/r/a.png", "out/reports/r.html")
    assert [path.name for path in look_into(root, [])[0].all_photos()] == ["S1_front.jpg", "S2_front.jpg"]


def test_results_never_lie_in_a_folder_of_photos(tmp_path):
    root = lay(tmp_path / "r", "anna/S1_front.jpg", "anna/S2_front.jpg", "bo/S1_front.jpg", "bo/S2_front.jpg")
    study = read_study(root)
    for out in (root, tmp_path, root / "anna"):
        with pytest.raises(StudyError, match="holds the photos"):
            _refuse_out(root, study, out)
    _refuse_out(root, study, tmp_path / "result")
    with pytest.raises(StudyError, match=r"holds other photos .*clara/S1_front.jpg"):
        _refuse_out(root, study, lay(tmp_path / "others", "clara/S1_front.jpg"))
    _refuse_out(root, study, lay(tmp_path / "earlier", "subjects/anna/a.png", "reports/anna.html", "mine/a.jpg"))
    with pytest.raises(StudyError, match=r"cannot write to .*too long"):
        _refuse_out(root, study, tmp_path / ("x" * 300))


def test_other_photos_under_the_same_names_are_another_study(tmp_path):
    study = read_study(lay(tmp_path / "r", "S1_front.jpg", "S2_front.jpg"))
    out = tmp_path / "out"
    out.mkdir()
    _refuse_other_photos(study, out)
    (out / "run.json").write_text(json.dumps({"input_sha256": {"S1_front.jpg": "0" * 64}}))
    with pytest.raises(StudyError, match="results of other photos"):
        _refuse_other_photos(study, out)


def test_a_folder_called_raw_may_hold_jpegs(tmp_path):
    root = lay(tmp_path / "r", "anna/S1/raw/a.jpg", "anna/S2/raw/a.jpg")
    assert read(root) == [("anna", ("S1", "S2"))]


@pytest.mark.parametrize("names", [("31-02-2026", "01-03-2026"), ("2026-02-30", "2026-03-01")])
def test_folders_named_by_a_day_that_does_not_exist_are_no_people(tmp_path, names):
    with pytest.raises(StudyError, match="does not exist"):
        read_study(lay(tmp_path / "r", *(f"{name}/front.jpg" for name in names)))


def test_folders_that_may_be_sessions_say_so(tmp_path):
    study = read_study(lay(tmp_path / "r", "consultation/front.jpg", "appointment/front.jpg"))
    assert "sessions of one person" in uncompared(study)[-1]


def test_a_date_that_contradicts_the_name_of_its_session_is_said(tmp_path):
    root = lay(tmp_path / "r", "a.jpg", "b.jpg")
    rows = "subject,session,photo,date\nA,2026-01-12,a.jpg,2026-02-12\nA,2026-03-12,b.jpg,2026-03-12\n"
    (root / "manifest.csv").write_text(rows)
    warnings = read_study(root / "manifest.csv").warnings
    assert [text for text in warnings if "its name says 2026-01-12" in text]
    assert not [text for text in warnings if "its name says 2026-03-12" in text]


@pytest.mark.parametrize("names", [("-7d", "0d", "28d"), ("D-7", "D0", "D28")])
def test_a_minus_in_a_name_contradicts_no_date(tmp_path, names):
    study = read_study(lay(tmp_path, *(f"{name}_front.jpg" for name in names)))
    assert not study.warnings
