"""From two sessions to a verdict: the change on the skin that both show, its interval, and whether it exceeds the noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skinimg.findings import FINDINGS
from skinimg.metrics import Metric, metrics_of
from skinimg.records import CellTotals

Totals = dict[str, npt.NDArray[np.float64]]

_Z95 = 1.96
_CARD_FREEDOM = 4.0  # the card's repeatability counts as this many repeat shots of this very person


@dataclass(frozen=True)
class Repeatability:
    """Standard error of measurement of one metric: what two photos of unchanged skin differ by, over sqrt 2.

    sem = hypot(relative x value, absolute); the absolute part keeps a count of 2 from looking exact.
    """

    relative: float
    absolute: float

    def at(self, value: float) -> float:
        """SEM in the metric's unit at a given value."""
        return float(np.hypot(self.relative * value, self.absolute))


@dataclass(frozen=True)
class Change:
    """One row of changes.csv, without its keys. `reason` says why there is no verdict, or no direction."""

    region: str
    finding: str
    metric: Metric
    baseline: float = np.nan
    follow_up: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    mdc95: float = np.nan
    verdict: str = "not_assessable"
    reason: str = ""

    @property
    def change(self) -> float:
        """Follow-up minus baseline."""
        return self.follow_up - self.baseline

    @property
    def percent(self) -> float:
        """Change in per cent of the baseline; NaN where the baseline is 0."""
        return 100 * self.change / self.baseline if self.baseline else np.nan


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
                reason = missing.get((region, finding, m.id), "")
                if reason:
                    yield Change(region, finding, m, reason=reason)
                else:
                    noise = repeatability.get((finding, m.id))
                    yield _judge(Change(region, finding, m), before, after, weights, noise)


def _judge(
    blank: Change,
    before: list[Totals],
    after: list[Totals],
    weights: npt.NDArray[np.float64],
    noise: Repeatability | None,
) -> Change:
    """Fill in values, interval and verdict (DESIGN.md 9, SCIENCE.md 8)."""
    m = blank.metric
    shots = [np.array([float(m.compute(_sum(t))) for t in side]) for side in (before, after)]
    start, end = (float(np.mean(side)) for side in shots)
    if not np.isfinite([start, end]).all():
        return Change(blank.region, blank.finding, m, start, end, reason=f"no {blank.finding} in one of the sessions")
    if noise is None:
        return Change(
            blank.region, blank.finding, m, start, end, reason="the repeatability of this metric is not known"
        )
    resampled = np.mean([m.compute(_weigh(t, weights)) for t in after], axis=0) - np.mean(
        [m.compute(_weigh(t, weights)) for t in before], axis=0
    )
    resampled = resampled[np.isfinite(resampled)]
    sampling_sd = float(resampled.std()) if len(resampled) > 10 else 0.0
    sem = _sem(noise, shots, (abs(start) + abs(end)) / 2)
    session_sd = sem * np.sqrt(1 / len(shots[0]) + 1 / len(shots[1]))
    spread = _Z95 * float(np.hypot(sampling_sd, session_sd))
    mdc95 = _Z95 * session_sd
    change = end - start
    beyond = abs(change) > mdc95 and abs(change) > spread
    verdict, reason = _verdict(m, change, bool(beyond))
    return Change(blank.region, blank.finding, m, start, end, change - spread, change + spread, mdc95, verdict, reason)


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
