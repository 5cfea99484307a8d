"""What the reader is told about each photograph: was it usable, and what to do better next time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import pandas as pd

from skinimg.base.findings import FINDINGS
from skinimg.report.language import Language, terse
from skinimg.report.verdicts import view_key

# A word of a reason (the tables' own English) -> the advice that mends it.
_ADVICE: tuple[tuple[str, str], ...] = (
    (r"damaged|cannot be opened|empty|a folder|that can be read|several pictures|too large|transparent", "file"),
    (r"mirrored|colour profile|tone curve|pixels of a kind|does not fit|no colour", "file"),
    (r"blur|sharpness", "focus"),
    (r"expression|eyes closed|smil", "expression"),
    (r"\byaw|turned differently|tilt", "pose"),
    (r"saturated|shine|too dark|overexposed|light comes", "light"),
    (r"px/mm|photo is too small|face is too small", "distance"),
    (r"no face|faces|face lies outside|too little|same skin", "face"),
    (r"no scale|scale cannot be right", "scale"),
    (r"colour card", "colour"),
)


@dataclass(frozen=True)
class PhotoLine:
    """One row of the quality table, in words."""

    session: str
    date: str
    view: str
    photo: str
    status: str
    reasons: tuple[str, ...]
    advice: tuple[str, ...]
    scale: str
    yaw: str
    error: str


def photo_lines(photos: pd.DataFrame, say: Language, deidentify: bool) -> list[PhotoLine]:
    """File names are left out of a de-identified report: they often hold names."""
    return [_line(row, say, deidentify) for row in photos.itertuples(index=False)]


def _line(row: object, say: Language, deidentify: bool) -> PhotoLine:
    def text(name: str) -> str:
        value = getattr(row, name, "")
        return "" if value is None or pd.isna(value) else str(value)

    def number(name: str) -> float:
        value = getattr(row, name, math.nan)
        return math.nan if value is None or value == "" or pd.isna(value) else float(value)

    reasons = tuple(part.strip() for part in terse(text("reasons")).split(";") if part.strip())
    scale, error = number("px_per_mm"), number("registration_error_mm")
    return PhotoLine(
        session=text("session"),
        date=say.date(text("date")),
        view=view_title(view_key(text("view"), text("light")), say),
        photo="" if deidentify else text("photo"),
        status=text("status") or "ok",
        reasons=tuple(say.reason(reason) for reason in reasons),
        advice=_advice(text("status"), reasons, scale, say),
        scale=f"{say.number(scale, 1)} px/mm" if math.isfinite(scale) else say("ui.nodata"),
        yaw=say.number(number("yaw_deg"), 0) + ("°" if math.isfinite(number("yaw_deg")) else ""),
        error=f"{say.number(error, 2)} mm" if error > 0 else say("ui.nodata"),  # the first photo is aligned to nothing
    )


def _advice(status: str, reasons: tuple[str, ...], scale: float, say: Language) -> tuple[str, ...]:
    keys = [key for reason in reasons for pattern, key in _ADVICE if re.search(pattern, reason, re.IGNORECASE)]
    needed = max(finding.min_px_per_mm for finding in FINDINGS.values())
    if scale < needed:
        keys.append("distance")
    if status == "rejected":
        keys.append("rejected")
    now = say.number(scale, 1) + " px/mm" if math.isfinite(scale) else "?"
    said = (say(f"advice.{key}", scale=now, needed=f"{say.number(needed, 0)} px/mm") for key in dict.fromkeys(keys))
    return tuple(said) or (say("advice.none"),)


def view_title(key: str, say: Language) -> str:
    """`front_cross_polarized` as "Front view, cross-polarised light"."""
    view, _, light = key.partition("_")
    title = say.name("view", view)
    return f"{title}, {say.name('view', light)}" if light else title
