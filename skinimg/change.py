"""From two sessions to a verdict: the change on the skin that both show, its interval, and if it beats the noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skinimg.findings import FINDINGS
from skinimg.metrics import Metric, metrics_of
from skinimg.records import CellTotals, Change, Repeatability

Totals = dict[str, npt.NDArray[np.float64]]

_Z95 = 1.96
_CARD_FREEDOM = 4.0  # the card's repeatability counts as this many repeat shots of this very person


@dataclass(frozen=True)
class Pair:
    """Two sessions, summed over the cells of the skin that both show; replicates of a session side by side."""

    baseline: tuple[CellTotals, ...]
    follow_up: tuple[CellTotals, ...]
    regions: tuple[str, ...]


def changes(
    pair: Pair,
    missing: Mapping[tuple[str, str, str], str],
    repeatability: Mapping[tuple[str, str], Repeatability],
    bootstrap_samples: int,
    seed: int,
) -> Iterator[Change]:
    """The change of every metric in every region.

    missing : (region, finding, metric) -> reason, of either session
    repeatability : (finding, metric) -> its noise; a metric without an entry gets no verdict
    """
    tiles = np.unique(np.concatenate([cells.tile for cells in pair.baseline + pair.follow_up]))
    weights = _resampled_tiles(len(tiles), bootstrap_samples, seed)  # (samples, tiles)
    for bit, region in enumerate(pair.regions):
        for finding in FINDINGS:
            before = [_by_tile(cells, bit, finding, tiles) for cells in pair.baseline]
            after = [_by_tile(cells, bit, finding, tiles) for cells in pair.follow_up]
            for m in metrics_of(finding):
                blank = Change(region, finding, m.id, m.unit, reason=missing.get((region, finding, m.id), ""))
                noise = repeatability.get((finding, m.id))
                yield blank if blank.reason else _judge(blank, m, before, after, weights, noise)


def _judge(
    blank: Change,
    m: Metric,
    before: list[Totals],
    after: list[Totals],
    weights: npt.NDArray[np.float64],
    noise: Repeatability | None,
) -> Change:
    """Fill in values, interval and verdict (DESIGN.md 9, SCIENCE.md 8)."""
    shots = [np.array([float(m.compute(_sum(t))) for t in side]) for side in (before, after)]
    start, end = (float(np.mean(side)) for side in shots)
    known = replace(blank, baseline=start, follow_up=end)
    if not np.isfinite([start, end]).all():
        return replace(known, reason=f"no {blank.finding} in one of the sessions")
    if noise is None:
        return replace(known, reason="the repeatability of this metric is not known")
    resampled = _mean_of(m, after, weights) - _mean_of(m, before, weights)  # (samples,)
    resampled = resampled[np.isfinite(resampled)]
    sampling_sd = float(resampled.std()) if len(resampled) > 10 else 0.0
    sem = _sem(noise, shots, (abs(start) + abs(end)) / 2)
    session_sd = sem * float(np.sqrt(1 / len(shots[0]) + 1 / len(shots[1])))
    spread = _Z95 * float(np.hypot(sampling_sd, session_sd))
    mdc95 = _Z95 * session_sd
    change = end - start
    verdict, reason = _verdict(m, change, abs(change) > max(mdc95, spread))
    return replace(known, ci_low=change - spread, ci_high=change + spread, mdc95=mdc95, verdict=verdict, reason=reason)


def _mean_of(m: Metric, shots: list[Totals], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The metric in every resample, averaged over the shots of a session: (samples,)."""
    return np.mean([m.compute(_weigh(t, weights)) for t in shots], axis=0)


def _verdict(m: Metric, change: float, beyond: bool) -> tuple[str, str]:
    if not beyond:
        return "unchanged", ""
    if m.better == "none":
        return "not_assessable", "changed, but neither direction is an improvement"
    return ("improved" if (change < 0) == (m.better == "lower") else "worsened"), ""


def _sem(noise: Repeatability, shots: list[npt.NDArray[np.float64]], value: float) -> float:
    """SEM of one shot: the card's, drawn towards this person's own replicates as far as there are any."""
    own_freedom = sum(len(side) - 1 for side in shots)
    own_squares = sum(float(((side - side.mean()) ** 2).sum()) for side in shots)
    return float(np.sqrt((own_squares + _CARD_FREEDOM * noise.at(value) ** 2) / (own_freedom + _CARD_FREEDOM)))


def _resampled_tiles(tiles: int, samples: int, seed: int) -> npt.NDArray[np.float64]:
    """How often each tile is drawn in each resample: (samples, tiles). The same draw serves both sessions (paired)."""
    if tiles == 0:
        return np.zeros((samples, 0))
    return np.random.default_rng(seed).multinomial(tiles, np.full(tiles, 1 / tiles), size=samples).astype(np.float64)


def _by_tile(cells: CellTotals, bit: int, finding: str, tiles: npt.NDArray[np.int64]) -> Totals:
    """Totals of a region per tile: quantity -> (tiles,)."""
    inside = (cells.region_bits >> np.uint16(bit)) & 1 == 1
    at = np.searchsorted(tiles, cells.tile[inside])
    return {
        name: np.bincount(at, values[inside], minlength=len(tiles)).astype(np.float64)
        for name, values in cells.totals[finding].items()
    }


def _sum(totals: Totals) -> Totals:
    return {name: np.asarray(values.sum()) for name, values in totals.items()}


def _weigh(totals: Totals, weights: npt.NDArray[np.float64]) -> Totals:
    return {name: weights @ values for name, values in totals.items()}
