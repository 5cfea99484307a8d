"""What null pairs are made into before a noise model is fitted: one row per pair, region, finding and metric.

The rows hold everything that the model looks at and nothing that needs a network, so a model can be fitted again in
seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skinimg.base.findings import TOTALLED_FINDINGS
from skinimg.base.records import CellTotals
from skinimg.compare.change import Pair, observed
from skinimg.compare.follow_up import FollowUp
from skinimg.compare.plain_skin import looks_like_another_camera
from skinimg.measure.cells import region_totals
from skinimg.measure.metrics import Metric, metrics_of

ROW_COLUMNS = (
    *("person", "session", "regime", "tone", "px_per_mm", "region", "finding", "metric", "whole"),
    *("start", "end", "skin_cm2", "area_mm2", "shots_before", "shots_after"),
    *(
        "placebo",
        "gain",
        "light",
        "colour",
        "turn",
        "apart",
    ),  # what the pair's plain skin says; apart: as two cameras are
    *("shot_square", "shot_freedom"),  # of repeat shots about their session, in the unit of the metric
)


def rows_of(person: str, tone: str, px_per_mm: float, regime: str, f: FollowUp) -> Iterator[dict[str, object]]:
    """The rows of one follow-up; what could not be compared has none."""
    if f.pair is None:
        return
    keys = {"person": person, "session": f.entry.session, "regime": regime, "tone": tone, "px_per_mm": px_per_mm}
    for bit, region in enumerate(f.pair.regions):
        for finding in TOTALLED_FINDINGS:  # the others are judged by their own pair (compare/field_changes.py)
            told = {
                "gain": f.plain.gain_of(finding),
                "light": f.plain.light_od,
                "colour": f.plain.colour_od,
                "turn": f.plain.turn_deg,
                "apart": looks_like_another_camera(f.plain),
                "placebo": f.plain.placebo.get((region, finding), np.nan),
            }
            for m in metrics_of(finding):
                if (region, finding, m.id) not in f.missing:
                    yield {
                        **keys, "region": region, "finding": finding, "metric": m.id, "whole": bit == 0,
                        **_seen(f.pair, bit, finding, m), **told,
                    }  # fmt: skip


def _seen(pair: Pair, bit: int, finding: str, m: Metric) -> dict[str, float]:
    before, after = ([region_totals(cells, bit, finding) for cells in side] for side in (pair.baseline, pair.follow_up))
    seen = observed(m, before, after)
    square, degrees_of_freedom = _within((pair.baseline, pair.follow_up), bit, finding, m)
    return {
        "start": seen.start, "end": seen.end, "skin_cm2": seen.skin_cm2, "area_mm2": seen.area_mm2,
        "shots_before": seen.shots[0], "shots_after": seen.shots[1], "shot_square": square, "shot_freedom": degrees_of_freedom,
    }  # fmt: skip


def _within(sessions: tuple[tuple[CellTotals, ...], ...], bit: int, finding: str, m: Metric) -> tuple[float, int]:
    """Sum of squares of repeat shots about their session, in the metric's unit, and its degrees of freedom."""
    square, degrees_of_freedom = 0.0, 0
    for shots in sessions:
        values = np.array([float(m.compute(region_totals(cells, bit, finding))) for cells in shots])
        if len(values) > 1 and np.isfinite(values).all():
            square += float(((values - values.mean()) ** 2).sum())
            degrees_of_freedom += len(values) - 1
    return square, degrees_of_freedom
