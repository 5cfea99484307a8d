"""The map of change: where each tracked object lies in the baseline's frame and what became of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from skinimg.base.findings import MASK_FINDINGS
from skinimg.report.pictures import ViewPictures

MAX_MARKS = 120  # per finding, the most telling ones; a face with 1,000 spots would vanish under 400 marks
STRIPS = 8  # objects whose crops are shown without a click and in print
CROP_MM = 4.0  # smallest half side of a crop


@dataclass(frozen=True)
class Track:
    """One object over the shown sessions. `x`, `y`, `radius` in pixels of the baseline's frame."""

    finding: str
    number: str
    region: str
    x: float
    y: float
    radius: float
    crop: float  # half side of its crops, px
    statuses: tuple[
        str, ...
    ]  # one per shown session: baseline, persisting, new, resolved, not_visible, or "" = not yet

    @property
    def interest(self) -> tuple[int, float]:
        """What to show first: what faded or is new, then what is large."""
        return (int(self.statuses[-1] in ("resolved", "new") or "new" in self.statuses), self.radius)


def tracks(table: pd.DataFrame, view: ViewPictures) -> list[Track]:
    """Objects with a place, the most telling first; none without a scale, because places are in millimetres."""
    if view.mm_per_px is None or table.empty:
        return []
    rows = table[table["view"] == view.key]
    rows = rows.assign(session=rows["session"].astype(str), status=rows["status"].astype(str))
    order = [shown.session for shown in view.sessions]
    keys = ["finding", "lesion"]
    objects = rows.groupby(keys, sort=True, as_index=False).agg(
        x=("x_mm", "mean"), y=("y_mm", "mean"), area=("area_mm2", "max"), region=("region", "first")
    )
    statuses = rows.pivot_table(index=keys, columns="session", values="status", aggfunc="last", fill_value="")
    statuses = statuses.reindex(columns=order, fill_value="")
    found = []
    each: Iterable[tuple[Any, Any]] = zip(objects.itertuples(), statuses.itertuples(index=False), strict=True)
    for row, status in each:
        if row.finding not in MASK_FINDINGS or not (math.isfinite(row.x) and math.isfinite(row.y)):
            continue
        radius_mm = math.sqrt(row.area / math.pi) if math.isfinite(row.area) and row.area > 0 else 0.5
        found.append(
            Track(
                str(row.finding), str(row.lesion), str(row.region), row.x / view.mm_per_px, row.y / view.mm_per_px,
                max(1.3 * radius_mm / view.mm_per_px, view.width / 110), max(CROP_MM, 2.5 * radius_mm) / view.mm_per_px,
                tuple(map(str, status)),
            )
        )  # fmt: skip
    found.sort(key=lambda track: track.interest, reverse=True)
    return [t for f in MASK_FINDINGS for t in [t for t in found if t.finding == f][:MAX_MARKS]]


def counts(table: pd.DataFrame, view: ViewPictures) -> dict[str, list[dict[str, int]]]:
    """Of every finding, for each shown session, how many objects have each status: all of them, drawn or not."""
    rows = table[table["view"] == view.key]
    found: dict[str, list[dict[str, int]]] = {}
    for finding in (f for f in MASK_FINDINGS if (rows["finding"] == f).any()):
        mine = rows[rows["finding"] == finding]
        known = mine.groupby([mine["session"].astype(str), "status"])["lesion"].nunique()
        found[finding] = [
            {status: int(known.get((shown.session, status), 0)) for status in _SHAPES} for shown in view.sessions
        ]
    return found


@dataclass(frozen=True)
class Mark:
    """One path of the map of change: all objects of a finding with one status in one shown session."""

    id: str
    session: str  # prefix of the session's parts
    finding: str
    status: str
    path: str


def marks(found: list[Track], view: ViewPictures) -> list[Mark]:
    """For each session after the first and each finding, one path per status: shape and colour say which."""
    parts = []
    for place, shown in enumerate(view.sessions[1:], start=1):
        for finding in dict.fromkeys(track.finding for track in found):
            for status, draw in _SHAPES.items():
                path = "".join(draw(t) for t in found if t.finding == finding and t.statuses[place] == status)
                if path:
                    id = f"{shown.prefix}-{finding}-{status}"
                    parts.append(Mark(id, shown.prefix, finding, status, path))
    return parts


def _ring(t: Track) -> str:
    r = t.radius
    return f"M{t.x - r:.0f} {t.y:.0f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"


def _cross(t: Track) -> str:
    r = t.radius
    return f"M{t.x - r:.0f} {t.y - r:.0f}l{2 * r:.0f} {2 * r:.0f}m0 {-2 * r:.0f}l{-2 * r:.0f} {2 * r:.0f}"


def _plus(t: Track) -> str:
    r = t.radius
    return f"M{t.x - r:.0f} {t.y:.0f}h{2 * r:.0f}M{t.x:.0f} {t.y - r:.0f}v{2 * r:.0f}"


_SHAPES = {"persisting": _ring, "resolved": _cross, "new": _plus}
