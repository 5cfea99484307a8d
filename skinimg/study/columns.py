"""The columns of a manifest, and what a wrong header most likely means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from skinimg.base.errors import StudyError
from skinimg.study.text import plain_text

# Every column that a manifest may have, in the order in which they are written.
MANIFEST_COLUMNS: dict[str, str] = {
    "subject": "person (required)",
    "session": "visit (required)",
    "photo": "path of the file, relative to the manifest (required)",
    "date": "ISO date of the session",
    "view": "front, left45, right45, left, right or closeup; front where empty",
    "light": "standard, cross_polarized, parallel_polarized or uv; standard where empty",
    "replicate": "1, 2, ...: repeat shots of one session",
    "mm_per_px": "scale of the original photo",
    "arm": "treatment arm of the subject",
    "arm_left": "split face: arm of the person's own left side",
    "arm_right": "split face: arm of the person's own right side",
    "treatment": "what was applied at this session, after the photo",
    "treatment_target": "findings that the treatment is for, such as spots;erythema; the overall score is of these",
    "site": "study site",
    "age": "years",
    "phototype": "Fitzpatrick type",
}
REQUIRED = ("subject", "session", "photo")
PLAIN = ("arm", "arm_left", "arm_right", "treatment", "treatment_target", "site", "age", "phototype")
COLUMNS = (*REQUIRED, "date", "view", "light", "replicate", "mm_per_px", *PLAIN)
# What trial teams call them, without signs and accents and in lower case.
_SYNONYMS = {
    "subject": "patient patientid pid id subjectid subjid usubjid person participant volunteer proband probandin patientin "
    "patiente paciente paziente pacjent pacient pasient potilas hasta sujet sujeto code recordid studyid participantid "
    "screeningnumber probandennummer пациент 患者 被験者 受试者 환자 대상자",
    "session": "visit visitid visitname timepoint time seance sesion sessao seduta sitzung besuch bezoek visite visita wizyta "
    "termin zeitpunkt avisit epoch redcapeventname event визит 来院 受診 访视 访问 就诊 방문 회차",
    "photo": "file filename filepath path image imagefile img imgfile picture foto photofile bild fichier datei archivo "
    "arquivo bestand plik zdjecie dosya fotografia ficheiro файл фото ファイル 写真 照片 文件 사진 파일 dateiname dateipfad "
    "bilddatei nomfichier nomdufichier photoname imagename pfad chemin ruta",
    "date": "photodate visitdate day datum fecha data aufnahmedatum besuchsdatum visitdt svstdtc datedevisite "
    "datumbezoek дата 日付 撮影日 日期 날짜",
    "view": "side angle pose position ansicht vue vista seite cote lado lato laterality",
    "light": "lighting polarization polarisation illumination licht lumiere luz luce beleuchtung",
    "replicate": "rep repeat shot shotnumber wiederholung",
    "mm_per_px": "mmperpixel scale resolution mmpx",
    "arm": "group treatmentarm randomization gruppe groupe grupo gruppo bras",
    "arm_left": "left leftarm leftside armleft links gauche",
    "arm_right": "right rightarm rightside armright rechts droite",
    "treatment": "behandlung traitement tratamiento trattamento therapy therapie",
    "treatment_target": "target targets indication treatmenttarget indikation",
    "site": "center centre zentrum siteid",
    "age": "alter edad eta idade",
    "phototype": "fitzpatrick skintype fototype hauttyp",
}


def named(columns: Sequence[str]) -> list[str]:
    """The header with known columns in small letters, as people also write `Subject`."""
    return [name.casefold() if name.casefold() in COLUMNS else name for name in columns]


def check_columns(columns: Sequence[str], path: Path) -> None:
    """Refuse a header, with everything that is wrong with it at once."""
    unknown = [name for name in columns if name not in COLUMNS and not (name[:2] in ("x_", "m_") and len(name) > 2)]
    repeated = sorted({name for name in columns if name and columns.count(name) > 1})
    absent = [name for name in REQUIRED if name not in columns]
    if not (unknown or repeated or absent):
        return
    faults = [f"unknown: {', '.join(name or '(no name)' for name in unknown)}"] if unknown else []
    faults += [f"missing: {', '.join(absent)}"] if absent else []
    faults += [f"repeated: {', '.join(repeated)}"] if repeated else []
    names = _renamed(unknown, columns)
    near = [f"{name} -> {meant}" for name, meant in names.items()]
    own = [f"{name} -> x_{name}" for name in unknown if name and name not in names]
    next_steps = [f"Rename: {', '.join(near)}."] if near else []
    next_steps += [f"Columns of your own: rename them ({', '.join(own)}) or delete them."] if own else []
    raise StudyError(
        f"the columns of {path.name} are not those of a manifest",
        found="; ".join(faults),
        needed=f"{', '.join(REQUIRED)}, each once, and of {', '.join(COLUMNS[3:])}, x_NAME, m_NAME what is known",
        next_step=" ".join(next_steps) or "See docs/REFERENCE.md, Manifest.",
    )


def _renamed(unknown: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """What unknown names most likely mean, every column once: the first that is nearest."""
    found: dict[str, str] = {}
    for name in unknown:
        if meant := _meant(name, [*columns, *found.values()]):
            found[name] = meant
    return found


def _meant(name: str, columns: Sequence[str]) -> str:
    """The column that an unknown name most likely means and that is not there yet; empty if nothing is near."""
    plain = plain_text(name)
    bare = re.sub(r"[\W\d_]", "", plain)
    known = next((column for column, words in _SYNONYMS.items() if bare in plain_text(words).split()), "")
    near = get_close_matches(plain, COLUMNS, n=1, cutoff=0.75)
    meant = known or (near[0] if near else "")
    return "" if meant in columns else meant
