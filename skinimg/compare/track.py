"""The same spot, pore or scar from session to session: one-to-one assignment on place, size and contrast.

A lesion that broke into pieces keeps its number, and its area is that of all pieces inside its old outline. Lesions
that ran together keep their numbers too: each is given the part of the common area that it had before. So neither a
split nor a merger looks like a lesion that is new or gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from skinimg.base.findings import FINDINGS, MASK_FINDINGS
from skinimg.base.records import BitArray, BoolArray, FloatArray, Frame
from skinimg.base.results import LesionRow
from skinimg.compare.faint import Faint, LesionPlace, told_apart
from skinimg.compare.sighting import Sighting

# Standard deviation in mm of the distance between two sightings of one object. Spots and scars: at least 0.7 mm
# (docs/CONSTANTS.md 8); pores: they stand 0.6 to 1.2 mm apart, so only a well registered pore can be followed at all;
# patches and lines: their centre moves with their outline.
_PLACE_SD_MM = {"spots": 0.7, "redness": 2.0, "pores": 0.15, "scars": 0.7, "wrinkles": 2.0}
_LOG_AREA_SD = 0.5  # docs/CONSTANTS.md 8
_CONTRAST_SD = 0.3  # docs/CONSTANTS.md 8
_GATE_SD = 3.0
_UNMATCHED_COST = _GATE_SD**2  # an object may stay alone at the price of the widest accepted distance

_OUTLINED = ("spots", "redness", "scars")  # what has an outline in which pieces can lie; pores are points
_REACH = 1.3  # radius of the outline over that of the disc of equal area: ellipses of 3:1 reach to 1.7, discs to 1
_MOST_GROWTH = 1.5  # area of all pieces over the area before; beyond it, something new has come


@dataclass(frozen=True)
class _Station:
    """An object in one session, at a place in baseline pixels."""

    session: str
    region: str
    x: float
    y: float
    area_mm2: float
    contrast: float
    status: str


@dataclass
class _Track:
    """One object through time, places in baseline pixels."""

    x: float = 0.0
    y: float = 0.0
    area_mm2: float = 0.0
    contrast: float = 0.0
    reach_mm: float = 0.0  # radius of the widest outline seen
    faint: Faint | None = None  # of the session in which it was seen last
    stations: list[_Station] = field(default_factory=list)


def track(subject: str, view: str, baseline: Frame, sightings: Sequence[Sighting]) -> list[LesionRow]:
    """Rows of lesions.csv for one subject and view; the first sighting is the baseline itself.

    Without a scale, `x_mm`, `y_mm` and `area_mm2` stay empty.
    """
    mm_per_px = np.nan if baseline.scale_source == "assumed" else baseline.mm_per_px
    rows = []
    for finding in MASK_FINDINGS:
        usable = [s for s in sightings if s.native_px_per_mm >= FINDINGS[finding].min_px_per_mm]
        if not usable or usable[0] is not sightings[0]:
            continue
        for number, item in enumerate(_follow(finding, baseline, usable), start=1):
            rows += [
                LesionRow(
                    subject=subject,
                    view=view,
                    finding=finding,
                    lesion=number,
                    session=at.session,
                    region=at.region,
                    x_mm=at.x * mm_per_px,
                    y_mm=at.y * mm_per_px,
                    area_mm2=at.area_mm2 if np.isfinite(mm_per_px) else np.nan,
                    contrast=at.contrast,
                    status=at.status,
                )
                for at in item.stations
            ]
    return rows


def _follow(finding: str, baseline: Frame, sightings: Sequence[Sighting]) -> list[_Track]:
    tracks: list[_Track] = []
    for index, sighting in enumerate(sightings):
        points, states = sighting.points[finding], sighting.states[finding]
        mm_per_px = baseline.mm_per_px
        pairs = _assign(finding, tracks, points, states, sighting.error_mm, mm_per_px)
        if finding in _OUTLINED:
            pairs += _pieces(tracks, points, states, pairs, mm_per_px)
            pairs += _merged(tracks, points, states, pairs, mm_per_px, sighting.visible)
        parts = _parts(tracks, points, states, pairs)
        for k, item in enumerate(tracks):
            if k in parts:
                _see(item, "persisting", sighting, baseline, *parts[k])
            else:
                item.stations.append(_missed(finding, item, sighting, baseline))
        for j in sorted(set(range(len(points))) - {j for _, j in pairs}):
            item = _Track()
            place = LesionPlace(finding, float(points[j, 0]), float(points[j, 1]), float(states[j, 0]), mm_per_px)
            fresh = index > 0 and told_apart(sighting.faint, sightings[index - 1].faint, place)[0]
            status = "baseline" if index == 0 else "new" if fresh else "below_detection"
            _see(item, status, sighting, baseline, points[j], states[j])
            tracks.append(item)
    return tracks


def _missed(finding: str, item: _Track, sighting: Sighting, baseline: Frame) -> _Station:
    """A lesion that was not found: out of sight, gone for certain, or too faint to be told."""
    if not _visible(sighting.visible, item.x, item.y):
        return _station(item, "not_visible", sighting, baseline, np.nan, np.nan)
    place = LesionPlace(finding, item.x, item.y, item.area_mm2, baseline.mm_per_px)
    gone, contrast = told_apart(item.faint, sighting.faint, place)
    status, area_mm2 = ("resolved", 0.0) if gone else ("below_detection", np.nan)
    return _station(item, status, sighting, baseline, area_mm2, np.nan if gone else contrast)


def _pieces(
    tracks: list[_Track], points: FloatArray, states: FloatArray, pairs: list[tuple[int, int]], mm_per_px: float
) -> list[tuple[int, int]]:
    """Objects without a partner that lie inside the old outline of a lesion which shrank by about as much."""
    area = {k: float(states[j, 0]) for k, j in pairs}
    free = sorted(set(range(len(points))) - {j for _, j in pairs}, key=lambda j: -states[j, 0])
    found = []
    for j in free if tracks else ():
        away_mm = np.hypot(*(_places(tracks) - points[j]).T) * mm_per_px
        k = int(np.argmin(away_mm / np.maximum([t.reach_mm for t in tracks], 1e-6)))
        together = area.get(k, 0.0) + float(states[j, 0])
        if away_mm[k] < tracks[k].reach_mm and together < _MOST_GROWTH * tracks[k].area_mm2:
            area[k] = together
            found.append((k, j))
    return found


def _merged(
    tracks: list[_Track],
    points: FloatArray,
    states: FloatArray,
    pairs: list[tuple[int, int]],
    mm_per_px: float,
    visible: BoolArray,
) -> list[tuple[int, int]]:
    """Lesions without a partner that stood where the outline of another's, grown by about as much, now is."""
    owner = {j: k for k, j in pairs}
    lone = [k for k, t in enumerate(tracks) if k not in owner.values() and _visible(visible, t.x, t.y)]
    expected = {j: tracks[k].area_mm2 for j, k in owner.items()}
    found = []
    for k in sorted(lone, key=lambda k: -tracks[k].area_mm2) if owner else ():
        objects = np.array(list(owner))
        away_mm = np.hypot(*(points[objects] - _places(tracks)[k]).T) * mm_per_px
        reach_mm = _outline_mm(states[objects, 0])
        best = int(np.argmin(away_mm / reach_mm))
        j = int(objects[best])
        together = expected[j] + tracks[k].area_mm2
        if away_mm[best] < reach_mm[best] and states[j, 0] > together / _MOST_GROWTH:
            expected[j] = together
            found.append((k, j))
    return found


