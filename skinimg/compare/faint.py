"""Forced photometry: how strong a lesion is at its place in a photo in which it was not found, and what could be seen there.

A network finds or does not find; near its threshold that is a matter of noise (62 of 289 pores of an untreated person
"resolved"). So a lesion is gone, or new, only where the contrast at its place says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skinimg.base.findings import FINDINGS
from skinimg.base.records import FloatArray, Shot

# Sizes, sigma in px of the working scale, at which contrast is averaged: 0.1 mm for a pore to 1.6 mm for a patch.
_SIGMAS_PX = (1.0, 2.0, 4.0, 8.0, 16.0)
_LIMIT = 0.95  # of plain skin lies below its detection limit
_LEAST_PLAIN_PX = 2_000


@dataclass(frozen=True)
class PlaceContrast:
    """Contrast at a place: what is there, the middle of plain skin, and the limit that 5 % of plain skin exceed."""

    value: float
    plain: float
    limit: float


class Faint:
    """The contrasts of one session in the baseline's frame; each size is averaged when it is first asked for."""

    def __init__(self, shot: Shot, reach_px: int) -> None:
        """reach_px : how far the registration may be off; the strongest place within it counts, on plain skin too."""
        # Not the shot: a subject of many sessions would keep 0.4 GB of each.
        self._contrasts = shot.found.contrasts
        self._where = None if shot.alignment.is_identity else shot.alignment.to_session
        self._reach = reach_px
        self._averaged: dict[tuple[str, int], tuple[FloatArray, float, float]] = {}
        anything = (shot.found.segmentation.probability > 0.3).any(axis=0)
        self._plain = self._carried((shot.seen.frame.skin & ~shot.seen.maps.glare & ~anything).astype(np.float32)) > 0.5

    def at(self, place: LesionPlace) -> PlaceContrast | None:
        """Contrast at a place, averaged over a lesion of its size; None without plain skin to judge by."""
        finding = place.finding
        radius_px = np.sqrt(max(place.area_mm2, 1e-3) / np.pi) / place.mm_per_px
        size = int(np.argmin(np.abs(np.log(np.array(_SIGMAS_PX) / max(radius_px / 2, 0.5)))))
        kind = finding if finding == "scars" else FINDINGS[finding].contrast_map
        if (kind, size) not in self._averaged:
            self._averaged[kind, size] = self._average(finding, _SIGMAS_PX[size])
        values, plain, limit = self._averaged[kind, size]
        row = min(max(round(place.y), 0), values.shape[0] - 1)
        column = min(max(round(place.x), 0), values.shape[1] - 1)
        return PlaceContrast(float(values[row, column]), plain, limit) if np.isfinite(limit) else None

    def _average(self, finding: str, sigma_px: float) -> tuple[FloatArray, float, float]:
        averaged = cv2.GaussianBlur(self._carried(self._contrasts[finding]), (0, 0), sigma_px)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * self._reach + 1, 2 * self._reach + 1))
        strongest = np.asarray(cv2.dilate(averaged, kernel), np.float32)
        plain = strongest[self._plain]
        if len(plain) < _LEAST_PLAIN_PX:
            return strongest, np.nan, np.nan
        middle, limit = np.quantile(plain[:: max(len(plain) // 200_000, 1)], (0.5, _LIMIT))
        return strongest, float(middle), float(limit)

    def _carried(self, values: FloatArray) -> FloatArray:
        return values if self._where is None else cv2.remap(values, self._where, None, cv2.INTER_LINEAR)


@dataclass(frozen=True)
class LesionPlace:
    """Where a lesion is, in pixels of the baseline's frame, and how large."""

    finding: str
    x: float
    y: float
    area_mm2: float
    mm_per_px: float


def told_apart(strong: Faint | None, weak: Faint | None, place: LesionPlace) -> tuple[bool, float]:
    """Whether a lesion that is strong in one session is truly absent in the other, and its contrast there.

    It must stand out in the first, lie within plain skin in the second, and have changed by more than both limits allow
    together. Where nothing can be judged, what the network says stands.
    """
    there, here = (f.at(place) if f else None for f in (strong, weak))
    if there is None or here is None:
        return True, np.nan
    least = float(np.hypot(there.limit - there.plain, here.limit - here.plain))
    change = (there.value - there.plain) - (here.value - here.plain)
    return there.value > there.limit and here.value < here.limit and change > least, here.value
