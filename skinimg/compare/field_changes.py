"""The rows of erythema and hyperpigmentation: how much changed where, give or take what, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skinimg.base.findings import PAIRED_FINDINGS
from skinimg.base.noise import Z95
from skinimg.base.reasons import Reason, why
from skinimg.base.records import BoolArray, CellTotals, FloatArray
from skinimg.base.results import Change
from skinimg.compare.change import interval, withheld
from skinimg.compare.fields import COARSE_QUALITY, NO_REFERENCE, SMALLEST_PATCH_MM, Compared, FieldChange
from skinimg.compare.paired_maps import STEP_MM, PairedSkin
from skinimg.measure.above_reference import LEVEL_OD, SMOOTH_MM
from skinimg.measure.cells import region_totals
from skinimg.measure.metrics import metrics_of
from skinimg.skin.masked_blur import masked_blur
from skinimg.skin.optics import tone_of

Key = tuple[str, str, str]  # region, finding, metric

# SD of the optical model, relative to a change of the other pigment: simulated sessions in another light spoke of it by 0
# to 5 points of the ratio (docs/METHODS.md 6).
CROSS_TALK = 0.05
# How far measured per true change lies from 1, at 95 %: simulated sessions in another light were off by 0 to 5 points. In
# black skin little of a flush is seen and the camera's own black hides more: on drawn people of types V and VI 0.47 to 1.12 of
# it is measured. Of a flush of all skin, which a wall or a card has to tell, 0.70 to 1.60 of types I to IV: that interval
# holds 48 of 52 (docs/benchmarks/flush.md).
_STRAY, _STRAY_OF_ALL_SKIN = {"light": 0.1, "dark": 0.6}, 0.4
# Five Black people photographed again by the same drawn phones: 3 of 20 unchanged loads lay 1.4 to 2.7 half-widths off; of
# the 14 people of docs/benchmarks/people.md none of 28 was called. A phone's black level and tone curve weigh most where
# there is least light.
DARK = 2.0
# Nothing else told the light: a flush of the whole face looks like a warmer lamp.
_SKIN_ALONE = why("skin_alone")
_PATCH_MM2 = np.pi * SMALLEST_PATCH_MM**2


@dataclass(frozen=True)
class _Amount:
    """A change with its smallest detectable size and what noise hides of it at 95 %, in the metric's unit.

    stray : of `change.interval`
    """

    change: float
    mdc95: float
    half: float
    stray: float = 0.0


def stray_of(skin: PairedSkin, all_skin: bool) -> float:
    """How far measured per true change of pigment lies from 1, at 95 %; all_skin : the light was told by something else."""
    return max(_STRAY[tone_of(skin.anchor)], _STRAY_OF_ALL_SKIN if all_skin else 0.0)


def field_changes(
    skin: PairedSkin,
    compared: Compared,
    baseline: Sequence[CellTotals],
    missing: Mapping[Key, Reason],
    patchy: Reason | None,
) -> Iterator[Change]:
    """Every region and metric of the findings that are measured on the paired map.

    baseline : totals of the baseline's shots on the shared skin
    missing : (region, finding, metric) -> why it cannot be compared; patchy : of `why_patchy`
    """
    found = compared.fields
    for finding in PAIRED_FINDINGS:
        for bit, region in enumerate(skin.regions):
            where = skin.shown & ((skin.region_bits >> np.uint16(bit)) & 1 == 1)
            amounts = _amounts(skin, found, finding, where) if finding in found and where.any() else {}
            for m in metrics_of(finding):
                reason = missing.get((region, finding, m.id)) or (None if amounts else compared.refusal or NO_REFERENCE)
                blank = Change(region, finding, m.id, m.unit, reason=reason)
                start = float(np.mean([m.compute(region_totals(cells, bit, finding)) for cells in baseline]))
                if not reason:
                    blank = _judged(replace(blank, baseline=start), amounts[m.id])
                untold = _untold(skin, compared) if blank.verdict == "unchanged" else patchy
                yield withheld(blank, untold) if untold else blank


def _untold(skin: PairedSkin, compared: Compared) -> Reason | None:
    """Why nothing that stands out does not mean that nothing changed, or None."""
    if skin.jpeg_quality < COARSE_QUALITY:
        return why("coarse_file", quality=skin.jpeg_quality, needed=COARSE_QUALITY)
    return _SKIN_ALONE if compared.source == "skin" else None


def maps_of_change(skin: PairedSkin, compared: Compared) -> dict[str, FloatArray]:
    """Finding -> (r, c) change of density since the baseline that the load adds up, smoothed for the eye.

    0 where nothing stands out, so that an untreated face is plain; NaN where skin is not shown.
    """
    return {
        finding: np.where(skin.shown, masked_blur(f.change, skin.shown, SMOOTH_MM / STEP_MM), np.nan).astype(np.float32)
        for finding, f in compared.fields.items()
    }


def _judged(known: Change, amount: _Amount) -> Change:
    beyond = abs(amount.change) > amount.mdc95 and abs(amount.change) > amount.half
    verdict = ("improved" if amount.change < 0 else "worsened") if beyond else "unchanged"
    low, high = interval(amount.change, amount.half, amount.stray)
    return replace(
        known,
        follow_up=known.baseline + amount.change,
        ci_low=low,
        ci_high=high,
        mdc95=amount.mdc95,
        verdict=verdict,
    )


def _amounts(skin: PairedSkin, found: Mapping[str, FieldChange], finding: str, where: BoolArray) -> dict[str, _Amount]:
    """Load (mm2 OD), mean (OD) and extent (%) of one region."""
    field = found[finding]
    area = np.where(where, skin.area_mm2, 0).astype(np.float32)
    whole = max(float(area.sum()), 1e-6)
    load = float((field.change * area).sum())
    doubt = float((field.doubt * area)[field.affected].sum())  # signed: what both see alike is no doubt
    other = sum(float((f.change * area).sum()) for name, f in found.items() if name != finding)
    errors = (field.error_of(area), CROSS_TALK * other, doubt)
    wider, stray = DARK if tone_of(skin.anchor) == "dark" else 1.0, stray_of(skin, not field.reference.any())
    least = wider * field.least_mm2_od
    # a patch that did not stand out is not in the sum
    half = float(np.hypot(wider * Z95 * float(np.linalg.norm(errors)), least))
    return {
        "load": _Amount(load, least, half, stray),
        "mean": _Amount(load / whole, least / whole, half / whole, stray),
        "extent": _extent(skin, field, finding, where),
    }


def _extent(skin: PairedSkin, field: FieldChange, finding: str, where: BoolArray) -> _Amount:
    """Share of a region above the level; its noise is what moves across the level when all of it shifts by what a
    smallest patch may shift unseen."""
    smooth = masked_blur(field.before, skin.shown, SMOOTH_MM / STEP_MM)
    change = masked_blur(field.change, skin.shown, SMOOTH_MM / STEP_MM)
    excess = smooth - np.float32(field.level)
    weight = skin.area_mm2[where] / skin.area_mm2[where].sum()

    def share(values: FloatArray) -> float:
        return 100 * float(weight[values[where] > LEVEL_OD[finding]].sum())

    shift = np.float32(field.least_mm2_od / _PATCH_MM2)
    noise = max((share(excess + shift) - share(excess - shift)) / 2, 0.1)
    return _Amount(share(excess + change) - share(excess), noise, noise)
