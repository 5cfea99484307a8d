"""A subject drawn with numpy: every table of the contract, every kind of verdict, pictures of a painted face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import cv2
import numpy as np
import pytest

from skinimg.base.entries import PhotoEntry, Subject
from skinimg.base.findings import FINDINGS, MASK_FINDINGS, regions_of
from skinimg.base.reasons import why
from skinimg.base.results import (
    ChangeRow,
    LesionRow,
    MeasurementRow,
    PhotoRow,
    ScoreRow,
    SessionPictures,
    SubjectResult,
)
from skinimg.measure.metrics import metrics_of

EXPRESSION = why("other_expression", percent=6.0)
NO_COLOUR = why("no_absolute_colour")
COARSE = why("not_measurable", px_per_mm=4.2, needed=6)
NO_FACE, BLURRED = why("no_face", needed=0.5), why("blurred", sharpness=0.31, needed=0.5)
IMPROVED = why("grade_improved")
METRICS = {finding: {m.id: m.unit for m in metrics_of(finding)} for finding in FINDINGS}
# Change per month and verdict of each finding, in percent of the baseline.
EFFECTS = {
    "erythema": -9.0,
    "hyperpigmentation": None,
    "spots": -12.0,
    "redness": 9.0,
    "pores": -0.4,
    "scars": -4.0,
    "wrinkles": None,
    "tone": None,
    "texture": -1,
}
HEIGHT, WIDTH, MM_PER_PX = 1200, 1000, 0.16


@dataclass
class Drawn:
    """What the pipeline would hand to the report."""

    result: SubjectResult
    pictures: list[SessionPictures]
    subject: Subject
    footer: dict[str, str] = field(
        default_factory=lambda: {"skinimg": "0.1.0", "weights": "face 1.0 sha256 0123abcd", "max_megapixels": "200"}
    )


def _spot_places(count: int = 60) -> np.ndarray:
    rng = np.random.default_rng(1)
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0.05, 0.8, count))
    return np.stack([500 + 330 * radius * np.cos(angle), 620 + 420 * radius * np.sin(angle)], axis=1)


@cache
def _draw(session: int, height: int, width: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng, places = np.random.default_rng(7), _spot_places()
    skin = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(skin, (500, 620), (370, 500), 0, 0, 360, 255, -1)
    image = np.full((HEIGHT, WIDTH, 3), (226, 229, 231), np.float32)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2) * 14
    light = np.linspace(1.05, 0.9, WIDTH, dtype=np.float32)[None, :, None]
    face = (np.array([214, 172, 148], np.float32) + grain[..., None]) * light
    soft = cv2.GaussianBlur(skin, (0, 0), 3)[..., None] / 255.0
    masks = {finding: np.zeros((HEIGHT, WIDTH), np.uint8) for finding in MASK_FINDINGS}
    for index, (x, y) in enumerate(places):
        fade = max(0.0, 1 - 0.14 * session) if index % 5 else 1.0
        radius = round((6 + index % 9) * float(np.sqrt(fade)))
        if index % 11 == 3 and session >= 2:
            continue
        cv2.circle(masks["spots"], (int(x), int(y)), max(radius, 1), int(255 * fade), -1)
    for centre in ((330, 720), (670, 720)):
        cv2.ellipse(masks["redness"], centre, (80 + 8 * session, 60), 0, 0, 360, 210, -1)
    for x, y in rng.uniform((380, 520), (620, 800), (220, 2)):
        cv2.circle(masks["pores"], (int(x), int(y)), 2, 230, -1)
    for x, y in rng.uniform((250, 620), (330, 850), (9, 2)):
        cv2.ellipse(masks["scars"], (int(x), int(y)), (9, 7), 30, 0, 360, 200, -1)
    for y in (250, 290, 330):
        cv2.polylines(masks["wrinkles"], [np.array([[330, y], [500, y - 14], [670, y]])], False, 220, 3)
    tint = {"spots": (-60, -66, -62), "redness": (6, -34, -26), "pores": (-50, -50, -46), "scars": (-22, -24, -22),
            "wrinkles": (-40, -42, -40)}  # fmt: skip
    for finding, mask in masks.items():
        face += cv2.GaussianBlur(mask, (0, 0), 1.5)[..., None] / 255.0 * np.array(tint[finding], np.float32)
    image = image * (1 - soft) + face * soft
    for x in (370, 630):
        cv2.ellipse(image, (x, 500), (62, 28), 0, 0, 360, (246, 244, 240), -1)
        cv2.circle(image, (x, 500), 27, (74, 52, 38), -1)
        cv2.ellipse(image, (x, 440), (80, 14), 0, 180, 360, (82, 58, 44), -1)
    cv2.ellipse(image, (500, 930), (120, 34), 0, 0, 360, (176, 96, 92), -1)
    size = (width, height)
    picture = cv2.resize(np.clip(image, 0, 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    resized = {name: cv2.resize(mask, size, interpolation=cv2.INTER_AREA) for name, mask in masks.items()}
    return picture, resized | {"skin": cv2.resize(skin, size)}


def _changes(subject: str, sessions: list[str], view: str, light: str, months: list[int]) -> list[ChangeRow]:
    rng = np.random.default_rng(3)
    rows = []
    for number, session in enumerate(sessions[1:], start=1):
        for region in regions_of(view):
            for finding, metrics in METRICS.items():
                for metric, unit in metrics.items():
                    row = ChangeRow(
                        subject, view, light, region, finding, metric, unit, sessions[0], session, months[number] * 30
                    )
                    effect = EFFECTS[finding]
                    if effect is None or (finding == "scars" and region == "nose"):
                        reason = {"wrinkles": EXPRESSION, "tone": NO_COLOUR}.get(finding, COARSE)
                        rows.append(replace(row, reason=(reason,)))
                        continue
                    baseline = 40.0 * rng.uniform(0.6, 1.5)
                    percent = effect * number + rng.normal(0, 1.0)
                    half, mdc = baseline * 0.05, baseline * 0.06
                    change = baseline * percent / 100
                    certain = abs(change) > max(mdc, half)
                    verdict = ("improved" if change < 0 else "worsened") if certain else "unchanged"
                    rows.append(
                        replace(
                            row, baseline=baseline, follow_up=baseline + change, change=change, change_percent=percent,
                            ci_low=change - half, ci_high=change + half, percent_ci_low=percent - 5,
                            percent_ci_high=percent + 5, mdc95=mdc, verdict=verdict,
                        )
                    )  # fmt: skip
    return rows


def _measurements(
    changes: list[ChangeRow], subject: str, sessions: list[str], view: str, light: str
) -> list[MeasurementRow]:
    if changes:
        values = [(sessions[0], c, c.baseline) for c in changes if c.session == sessions[1]]
        values += [(c.session, c, c.follow_up) for c in changes]
        keyed = [(session, (c.region, c.finding, c.metric, c.unit), value) for session, c, value in values]
    else:
        plain = [(r, f, m, u) for r in regions_of(view) for f, ms in METRICS.items() for m, u in ms.items()]
        keyed = [(sessions[0], key, 12.5) for key in plain]
    return [
        MeasurementRow(
            subject, session, "", view, light, 1, region, finding, metric, value, unit,
            () if np.isfinite(value) else (COARSE,),
        )
        for session, (region, finding, metric, unit), value in keyed
    ]  # fmt: skip


def _lesions(subject: str, sessions: list[str], places: np.ndarray, scale: float) -> list[LesionRow]:
    rows = []
    for index, (x, y) in enumerate(places * scale):
        for number, session in enumerate(sessions):
            status = "baseline" if number == 0 else "persisting"
            area: float = 3.0 * (1 - 0.1 * number)
            if index % 11 == 3 and number >= 2:
                status, area = "resolved", np.nan
            if index % 17 == 5:
                if number == 0:
                    continue
                status = "new" if number == 1 else "persisting"
            if index % 23 == 1 and number > 0:
                status, area = "not_visible", np.nan
            region = "left_cheek" if x > WIDTH * scale / 2 else "right_cheek"
            rows.append(
                LesionRow(
                    subject, "front", "spots", index + 1, session, region, x * MM_PER_PX / scale,
                    y * MM_PER_PX / scale, area, 0.3, status,
                )
            )  # fmt: skip
    return rows


def _scores(changes: list[ChangeRow], subject: str, view: str) -> list[ScoreRow]:
    metric = {"spots": "burden", "redness": "burden", "pores": "area", "scars": "burden", "wrinkles": "burden"}
    rows = []
    for row in changes:
        if row.region in ("face", "patch") and metric.get(row.finding) == row.metric:
            low, high = (-100 * row.ci_high / row.baseline, -100 * row.ci_low / row.baseline)
            rows.append(ScoreRow(subject, view, row.session, row.finding, -row.change_percent, low, high, row.verdict))
    overall = ("overall", 14.0, 9.0, 19.0, "improved", (IMPROVED,))
    return rows + [ScoreRow(subject, view, session, *overall) for session in dict.fromkeys(c.session for c in changes)]


def _photos(subject: str, sessions: list[str], dates: list[str], view: str, rejected: bool) -> list[PhotoRow]:
    rows = []
    for number, (session, date) in enumerate(zip(sessions, dates, strict=True)):
        row = PhotoRow(
            subject, session, date, view, "standard", 1, f"{session}/{view}.jpg", "ab" * 32, "ok", (), 9.6, "iris",
            "skin", np.nan, 0.8, 1.2 + 9 * (number == 1), -2.0, 0.4, 0.21, 0.93,
        )  # fmt: skip
        if rejected:
            row = replace(row, status="rejected", reasons=(NO_FACE,), px_per_mm=np.nan)
        elif number == 1:
            row = replace(row, status="warning", reasons=(BLURRED,))
        rows.append(row)
    return rows


def _pictures(sessions: list[str], dates: list[str], months: list[int], view: str,
              scale: float) -> list[SessionPictures]:  # fmt: skip
    height, width = int(HEIGHT * scale), int(WIDTH * scale)
    pictures = []
    for number, (session, date) in enumerate(zip(sessions, dates, strict=True)):
        aligned, masks = _draw(min(number, 6), height, width)
        masks = dict(masks)
        skin = masks.pop("skin") > 127
        green, blue = aligned[..., 1].astype(np.float32) + 1, aligned[..., 2].astype(np.float32) + 1
        melanin, haemoglobin = -np.log(blue / 255), -np.log(green / 255) * 0.6
        melanin[~skin], haemoglobin[~skin] = np.nan, np.nan
        pictures.append(
            SessionPictures(view, session, date, months[number] * 30, aligned, melanin, haemoglobin, masks, skin,
                            MM_PER_PX / scale, (290 * scale, 455 * scale, 710 * scale, 545 * scale))
        )  # fmt: skip
    return pictures


@pytest.fixture(scope="session")
def drawn_subject() -> Callable[..., Drawn]:
    """Build a subject: `drawn_subject(sessions=4, name=..., rejected=False, arms=("A", "B"), scale=0.25)`."""
    return draw_subject


def draw_subject(
    sessions: int = 4,
    name: str = "P-017",
    rejected: bool = False,
    arms: tuple[str, str] = ("", ""),
    scale: float = 0.25,
    view: str = "front",
) -> Drawn:
    names = [f"S{number + 1}" for number in range(sessions)]
    months = list(range(sessions))
    dates = [str(np.datetime64("2026-01-15") + 30 * month) for month in months]
    places = _spot_places()
    changes = _changes(name, names[:1] if rejected else names, view, "standard", months)
    measurements = _measurements(changes, name, names, view, "standard")
    photos = _photos(name, names, dates, view, rejected)
    lesions = _lesions(name, names, places, scale)
    result = SubjectResult(
        name,
        photos=tuple(photos),
        measurements=() if rejected else tuple(measurements),
        changes=tuple(changes),
        lesions=() if rejected else tuple(lesions),
        scores=tuple(_scores(changes, name, view)),
        warnings=(why("later_baseline", subject=name, view=view, session="S2"),),
        seconds={"photo": 1.0},
    )
    pictures = [] if rejected else _pictures(names, dates, months, view, scale)
    treatment = "Exosomes, 0.5 mm microneedling"
    entries = tuple(
        PhotoEntry(name, session, "/nowhere/x.jpg", f"{session}/{view}.jpg", date, view, arm_left=arms[0],  # type: ignore[arg-type]
                   arm_right=arms[1], treatment=treatment if session != names[-1] else "")
        for session, date in zip(names, dates, strict=True)
    )  # fmt: skip
    return Drawn(result, pictures, Subject(name, tuple(names), entries))
