"""Visits as clinics and trials call them: read in their order, or refused with what would tell it."""

import pytest

from skinimg.base.errors import StudyError
from skinimg.study import read_study

ORDERED = [
    ["baseline", "end of treatment"],
    ["BL", "W4", "EOT"],
    ["pretx", "1mo post", "3mo post"],
    ["prelaser", "postlaser"],
    ["pr\u00e4", "post"],
    ["preop", "POD1", "POD7"],
    ["before", "immediately after", "1 week after"],
    ["vorher", "sofort nach", "nach 4 Wochen"],
    ["0h", "24h", "48 h"],
    ["T0h", "T6h", "T24h"],
    ["0 min", "30 min", "2 hours", "1 day"],
    ["Vorher", "Kontrolle 1", "Kontrolle 2"],
    ["Avant", "Contr\u00f4le"],
    ["baseline", "1.5 months", "3 months"],
    ["V1", "V1.1", "V2"],
    ["visit day 0", "visit week 4", "visit month 3"],
    ["pr\u00e9", "p\u00f3s"],
    ["voor", "na"],
    ["f\u00f6re", "efter"],
    ["przed", "po"],
    ["до", "после"],
    ["治疗前", "治疗后"],
    ["術前", "術後"],
    ["치료 전", "치료 후"],
    ["Visit I", "Visit II", "Visit III", "Visit IV"],
    ["V-I", "V-II", "V-III"],
    ["I wizyta", "II wizyta", "IX wizyta"],
    ["session 1 pre", "session 1 post", "session 2 pre", "session 2 post"],
    ["avant séance 1", "après séance 1", "avant séance 2"],
    ["before laser 1", "after laser 1", "before laser 2", "after laser 2"],
    ["before Botox", "after Botox"],
    ["Tx1", "Tx2", "Tx3"],
    ["पहले", "बाद"],
    ["इलाज से पहले", "इलाज के बाद"],
    ["pehle", "baad"],
    ["ก่อน", "หลัง"],
    ["ก่อนการรักษา", "หลังการรักษา"],
    ["ก่อนทำ", "หลังทำ 2 สัปดาห์", "หลังทำ 1 เดือน"],
    ["ennen", "jälkeen"],
    ["kezelés előtt", "kezelés után"],
    ["prije", "poslije"],
    ["vor", "direkt danach", "4 Wochen danach"],
    ["Montag, 12. Januar 2026", "Dienstag, 10. Februar 2026"],
    ["Sitzung 12.01.2026", "Sitzung 10.02.2026"],
    ["photos from 12 Jan 2026", "photos from 10 Feb 2026"],
    ["12. ledna 2026", "10. února 2026"],
    ["12. tammikuuta 2026", "10. helmikuuta 2026"],
    ["12 Ιανουαρίου 2026", "10 Φεβρουαρίου 2026"],
    ["2569-01-12", "2569-02-10"],
    ["01 baseline", "02 week 4", "03 week 12"],
    ["1_vorher", "2_nach 4 Wochen", "3_nach 8 Wochen"],
    ["Behandlung 1", "Behandlung 2"],
    ["C1D1", "C1D15", "C2D1", "C10D1"],
    ["Screening", "C1D1", "C2D15", "EOT"],
    ["Cycle 1 Day 1", "Cycle 1 Day 15", "Cycle 2 Day 1"],
    ["Zyklus 1 Tag 1", "Zyklus 1 Tag 15"],
    ["cycle 1 jour 1", "cycle 1 jour 15"],
    ["ciclo 1 d\u00eda 1", "ciclo 2 d\u00eda 1"],
    ["control 1 mes", "control 3 meses"],
    ["controle a 3 mois", "controle a 6 mois"],
    ["controllo a 1 mese", "controllo a 3 mesi"],
    ["antes", "control a los 3 meses", "control a los 6 meses"],
    ["antes", "revisi\u00f3n"],
    ["basal", "revisi\u00f3n 1", "revisi\u00f3n 2"],
    ["antes", "retorno 30 dias", "retorno 60 dias"],
    ["prima", "visita di controllo 1 mese", "visita di controllo 3 mesi"],
    ["Vorher", "Nachsorge 1", "Nachsorge 2"],
    ["Vorher", "Kontrolltermin 1", "Kontrolltermin 2"],
    ["pretratamiento", "postratamiento"],
    ["before", "check-up 1 month", "check-up 3 months"],
    ["1 zabieg przed", "1 zabieg po", "2 zabieg przed"],
]
REFUSED = [
    (["Screening", "Baseline", "W4"], "which of them comes first and is the baseline"),
    (["KW50", "KW03"], "with(out a| their) year"),
    (["12.01.", "10.02."], "without a year"),
    (["Januar", "März"], "without a year"),
    (["jan-26", "mar-26"], "without a year"),
    (["Baseline", "Therapieende"], "Baseline beside Therapieende"),
    (["V1", "UNS1"], "V1 beside UNS1"),
    (["before", "before (1)", "after"], "a number, date or known word"),
    (["before 1", "before 2", "after"], "a number, date or known word"),
    (["before", "before-COLLAGE", "after"], "a number, date or known word"),
    (["01 baseline", "02 week 4", "02 week 12"], "01 baseline beside"),
    (["old", "V1", "V2"], "whether old is a session"),
    (["Baseline", "EOT", "FU 3 months"], "EOT is before or after FU 3 months"),
    (["C1D-1", "C1D1", "C1D15"], "cannot be ordered"),
    (["V1 pre", "V1 post", "V2 pre", "V2 post"], "sessions cannot be ordered"),
]


def lay(root, names, file="front.jpg"):
    for name in names:
        path = root / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not decoded here")
    return root


@pytest.mark.parametrize("names", ORDERED, ids=" ".join)
def test_visits_in_their_order(tmp_path, names):
    (subject,) = read_study(lay(tmp_path / "root", names)).subjects
    assert subject.sessions == tuple(names)


@pytest.mark.parametrize("names, message", REFUSED)
def test_visits_whose_order_is_not_told(tmp_path, names, message):
    with pytest.raises(StudyError, match=message):
        read_study(lay(tmp_path / "root", names))


def test_calendar_weeks_in_file_names(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    for name in ("KW50_front.jpg", "KW03_front.jpg"):
        (root / name).write_bytes(b"not decoded here")
    with pytest.raises(StudyError, match="calendar weeks, quarters and months with their year"):
        read_study(root)


@pytest.mark.parametrize("names", [["S1.1", "S1.2"], ["H1", "H2"], ["Anna", "Jan"], ["Karl", "M1"]], ids=" ".join)
def test_people_who_are_called_like_visits(tmp_path, names):
    for session in ("before", "after"):
        lay(tmp_path / "root", names, f"{session}_front.jpg")
    assert [subject.name for subject in read_study(tmp_path / "root").subjects] == names
