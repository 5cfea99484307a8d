"""Tables in the shape of CDISC ADaM: adsl (one row per subject), adeff (basic data structure), and their dictionary."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import numpy as np
import pandas as pd

from skinimg.output.tables import write_csv
from skinimg.trial.people import stated
from skinimg.trial.trial import Trial

MEANINGS = {
    "STUDYID": "study: name of the folder of the analysis",
    "USUBJID": "unique subject identifier, STUDYID-SUBJID",
    "SUBJID": "subject as in the study's table",
    "SITEID": "study site",
    "AGE": "age in years",
    "PHOTOTYP": "Fitzpatrick skin type",
    "TRT01P": "planned arm of the subject; of a split face, the arm of the left and of the right side",
    "SAFFL": "Y: had a photo at the baseline",
    "EFFFL": "Y: has a change of any endpoint after the baseline",
    "PARAMCD": "endpoint, short",
    "PARAM": "endpoint and its unit",
    "AVAL": "value at the visit",
    "BASE": "value at the baseline, on the skin that the baseline and this visit both show",
    "CHG": "AVAL - BASE",
    "PCHG": "100 x CHG / BASE",
    "AVISIT": "visit",
    "AVISITN": "number of the visit, 0 = baseline",
    "ADT": "date of the visit, ISO",
    "ADY": "day of the study, 1 = the day of the baseline",
    "ABLFL": "Y: the baseline row; its AVAL is BASE of the first visit with a value",
    "ANL01FL": "Y: in the analysis",
    "TRTP": "planned arm of the subject or side",
    "LATERAL": "LEFT or RIGHT: side of the face, the person's own",
    "REGION": "region that was measured",
    "REASND": "why there is no value",
}
_ADSL = ("STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "PHOTOTYP", "TRT01P", "SAFFL", "EFFFL")
_ADEFF = (
    *("STUDYID", "USUBJID", "PARAMCD", "PARAM", "AVAL", "BASE", "CHG", "PCHG", "AVISIT", "AVISITN", "ADT", "ADY"),
    *("ABLFL", "ANL01FL", "TRTP", "LATERAL", "REGION", "REASND"),
)


def write_adam(trial: Trial, study: str, out: Path) -> tuple[Path, ...]:
    """Write adsl.csv, adeff.csv and define.csv under `out`."""
    tables = {"adsl": adsl(trial, study), "adeff": adeff(trial, study)}
    define = [
        {"dataset": name, "variable": column, "type": _kind(table[column]), "label": MEANINGS[str(column)]}
        for name, table in tables.items()
        for column in table
    ]
    paths = []
    for name, table in {**tables, "define": pd.DataFrame(define)}.items():
        paths.append(out / f"{name}.csv")
        write_csv(table, paths[-1])
    return tuple(paths)


def adsl(trial: Trial, study: str) -> pd.DataFrame:
    """One row per subject in a compared arm."""
    places, roster = trial.people.places, stated(trial.roster, ["subject"]).set_index("subject")
    arms = places.groupby("subject")["arm"].agg(" / ".join)
    subjects = list(arms.index)
    seen = trial.data.photos[trial.data.photos["status"] != "rejected"]
    first = trial.data.photos.drop_duplicates("subject").set_index("subject")["session"]
    began = {s for s, v in zip(seen["subject"], seen["session"], strict=True) if first[s] == v}
    changed = set(trial.data.rows.loc[trial.data.rows["change"].notna(), "subject"])
    table = pd.DataFrame(
        {
            "STUDYID": study,
            "USUBJID": [f"{study}-{s}" for s in subjects],
            "SUBJID": subjects,
            "SITEID": [roster["site"].get(s, "") for s in subjects],
            "AGE": [roster["age"].get(s, "") for s in subjects],
            "PHOTOTYP": [roster["phototype"].get(s, "") for s in subjects],
            "TRT01P": list(arms),
            "SAFFL": ["Y" if s in began else "N" for s in subjects],
            "EFFFL": ["Y" if s in changed else "N" for s in subjects],
        }
    )
    return table[list(_ADSL)]


def adeff(trial: Trial, study: str) -> pd.DataFrame:
    """One row per subject, arm, endpoint and visit; the baseline is a row, too."""
    rows = trial.data.rows
    codes = parameter_codes(trial.data.endpoints)
    number = {visit: k + 1 for k, visit in enumerate(trial.data.visits)}
    later = rows.assign(number=rows["visit"].map(number), aval=rows["follow_up"], base=rows["baseline"])
    keys = ["subject", "arm", "side", "endpoint"]
    opening = later[later["base"].notna()].drop_duplicates(keys)
    names = trial.data.photos.drop_duplicates("subject").set_index("subject")["session"]
    opening = opening.assign(number=0, aval=opening["base"], visit=opening["subject"].map(names), days=0, reason="")
    opening["change"] = np.nan
    both = pd.concat([opening, later], ignore_index=True).sort_values([*keys, "number"], kind="stable")
    dates = _dates(trial)
    days = _days(both, dates, {str(s): str(v) for s, v in names.items()})
    units = both["endpoint"].map(rows.dropna(subset="unit").groupby("endpoint")["unit"].first()).fillna("")
    table = pd.DataFrame(
        {
            "STUDYID": study,
            "USUBJID": study + "-" + both["subject"],
            "PARAMCD": both["endpoint"].map(codes),
            "PARAM": both["endpoint"] + np.where(units != "", " (" + units + ")", ""),
            "AVAL": both["aval"],
            "BASE": both["base"],
            "CHG": both["change"],
            "PCHG": 100 * both["change"] / both["base"].where(both["base"] != 0),
            "AVISIT": both["visit"],
            "AVISITN": both["number"],
            "ADT": [dates.get(k, "") for k in zip(both["subject"], both["visit"], strict=True)],
            "ADY": days,
            "ABLFL": np.where(both["number"] == 0, "Y", ""),
            "ANL01FL": np.where(both["change"].notna(), "Y", ""),
            "TRTP": both["arm"],
            "LATERAL": both["side"].str.upper(),
            "REGION": both["region"].fillna(""),
            "REASND": both["reason"],
        }
    )
    return table[list(_ADEFF)]


def parameter_codes(endpoints: tuple[str, ...]) -> dict[str, str]:
    """Codes of at most 8 letters and digits, all different, that begin with a letter."""
    codes: dict[str, str] = {}
    for endpoint in endpoints:
        first, _, second = endpoint.removeprefix("m_").partition(".")
        short = re.sub(r"[^A-Z0-9]", "", (first[:4] + second[:4] if second else first[:8]).upper())
        stem = short if short[:1].isalpha() else f"M{short}"[:8]
        code, k = stem, 1
        while code in codes.values():
            k += 1
            code = f"{stem[: 8 - len(str(k))]}{k}"
        codes[endpoint] = code
    return codes


def _dates(trial: Trial) -> dict[tuple[str, str], str]:
    photos = trial.data.photos
    if "date" not in photos:
        return {}
    return {(s, v): d for s, v, d in zip(photos["subject"], photos["session"], photos["date"], strict=True) if d}


def _days(rows: pd.DataFrame, dates: dict[tuple[str, str], str], baseline: dict[str, str]) -> list[int | None]:
    days: list[int | None] = []
    for subject, visit, since in zip(rows["subject"], rows["visit"], rows["days"], strict=True):
        start, now = dates.get((subject, baseline.get(subject, ""))), dates.get((subject, visit))
        if start and now:
            days.append((datetime.date.fromisoformat(now) - datetime.date.fromisoformat(start)).days + 1)
        else:
            days.append(None if pd.isna(since) else int(since) + 1)
    return days


def _kind(column: pd.Series) -> str:
    return "number" if column.dtype.kind in "if" else "text"
