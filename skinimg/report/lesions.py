"""The map of change: where each tracked object lies in the baseline's frame and what became of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean as mean

from skinimg.base.findings import MASK_FINDINGS
from skinimg.base.results import LesionRow
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
    statuses: tuple[str, ...]  # one per shown session: baseline, persisting, new, ..., or "" = not yet

    @property
    def interest(self) -> tuple[int, float]:
        """What to show first: what faded or is new, then what is large."""
        return (int(self.statuses[-1] in ("resolved", "new") or "new" in self.statuses), self.radius)


def tracks(lesions: Iterable[LesionRow], view: ViewPictures) -> list[Track]:
    """Objects with a place, the most telling first; none without a scale, because places are in millimetres."""
    if view.mm_per_px is None:
        return []
    objects: dict[tuple[str, int], list[LesionRow]] = {}
    for row in lesions:
        if row.view == view.key:
            objects.setdefault((row.finding, row.lesion), []).append(row)
    found = [_track(rows, view, view.mm_per_px) for rows in objects.values() if math.isfinite(rows[0].x_mm)]
    found.sort(key=lambda track: track.interest, reverse=True)
    return [t for f in MASK_FINDINGS for t in [t for t in found if t.finding == f][:MAX_MARKS]]


def _track(rows: Sequence[LesionRow], view: ViewPictures, mm_per_px: float) -> Track:
    """One object; it stands at the mean of its places, as large as it ever was."""
    area = max((row.area_mm2 for row in rows if row.area_mm2 > 0), default=math.nan)
    radius_mm = math.sqrt(area / math.pi) if math.isfinite(area) else 0.5
    status = {row.session: row.status for row in rows}
    return Track(
        finding=rows[0].finding,
        number=str(rows[0].lesion),
        region=rows[0].region,
        x=mean(row.x_mm for row in rows) / mm_per_px,
        y=mean(row.y_mm for row in rows) / mm_per_px,
        radius=max(1.3 * radius_mm / mm_per_px, view.width / 110),
        crop=max(CROP_MM, 2.5 * radius_mm) / mm_per_px,
        statuses=tuple(status.get(shown.session, "") for shown in view.sessions),
    )


def counts(lesions: Iterable[LesionRow], view: ViewPictures) -> dict[str, list[dict[str, int]]]:
    """Of every finding, for each shown session, how many objects have each status: all of them, drawn or not."""
    known = Counter((row.finding, row.session, row.status) for row in lesions if row.view == view.key)
    return {
        finding: [{status: known[finding, shown.session, status] for status in _SHAPES} for shown in view.sessions]
        for finding in MASK_FINDINGS
        if any(there == finding for there, _, _ in known)
    }


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
