"""From two sessions to a verdict: the change on the skin that both show, its interval, and if it beats the noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from skinimg.base.findings import FINDINGS
from skinimg.base.records import CellTotals, Change, Repeatability
from skinimg.measure.cells import Totals, region_totals, resampled, resampled_tiles, totals_by_tile
from skinimg.measure.metrics import Metric, metrics_of

Key = tuple[str, str, str]  # region, finding, metric

_Z95 = float(stdtrit(np.inf, 0.975))
# Degrees of freedom (shots beyond the first of each session) from which a subject's own replicates decide: 3 shots at
# 2 sessions, or 2 at 4. Student's t is 2.78 there instead of 1.96, and 3.18 with one less: too wide to be of use.
_ENOUGH = 4


@dataclass(frozen=True)
class Pair:
    """Two sessions, summed over the cells of the skin that both show; replicates of a session side by side."""

    baseline: tuple[CellTotals, ...]
    follow_up: tuple[CellTotals, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True)
class OwnNoise:
    """Noise of one shot as this subject's replicates show it, pooled over sessions."""

    sd: float  # of the logarithm of a load, else in the metric's unit
    freedom: int

    def at(self, m: Metric, value: float) -> float:
        """Standard error of measurement in the metric's unit at a given value."""
        return self.sd * value if m.load else self.sd


def own_noise(pairs: Sequence[Pair]) -> dict[Key, OwnNoise]:
    """What the replicates within each session of one view differ by; empty without any.

    pairs : every follow-up with the same baseline. Sessions in which a load is 0 have no logarithm and do not count.
    """
    sessions = [side for side in (*(p.baseline for p in pairs[:1]), *(p.follow_up for p in pairs)) if len(side) > 1]
    pooled: dict[Key, OwnNoise] = {}
    for bit, region in enumerate(pairs[0].regions if sessions else ()):
        for finding in FINDINGS:
            sums = [[region_totals(cells, bit, finding) for cells in session] for session in sessions]
            for m in metrics_of(finding):
                squares, freedom = 0.0, 0
                for session in sums:
                    shots = np.array([float(m.compute(t)) for t in session])
                    if not np.isfinite(shots).all() or (m.load and not (shots > 0).all()):
                        continue
                    shots = np.log(shots) if m.load else shots
                    squares += float(((shots - shots.mean()) ** 2).sum())
                    freedom += len(shots) - 1
                if freedom:
                    pooled[region, finding, m.id] = OwnNoise(float(np.sqrt(squares / freedom)), freedom)
    return pooled


def changes(
    pair: Pair,
    missing: Mapping[Key, str],
    card: Mapping[tuple[str, str], Repeatability],
    own: Mapping[Key, OwnNoise],
    bootstrap_samples: int,
    seed: int,
) -> Iterator[Change]:
    """The change of every metric in every region.

    missing : (region, finding, metric) -> reason, of either session
    card : (finding, metric) -> noise according to the weights card
    own : of `own_noise`; a metric in neither gets no verdict
    """
    tiles = np.unique(np.concatenate([cells.tile for cells in pair.baseline + pair.follow_up]))
    weights = resampled_tiles(len(tiles), bootstrap_samples, seed)  # (samples, tiles)
    for bit, region in enumerate(pair.regions):
        for finding in FINDINGS:
            before = [totals_by_tile(cells, bit, finding, tiles) for cells in pair.baseline]
            after = [totals_by_tile(cells, bit, finding, tiles) for cells in pair.follow_up]
            for m in metrics_of(finding):
                blank = Change(region, finding, m.id, m.unit, reason=missing.get((region, finding, m.id), ""))
                noises = card.get((finding, m.id)), own.get((region, finding, m.id))
                yield blank if blank.reason else _judge(blank, m, before, after, weights, noises)


def withheld(c: Change, reason: str) -> Change:
    """The same numbers without a verdict, for a change that is real but says nothing about the treatment."""
    return replace(c, verdict="not_assessable", reason=c.reason or reason)


def _judge(
    blank: Change,
    m: Metric,
    before: list[Totals],
    after: list[Totals],
    weights: npt.NDArray[np.float64],
    noises: tuple[Repeatability | None, OwnNoise | None],
) -> Change:
    """Fill in values, interval and verdict (DESIGN.md 9, SCIENCE.md 8)."""
    start, end = (float(np.mean([m.compute(_whole(t)) for t in side])) for side in (before, after))
    known = replace(blank, baseline=start, follow_up=end)
    if not np.isfinite([start, end]).all():
        return replace(known, reason=f"no {blank.finding} in one of the sessions")
    area_mm2 = float(np.mean([_whole(t).get("area_mm2", 0.0) for t in before + after]))
    sem, quantile = _noise(m, *noises, (abs(start) + abs(end)) / 2, area_mm2)
    if not sem > 0:
        return replace(known, reason="the repeatability of this metric is not known")
    drawn = _mean_of(m, after, weights) - _mean_of(m, before, weights)  # (samples,)
    drawn = drawn[np.isfinite(drawn)]
    sampling_sd = float(drawn.std()) if len(drawn) > 10 else 0.0
    mdc95 = quantile * sem * float(np.sqrt(1 / len(before) + 1 / len(after)))
    spread = float(np.hypot(_Z95 * sampling_sd, mdc95))
    change = end - start
    verdict, reason = _verdict(m, change, abs(change) > spread)
    return replace(known, ci_low=change - spread, ci_high=change + spread, mdc95=mdc95, verdict=verdict, reason=reason)


def _noise(
    m: Metric, card: Repeatability | None, own: OwnNoise | None, value: float, area_mm2: float
) -> tuple[float, float]:
    """Standard error of one shot, and how many of it hold 95 %: Student's t for as many people as it was measured on.

    Too few replicates may warn (where they differ by more than the card says) but not reassure. Replicates that do not
    differ at all are copies of one file, or a small count: no measure of noise.
    """
    mine = own.at(m, value) if own else 0.0
    if own and own.freedom >= _ENOUGH and mine > 0:
        return mine, float(stdtrit(own.freedom, 0.975))
    return (max(card.at(value, area_mm2), mine), float(stdtrit(card.people, 0.975))) if card else (0.0, _Z95)


def _mean_of(m: Metric, shots: list[Totals], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The metric in every resample, averaged over the shots of a session: (samples,)."""
    return np.mean([m.compute(resampled(t, weights)) for t in shots], axis=0)


def _verdict(m: Metric, change: float, beyond: bool) -> tuple[str, str]:
    if not beyond:
        return "unchanged", ""
    if m.better == "none":
        return "not_assessable", "changed, but neither direction is an improvement"
    return ("improved" if (change < 0) == (m.better == "lower") else "worsened"), ""


def _whole(totals: Totals) -> Totals:
    return {name: np.asarray(values.sum()) for name, values in totals.items()}