def _parts(
    tracks: list[_Track], points: FloatArray, states: FloatArray, pairs: list[tuple[int, int]]
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """Place and state (area, contrast) of every track that was seen: the sum of its pieces, its part of a merger."""
    claims: dict[int, float] = {}
    for k, j in pairs:
        claims[j] = claims.get(j, 0.0) + max(tracks[k].area_mm2, 1e-6)
    seen = {}
    for k in {k for k, _ in pairs}:
        own = [j for track, j in pairs if track == k]
        shares = np.array([max(tracks[k].area_mm2, 1e-6) / claims[j] for j in own])
        area = shares * states[own, 0]
        weight = area / area.sum() if area.sum() > 0 else np.full(len(own), 1 / len(own))
        # The middle of a merger is nobody's: whoever shares one is taken to stand where it stood.
        place = weight @ points[own] if shares.min() > 1 - 1e-6 else np.array([tracks[k].x, tracks[k].y])
        seen[k] = place, np.array([area.sum(), weight @ states[own, 1]])
    return seen


def _places(tracks: list[_Track]) -> FloatArray:
    return np.array([[t.x, t.y] for t in tracks], dtype=np.float32)


def _outline_mm(area_mm2: FloatArray) -> FloatArray:
    return np.asarray(_REACH * np.sqrt(np.maximum(area_mm2, 1e-6) / np.pi))


def _visible(valid: BoolArray, x: float, y: float) -> bool:
    row, column = round(y), round(x)
    return 0 <= row < valid.shape[0] and 0 <= column < valid.shape[1] and bool(valid[row, column])


def _assign(
    finding: str,
    tracks: list[_Track],
    points: FloatArray,
    states: FloatArray,
    error_mm: float,
    mm_per_px: float,
) -> list[tuple[int, int]]:
    """Pairs (track, object) of least total cost; whoever finds no partner inside the gate stays alone."""
    if not tracks or not len(points):
        return []
    place_sd = max(_PLACE_SD_MM[finding], error_mm) / mm_per_px  # px
    known = _places(tracks)
    before = np.array([[t.area_mm2, t.contrast] for t in tracks])
    near = cKDTree(known).query_ball_tree(cKDTree(points), _GATE_SD * place_sd)
    i = np.repeat(np.arange(len(tracks)), [len(n) for n in near])
    j = np.array([k for n in near for k in n], dtype=int)
    if not len(i):
        return []
    cost = (
        ((known[i] - points[j]) ** 2).sum(axis=1) / place_sd**2
        + (np.log(np.maximum(states[j, 0], 1e-6) / np.maximum(before[i, 0], 1e-6)) / _LOG_AREA_SD) ** 2
        + ((states[j, 1] - before[i, 1]) / _CONTRAST_SD) ** 2
    )
    kept = cost < 2 * _UNMATCHED_COST  # dearer than leaving both alone
    return _cheapest(i[kept], j[kept], cost[kept], len(tracks), len(points))


def _cheapest(
    i: npt.NDArray[np.int64], j: npt.NDArray[np.int64], cost: npt.NDArray[np.float64], n: int, m: int
) -> list[tuple[int, int]]:
    """Hungarian assignment, solved cluster by cluster: thousands of pores fall apart into small neighbourhoods."""
    _, cluster = connected_components(coo_matrix((np.ones(len(i)), (i, n + j)), shape=(n + m, n + m)), directed=False)
    order = np.argsort(cluster[i], kind="stable")
    pairs = []
    for members in np.split(order, np.nonzero(np.diff(cluster[i][order]))[0] + 1):
        rows, row = np.unique(i[members], return_inverse=True)
        columns, column = np.unique(j[members], return_inverse=True)
        matrix = np.full((len(rows), len(columns)), 2 * _UNMATCHED_COST)
        matrix[row, column] = cost[members]
        for a, b in zip(*linear_sum_assignment(matrix), strict=True):
            if matrix[a, b] < 2 * _UNMATCHED_COST:
                pairs.append((int(rows[a]), int(columns[b])))
    return pairs


def _see(item: _Track, status: str, sighting: Sighting, baseline: Frame, point: FloatArray, state: FloatArray) -> None:
    """Enter a sighting: the track now stands where and as it was seen last."""
    item.x, item.y = float(point[0]), float(point[1])
    item.area_mm2, item.contrast = float(state[0]), float(state[1])
    item.reach_mm = max(item.reach_mm, float(_outline_mm(state[:1])[0]))
    item.faint = sighting.faint
    item.stations.append(_station(item, status, sighting, baseline, item.area_mm2, item.contrast))


def _station(
    item: _Track, status: str, sighting: Sighting, baseline: Frame, area_mm2: float, contrast: float
) -> _Station:
    region = _region(baseline.region_bits, baseline.regions, item.x, item.y)
    return _Station(sighting.session, region, item.x, item.y, area_mm2, contrast, status)


def _region(bits: BitArray, regions: tuple[str, ...], x: float, y: float) -> str:
    """The narrowest region at a point: `face` and the two sides only where no part of the face has a name."""
    row = min(max(round(y), 0), bits.shape[0] - 1)
    column = min(max(round(x), 0), bits.shape[1] - 1)
    here = [name for k, name in enumerate(regions) if bits[row, column] >> k & 1]
    named = [name for name in here if name != "face" and not name.endswith("_side")]
    return (named or here or [regions[0]])[0]
