"""From maps and masks to numbers: sums over small pieces of skin, and from them every metric or its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from skinimg.base.findings import FINDINGS, PAIRED_FINDINGS
from skinimg.base.parallel import each
from skinimg.base.reasons import Reason, why
from skinimg.base.records import (
    Alignment,
    BitArray,
    BoolArray,
    CellTotals,
    FloatArray,
    Found,
    Frame,
    Objects,
    Pieces,
    Shot,
)
from skinimg.measure.cells import Totals, region_totals
from skinimg.measure.common_skin import carried_mask, usable_skin
from skinimg.measure.counts import LEVELS
from skinimg.measure.metrics import Metric, metrics_of

NO_SCALE = why("no_scale")
NO_ABSOLUTE_COLOUR = why("no_absolute_colour")
_SMALLEST_REGION_MM2 = 50.0  # less visible skin than half a cm2 says nothing about a region
# Icepick, boxcar and rolling scars by their diameter (Jacob 2001; docs/CONSTANTS.md 4): what ECCA counts apart.
_SIZES_MM = {"count_to_2_mm": (0.0, 2.0), "count_to_4_mm": (2.0, 4.0), "count_above_4_mm": (4.0, np.inf)}


@dataclass(frozen=True)
class Place:
    """Where each pixel of a frame belongs: its regions, its tile of the baseline's frame, and its true area."""

    region_bits: BitArray  # (h, w)
    tile: npt.NDArray[np.int32]  # (h, w)
    pixel_area_mm2: FloatArray  # (h, w)


def place_of(alignment: Alignment, baseline: Frame, tile_mm: float) -> Place:
    """Regions, tiles and areas of a session's pixels, all carried over from the baseline: coordinates move, not pixels.

    Areas are those on the baseline's scale (Jacobian), so that the few per cent by which two iris scales differ do not
    become a change.
    """
    bits = cv2.remap(baseline.region_bits, alignment.to_baseline, None, cv2.INTER_NEAREST, borderValue=0)
    tiles = alignment.to_baseline * np.float32(baseline.mm_per_px / tile_mm)
    column, row = cv2.split((np.floor(tiles, out=tiles) + np.float32(512)).astype(np.int32))
    area = alignment.jacobian * np.float32(baseline.mm_per_px**2)
    return Place(bits, row * 4096 + column, area)


def shot_totals(shot: Shot, place: Place) -> CellTotals:
    """Sums of one shot over its own usable skin."""
    return cell_totals(shot.found, place, usable_skin(shot), shot.found.segmentation.probability)


def for_comparison(later: Shot) -> Shot:
    """A later session's shot without what is summed of it alone: 40 MB of 12 megapixels less to hold, and to sum again.

    How its erythema and hyperpigmentation differ from the baseline's is told by a map of both (compare/field_changes.py).
    """
    fields = {name: {} if name in PAIRED_FINDINGS else planes for name, planes in later.found.fields.items()}
    return replace(later, found=replace(later.found, fields=fields))


def compared_totals(shot: Shot, place: Place, shared: BoolArray, support: FloatArray) -> CellTotals:
    """Sums of one of several shots over the skin that all of them show, burdens over their common support.

    shared : of `shared_skin`; support : of `common_support`; the shot's contrasts are those against skin outside it
    """
    inside = shot.alignment.valid_session & carried_mask(shared, shot.alignment.to_baseline)
    return cell_totals(shot.found, place, usable_skin(shot) & inside, support)


def with_areas_of_one_contrast(shots: Sequence[CellTotals]) -> list[CellTotals]:
    """The shots of a comparison with the area that pores have at the mean contrast of all of them together.

    A pore is as wide as its blur: the soft area of untreated pores strays by 40 % with focus and the network's threshold,
    what they swallow of the light by 0 to 3 %. So the area of a comparison is that load, over one contrast for all.
    """
    pores = [cells.totals["pores"] for cells in shots]
    area, load = (sum(float(p[name].sum()) for p in pores) for name in ("area_mm2", "support_od_mm2"))
    if load <= 0:  # nothing darker than the skin around: there is no contrast to divide by
        return list(shots)
    return [
        replace(cells, totals=cells.totals | {"pores": mine | {"compared_mm2": mine["support_od_mm2"] * (area / load)}})
        for cells, mine in zip(shots, pores, strict=True)
    ]


def cell_totals(found: Found, place: Place, counted: BoolArray, support: FloatArray) -> CellTotals:
    """Sum everything over the cells of the counted skin (h, w); see metrics.py for the quantities.

    support : (n_findings, h, w), the probability itself or of `common_support`
    """
    at, first, cells = _by_cell(place, counted)

    def here(plane: npt.NDArray[np.generic]) -> npt.NDArray[Any]:
        return plane.reshape(-1).take(at)

    def total(weight: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        return np.add.reduceat(weight, first, dtype=np.float64) if len(first) else np.zeros(0)

    area = here(place.pixel_area_mm2)
    skin = total(area)
    alone = support is found.segmentation.probability

    def marks(channel: int) -> Totals:
        name = found.segmentation.findings[channel]
        covered, contrast = here(found.segmentation.probability[channel]) * area, here(found.contrasts[name])
        od_mm2 = total(covered * contrast)
        return {
            "skin_mm2": skin,
            "area_mm2": total(covered),
            "od_mm2": od_mm2,
            "support_od_mm2": od_mm2 if alone else total(here(support[channel]) * area * contrast),
            **_object_totals(found.objects[name], counted, place, cells),
            **(_counts(found.pieces[name], counted, place, cells) if name in found.pieces else {}),
        }

    def field(quantity: tuple[str, FloatArray | BoolArray]) -> npt.NDArray[np.float64]:
        values = here(quantity[1])
        return total(values if quantity[0] == "length_mm" else values * area)

    marked = each(marks, range(len(found.segmentation.findings)))
    totals = dict(zip(found.segmentation.findings, marked, strict=True))
    lines = {name: {"length_mm": lengths} for name, lengths in found.lengths.items()}
    for name, quantities in (found.fields | lines).items():
        sums = dict(zip(quantities, each(field, quantities.items()), strict=True))
        totals[name] = {"skin_mm2": skin, **totals.get(name, {}), **sums}
    return CellTotals((cells % 65536).astype(np.uint16), cells // 65536, totals)


def _by_cell(place: Place, counted: BoolArray) -> tuple[npt.NDArray[np.int64], ...]:
    """Counted pixels (n,) cell by cell, where each cell begins among them (cells,), and the cells' keys."""
    at = np.flatnonzero(counted & (place.region_bits > 0))
    cell, cells = pd.factorize(_key(place.tile.reshape(-1).take(at), place.region_bits.reshape(-1).take(at)), sort=True)
    first = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=len(cells)))[:-1]]) if len(cells) else cell
    return at[np.argsort(cell.astype(np.uint16) if len(cells) < 65536 else cell, kind="stable")], first, cells


