"""Tables of the benchmark of change (change.py): what was measured beside what was done, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from skinimg.phantom.camera import Regime
from skinimg.skin.optics import TONES

REGIMES: tuple[Regime, ...] = ("fixed_rig", "same_phone", "other_phone")
AIMS = {"pigment": ("spots", "pores", "wrinkles"), "vessels": ("redness", "scars")}

# What a reader asks of each finding first.
HEADLINES = (
    *(("spots", "burden"), ("redness", "burden"), ("pores", "density"), ("pores", "area")),
    *(("scars", "burden"), ("wrinkles", "length"), ("wrinkles", "burden")),
)


def of_change(pairs: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Bias, error and coverage where something was treated, by finding."""
    for finding, metric in HEADLINES:
        rows = pairs[(pairs["finding"] == finding) & (pairs["metric"] == metric)]
        both = rows.dropna(subset=["error", "low", "high"])
        treated, covered = both[both["asked"] != 0], (both["low"] <= both["true"]) & (both["true"] <= both["high"])
        yield {
            "finding": finding,
            "metric": metric,
            "treated_pairs": len(treated),
            "not_assessable": len(rows) - len(both),
            "bias_points": mean(treated["error"]),
            "error_points": mean(treated["error"].abs()),
            "slope": slope(treated["true"], treated["change_percent"]),
            "half_width_points": mean((both["high"] - both["low"]) / 2),
            "coverage_percent": mean(100 * covered),
            "coverage_pairs": len(both),
        }


def of_null(pairs: pd.DataFrame) -> Iterator[dict[str, object]]:
    """False verdicts and within-subject coefficient of variation where nothing was done, by finding and regime."""
    for finding, metric in HEADLINES:
        rows = pairs[(pairs["finding"] == finding) & (pairs["metric"] == metric) & (pairs["asked"] == 0)]
        for regime in REGIMES:
            known = rows[rows["regime"] == regime].dropna(subset=["change_percent", "ci_low"])
            apart = 2 * (known["follow_up"] - known["baseline"]) / (known["follow_up"] + known["baseline"])
            yield {
                "finding": finding,
                "metric": metric,
                "regime": regime,
                "pairs": len(known),
                "false_verdicts": int(known["verdict"].isin(["improved", "worsened"]).sum()),
                "half_width_points": mean((known["high"] - known["low"]) / 2),
                "cv_percent": round(100 * float(np.sqrt((apart**2).mean() / 2)), 2) if len(known) else None,
            }


def of_detection(pairs: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Share of treated people whose improvement is called one, by size of the effect asked for."""
    treated = pairs[pairs["asked"] < 0]
    for finding, metric in HEADLINES:
        rows = treated[(treated["finding"] == finding) & (treated["metric"] == metric)]
        shares = (rows["verdict"] == "improved").groupby(rows["asked"].round()).mean().sort_index(ascending=False)
        enough = shares.index[shares >= 0.8]
        yield {
            "finding": finding,
            "metric": metric,
            "series": len(rows.groupby(["subject", "regime"])),
            **{f"{size:g} %": round(100 * share) for size, share in shares.items()},
            "smallest_detected_percent": float(enough[0]) if len(enough) else None,
        }


def of_cross_talk(pairs: pd.DataFrame) -> Iterator[dict[str, object]]:
    """What a treatment of pigment alone does to measured redness, and of blood alone to measured spots."""
    last = pairs[pairs["session"] == pairs["session"].max()]
    for aim, finding in (("pigment", "redness"), ("vessels", "spots")):
        for tone in TONES:
            where = (last["aim"] == aim) & (last["finding"] == finding) & (last["tone"] == tone)
            error = last[where & (last["metric"] == "burden")]["error"].dropna()
            yield {
                "treated": AIMS[aim][0],
                "measured": finding,
                "tone": tone,
                "series": len(error),
                "mean_points": mean(error),
                "standard_error": round(float(error.sem()), 1) if len(error) > 1 else None,
            }


def mean(values: pd.Series) -> float | None:
    return round(float(values.mean()), 1) if len(values) else None


def slope(true: pd.Series, found: pd.Series) -> float | None:
    """Measured change per true change through the origin; below 1 is diluted; none without true change."""
    return round(float((true * found).sum() / (true**2).sum()), 2) if (true**2).sum() > 1 else None


SECTIONS = {
    "Change where something was treated (points of per cent)": of_change,
    "Nothing treated": of_null,
    "Share of people whose improvement is called one (%)": of_detection,
    "Cross-talk at the strongest effect (points)": of_cross_talk,
}


def false_verdicts(judged: pd.DataFrame, pairs: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Of null pairs: headline rows, exploratory rows after false discovery control, and the overall score."""
    for (camera, regime), mine in pairs.groupby(["camera", "regime"], sort=False):
        rows = judged[(judged["camera"] == camera) & (judged["regime"] == regime) & (judged["role"] == "headline")]
        scored = mine[mine["overall"] != "not_assessable"]
        yield {
            "camera": camera,
            "regime": regime,
            "pairs": len(mine),
            "headline_rows": len(rows),
            "headline_false_percent": mean(100 * rows["verdict"].isin(["improved", "worsened"])),
            "exploratory_rows": int(mine["exploratory"].sum()),
            "exploratory_false_percent": round(100 * mine["called"].sum() / max(mine["exploratory"].sum(), 1), 2),
            "overall_scored": len(scored),
            "overall_false": int(scored["overall"].isin(["improved", "worsened"]).sum()),
        }


def markdown(rows: Sequence[Mapping[str, object]]) -> str:
    """The rows as a table; None is a dash."""
    head = list(rows[0])
    lines: list[list[object]] = [[*head], ["---"] * len(head), *([row.get(name) for name in head] for row in rows)]
    return "\n".join("| " + " | ".join("-" if cell is None else str(cell) for cell in line) + " |" for line in lines)
