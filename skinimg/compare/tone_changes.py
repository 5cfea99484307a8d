"""The colour of all skin since the baseline: ITA, L*, a*, b*, melanin and haemoglobin by region.

Skin cannot tell its own change from one of the light. A colour card in both photos, or a background that they share,
can: the second session is brought to the first one's light by it, and by nothing of the face. How well it tells the
light is the error of every change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skinimg.base.noise import Z95
from skinimg.base.reasons import Reason
from skinimg.base.records import BoolArray, CellTotals, FloatArray
from skinimg.base.results import Change
from skinimg.compare.change import with_verdict
from skinimg.compare.field_changes import CROSS_TALK, DARK, stray_of
from skinimg.compare.fields import Compared, pigments_of
from skinimg.compare.paired_maps import PairedSkin
from skinimg.measure.cells import Totals, region_totals
from skinimg.measure.metrics import Metric, metrics_of
from skinimg.measure.totals import NO_ABSOLUTE_COLOUR
from skinimg.photo.colour import linear_to_lab
from skinimg.skin.optics import tone_of

Key = tuple[str, str, str]  # region, finding, metric
Maps = Mapping[str, FloatArray]  # quantity of measure/metrics.py -> (r, c) per unit of area

TONE = "tone"
TONE_METRICS: tuple[Metric, ...] = tuple(m for m in metrics_of(TONE) if m.needs_absolute_colour)
_PIGMENTS = {"melanin": "hyperpigmentation", "haemoglobin": "erythema"}


@dataclass(frozen=True)
class _Sides:
    """Both sessions in the baseline's light, and the second in a light that is off by one error of the witness each."""

    before: Maps
    after: Maps
    strayed: tuple[Maps, ...]


def tone_changes(
    skin: PairedSkin, compared: Compared, baseline: Sequence[CellTotals], missing: Mapping[Key, Reason]
) -> Iterator[Change]:
    """Every region and metric of the colour of all skin.

    baseline : totals of the baseline's shots on the shared skin
    missing : (region, finding, metric) -> why it cannot be compared
    """
    sides = _sides(skin, compared)
    untold = compared.refusal or compared.left_out or NO_ABSOLUTE_COLOUR
    for bit, region in enumerate(skin.regions):
        where = skin.shown & ((skin.region_bits >> np.uint16(bit)) & 1 == 1)
        starts = [region_totals(cells, bit, TONE) for cells in baseline]
        for m in TONE_METRICS:
            blank = Change(region, TONE, m.id, m.unit, reason=missing.get((region, TONE, m.id)))
            if not blank.reason and (sides is None or not where.any()):
                blank = replace(blank, reason=untold)
            if blank.reason or sides is None:
                yield blank
                continue
            start = float(np.mean([m.compute(t) for t in starts]))
            change, mdc95, half = _amount(m, sides, skin, where)
            stray = stray_of(skin, all_skin=True) if m.id in _PIGMENTS else 0.0
            yield with_verdict(replace(blank, baseline=start, follow_up=start + change), m, mdc95, half, stray)


def _sides(skin: PairedSkin, compared: Compared) -> _Sides | None:
    if compared.witness is None:
        return None
    light = compared.witness.light
    before, after = _maps(skin, light)
    return _Sides(before, after, tuple(_maps(skin, light + error)[1] for error in compared.witness.errors(skin.anchor)))


def _maps(skin: PairedSkin, light: FloatArray) -> tuple[Maps, Maps]:
    """Colour and pigments of both sessions at every point, the second's in the first one's light."""
    pigments = pigments_of(skin, light)
    sides = []
    for density, later in ((skin.before, 0), (skin.after - light, 1)):
        lab = linear_to_lab(np.exp(-density).astype(np.float32))
        maps = {f"{name}_mm2": lab[..., k] for k, name in enumerate(("l_star", "a_star", "b_star"))}
        for name, finding in _PIGMENTS.items():
            maps[f"{name}_mm2"] = pigments[finding].before + later * pigments[finding].difference
        sides.append(maps)
    return sides[0], sides[1]


def _amount(m: Metric, sides: _Sides, skin: PairedSkin, where: BoolArray) -> tuple[float, float, float]:
    """Change of one metric in one region, its smallest detectable size, and what noise hides of it at 95 %."""
    area = skin.area_mm2[where].astype(np.float64)

    def of(maps: Maps) -> Totals:
        sums = {name: np.asarray((values[where] * area).sum()) for name, values in maps.items()}
        return {"skin_mm2": np.asarray(area.sum()), **sums}

    before, after = of(sides.before), of(sides.after)
    value = float(m.compute(after))
    change = value - float(m.compute(before))
    wider = DARK if tone_of(skin.anchor) == "dark" else 1.0
    null = wider * Z95 * float(np.linalg.norm([float(m.compute(of(maps))) - value for maps in sides.strayed]))
    if m.id not in _PIGMENTS:
        return change, null, null
    (other,) = (k for k in _PIGMENTS if k != m.id)
    beside = float(after[f"{other}_mm2"] - before[f"{other}_mm2"]) / float(area.sum())
    return change, null, float(np.hypot(null, wider * Z95 * CROSS_TALK * beside))