def _key(tile: npt.NDArray[np.int32], region_bits: BitArray) -> npt.NDArray[np.int64]:
    return tile.astype(np.int64) * 65536 + region_bits


def _object_totals(
    objects: Objects, counted: BoolArray, place: Place, cells: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.float64]]:
    """How many objects there are, and the sum of their diameters."""
    at, inside = _cells_of(objects, counted, place, cells)
    diameter = 2 * np.sqrt(objects.area_mm2[inside] / np.pi)
    sums = {"objects": np.ones(len(at)), "diameter_mm": diameter}
    return {name: np.bincount(at, values, minlength=len(cells)).astype(np.float64) for name, values in sums.items()}


def _counts(
    pieces: Pieces, counted: BoolArray, place: Place, cells: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.float64]]:
    """The count and its parts by size; each piece is one of its level's, so it counts by one over the levels."""
    at, inside = _cells_of(pieces, counted, place, cells)
    diameter = 2 * np.sqrt(pieces.area_mm2[inside] / np.pi)
    sizes = {"count": (0.0, np.inf), **_SIZES_MM}
    return {
        name: np.bincount(at[(low < diameter) & (diameter <= high)], minlength=len(cells)) / len(LEVELS)
        for name, (low, high) in sizes.items()
    }


def _cells_of(
    things: Objects | Pieces, counted: BoolArray, place: Place, cells: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], BoolArray]:
    """The cells (k,) in which the centres of k of n things lie, and which of them (n,): those on counted skin."""
    height, width = counted.shape
    x = np.clip(np.rint(things.x_px).astype(np.int64), 0, width - 1)
    y = np.clip(np.rint(things.y_px).astype(np.int64), 0, height - 1)
    key = _key(place.tile[y, x], place.region_bits[y, x])
    at = np.minimum(np.searchsorted(cells, key), max(len(cells) - 1, 0))
    inside = counted[y, x] & (cells[at] == key) if len(cells) else np.zeros(len(x), np.bool_)
    return at[inside], inside


def values(shot: Shot, cells: CellTotals) -> Iterator[tuple[str, str, Metric, float | None, Reason | None]]:
    """Every metric of every region of one photo: (region, finding, metric, value or None, reason or None)."""
    frame = shot.seen.frame
    for bit, region in enumerate(frame.regions):
        for finding in FINDINGS:
            totals = region_totals(cells, bit, finding)
            for m in metrics_of(finding):
                reason = why_missing(finding, shot, float(totals["skin_mm2"]))
                if not reason and m.needs_absolute_colour and shot.seen.colour.source != "card":
                    reason = NO_ABSOLUTE_COLOUR
                if not reason and m.needs_mm and frame.scale_source == "assumed":
                    reason = NO_SCALE
                value = float(m.compute(totals)) if not reason else np.nan
                if not reason and not np.isfinite(value):
                    reason = why("none_here", finding=finding)
                yield region, finding, m, (None if reason else value), reason


def obstacles(shots: Sequence[Shot], totals: Sequence[CellTotals]) -> dict[tuple[str, str, str], Reason]:
    """(region, finding, metric) -> why these shots cannot be compared in it."""
    found: dict[tuple[str, str, str], Reason] = {}
    for shot, cells in zip(shots, totals, strict=True):
        for bit, region in enumerate(shot.seen.frame.regions):
            for finding in FINDINGS:
                skin_mm2 = float(region_totals(cells, bit, finding)["skin_mm2"])
                if reason := why_missing(finding, shot, skin_mm2):
                    for m in metrics_of(finding):
                        found.setdefault((region, finding, m.id), reason)
    return found


def why_missing(finding: str, shot: Shot, skin_mm2: float) -> Reason | None:
    """The reason why a finding's metrics cannot be had from a photo, None where they can.

    A missing scale is no such reason: it leaves changes in per cent.
    """
    frame = shot.seen.frame
    needs = FINDINGS[finding].min_px_per_mm
    if frame.native_px_per_mm < needs:
        return why("not_measurable", px_per_mm=frame.native_px_per_mm, needed=needs)
    if finding in shot.found.segmentation.untrained:
        return why("untrained", weights=shot.found.segmentation.weights)
    if skin_mm2 < _SMALLEST_REGION_MM2:
        return why("little_skin_visible", found=skin_mm2, needed=_SMALLEST_REGION_MM2)
    return None
