"""What the reader is told about each photograph: was it usable, and what to do better next time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from skinimg.base.findings import FINDINGS
from skinimg.base.reasons import Reason
from skinimg.base.results import PhotoRow
from skinimg.report.language import Language
from skinimg.study import view_key

# A key of [advice] in texts/LANG.toml -> the reasons that it mends.
_ADVICE: dict[str, tuple[str, ...]] = {
    "file": (
        *("photo_is_a_folder", "photo_not_opened", "raw_file", "empty_file", "not_a_photo", "damaged", "no_memory"),
        *("too_many_pixels", "several_pictures", "odd_pixels", "separate_planes", "negative", "transparent", "hdr"),
        *("profile_of_grey", "profile_unusable", "colours_without_profile", "colours_not_known", "grey", "toned"),
        *("mirrored", "skin_sharper", "other_tone_curve", "other_compression", "stronger_colours", "paler_colours"),
        *("skin_rougher", "skin_flatter", "framed"),
    ),
    "focus": ("blurred", "skin_softer", "brows_sharper", "brows_softer"),
    "expression": ("eyes_closed", "other_expression", "eyes_wider", "eyes_narrower"),
    "pose": ("head_turned", "turned", "chin_higher", "chin_lower"),
    "light": (
        *("overexposed", "underexposed", "shiny", "darker", "brighter", "other_light", "more_shine", "less_shine"),
        *("card_saturated", "other_background"),
    ),
    "distance": ("too_few_pixels", "face_too_small", "other_resolution"),
    "face": (
        *("no_face", "no_sure_face", "several_faces", "two_faces", "face_outside", "little_skin", "little_plain_skin"),
        *("other_skin", "nothing_in_common", "little_overlap", "covered", "foreign", "mouth_covered", "lips_redder"),
        "other_shape",
    ),
    "scale": ("no_scale", "scale_impossible", "card_tilted"),
    "colour": ("card_not_read", "card_disagrees"),
}
_MENDS = {code: key for key, codes in _ADVICE.items() for code in codes}


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


def photo_lines(photos: Iterable[PhotoRow], say: Language, deidentify: bool) -> list[PhotoLine]:
    """File names are left out of a de-identified report: they often hold names."""
    return [_line(row, say, deidentify) for row in photos]


def _line(row: PhotoRow, say: Language, deidentify: bool) -> PhotoLine:
    scale, error = row.px_per_mm, row.registration_error_mm
    return PhotoLine(
        session=row.session,
        date=say.date(row.date),
        view=say.view(view_key(row)),
        photo="" if deidentify else row.photo,
        status=row.status,
        reasons=tuple(say.reason(reason) for reason in row.reasons),
        advice=_advice(row.status, row.reasons, scale, say),
        scale=f"{say.number(scale, 1)} px/mm" if math.isfinite(scale) else say("ui.nodata"),
        yaw=say.number(row.yaw_deg, 0) + ("°" if math.isfinite(row.yaw_deg) else ""),
        error=f"{say.number(error, 2)} mm" if error > 0 else say("ui.nodata"),  # the first photo is aligned to nothing
    )


def _advice(status: str, reasons: tuple[Reason, ...], scale: float, say: Language) -> tuple[str, ...]:
    keys = [_MENDS[reason.code] for reason in reasons if reason.code in _MENDS]
    needed = max(finding.min_px_per_mm for finding in FINDINGS.values())
    if scale < needed:
        keys.append("distance")
    if status == "rejected":
        keys.append("rejected")
    now = say.number(scale, 1) + " px/mm" if math.isfinite(scale) else "?"
    said = (say(f"advice.{key}", scale=now, needed=f"{say.number(needed, 0)} px/mm") for key in dict.fromkeys(keys))
    return tuple(said) or (say("advice.none"),)
