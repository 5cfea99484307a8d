"""What one session shows of spots, pores and scars, and where each lies in the baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skinimg.base.records import Alignment, BoolArray, FloatArray, Frame, Objects, Shot
from skinimg.compare.faint import Faint


@dataclass(frozen=True)
class Sighting:
    """What one session shows: its objects, and where they lie in the baseline."""

    session: str
    native_px_per_mm: float
    points: dict[str, FloatArray]  # finding -> (n, 2) places in baseline pixels
    states: dict[str, FloatArray]  # finding -> (n, 2) area in mm2 and contrast
    visible: BoolArray  # (h_b, w_b) skin of the baseline whose pattern this session shows
    error_mm: float
    faint: Faint | None = None  # contrasts at places where nothing was found; None: what was found is all that is known


def sight_shot(session: str, shot: Shot) -> Sighting:
    """What a shot shows, with the contrasts that lie below what it finds."""
    reach_px = max(round(shot.alignment.error_mm / shot.seen.frame.mm_per_px), 1)
    found = sight(session, shot.seen.frame, shot.found.objects, shot.alignment)
    return replace(found, faint=Faint(shot, reach_px))


def sight(session: str, frame: Frame, objects: dict[str, Objects], alignment: Alignment) -> Sighting:
    """Carry a session's objects over to the baseline.

    Objects are left out where the skin's pattern was not found again: whether they are new cannot be known there.
    """
    points, states = {}, {}
    height, width = alignment.matched_session.shape
    for finding, found in objects.items():
        x = np.clip(np.rint(found.x_px).astype(int), 0, width - 1)
        y = np.clip(np.rint(found.y_px).astype(int), 0, height - 1)
        seen = alignment.matched_session[y, x]
        offset = np.stack([found.x_px - x, found.y_px - y], axis=1)
        points[finding] = (alignment.to_baseline[y, x] + offset)[seen]
        states[finding] = np.stack([found.area_mm2, found.contrast], axis=1)[seen]
    return Sighting(session, frame.native_px_per_mm, points, states, alignment.matched_baseline, alignment.error_mm)
