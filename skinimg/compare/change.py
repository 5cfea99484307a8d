"""From two sessions to a verdict: the change on the skin that both show, its interval, and if it beats the noise.

The standard error is that of measurement alone (docs/METHODS.md, Change): a face is a census, not a sample, so how
unevenly a treatment worked over the skin is no part of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from skinimg.base.findings import CLOSEUP_REGIONS, FACE_REGIONS, TOTALLED_FINDINGS
from skinimg.base.noise import Z95, Repeatability
from skinimg.base.reasons import Reason, why
from skinimg.base.records import CellTotals
from skinimg.base.results import Change
from skinimg.compare.plain_skin import PlainSkin
from skinimg.measure.cells import Totals, region_totals
from skinimg.measure.metrics import Metric, metrics_of

Key = tuple[str, str, str]  # region, finding, metric

WHOLE = (FACE_REGIONS[0], CLOSEUP_REGIONS[0])
# What the noise of a weights card weighs against a user's own replicates, in degrees of freedom: as much as six people
# photographed twice, the fewest that a card was ever measured on.
_CARD_DEGREES_OF_FREEDOM = 6.0
# Where measured per true change may be anything from 0 on, nothing bounds the true one: here it is at most 5 times as much.
_MOST_STRAY = 0.8
# A fall of more than this share of the noise that a card states is not believed: bursts and copies differ by nothing.
_LEAST_SHOT_SHARE = 0.25


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
    degrees_of_freedom: int

    def at(self, m: Metric, value: float) -> float:
        """Standard error of measurement in the metric's unit at a given value."""
        return self.sd * value if m.load else self.sd


@dataclass(frozen=True)
class Sessions:
    """One metric in one region in both sessions, and how much skin and finding there is."""

    start: float
    end: float
    skin_cm2: float
    area_mm2: float  # of the finding
    shots: tuple[int, int]


def own_noise(pairs: Sequence[Pair]) -> dict[Key, OwnNoise]:
    """What the replicates within each session of one view differ by; empty without any.

    pairs : every follow-up with the same baseline. Sessions in which a load is 0 have no logarithm and do not count.
    """
    sessions = [side for side in (*(p.baseline for p in pairs[:1]), *(p.follow_up for p in pairs)) if len(side) > 1]
    pooled: dict[Key, OwnNoise] = {}
    for bit, region in enumerate(pairs[0].regions if sessions else ()):
        for finding in TOTALLED_FINDINGS:
            sums = [[region_totals(cells, bit, finding) for cells in session] for session in sessions]
            for m in metrics_of(finding):
                squares, degrees_of_freedom = 0.0, 0
                for session in sums:
                    shots = np.array([float(m.compute(t)) for t in session])
                    if not np.isfinite(shots).all() or (m.load and not (shots > 0).all()):
                        continue
                    shots = np.log(shots) if m.load else shots
                    squares += float(((shots - shots.mean()) ** 2).sum())
                    degrees_of_freedom += len(shots) - 1
                if degrees_of_freedom:
                    pooled[region, finding, m.id] = OwnNoise(
                        float(np.sqrt(squares / degrees_of_freedom)), degrees_of_freedom
                    )
    return pooled


def changes(
    pair: Pair,
    missing: Mapping[Key, Reason],
    card: Mapping[tuple[str, str], Repeatability],
    own: Mapping[Key, OwnNoise],
    plain: PlainSkin,
) -> Iterator[Change]:
    """The change of every metric that is told by each photo's own totals; field_changes.py and tone_changes.py have the others.

    missing : (region, finding, metric) -> reason, of either session
    card : (finding, metric) -> noise according to the weights card; a metric that is not in it gets no verdict
    own : of `own_noise`; plain : what unchanged skin of this pair says
    """
    for bit, region in enumerate(pair.regions):
        for finding in TOTALLED_FINDINGS:
            before, after = (
                [region_totals(cells, bit, finding) for cells in side] for side in (pair.baseline, pair.follow_up)
            )
            for m in metrics_of(finding):
                if m.needs_absolute_colour:  # tone_changes.py
                    continue
                key = (region, finding, m.id)
                blank = Change(region, finding, m.id, m.unit, reason=missing.get(key))
                if blank.reason:
                    yield blank
                    continue
                noise = card.get((finding, m.id))
                yield judged_change(blank, m, observed(m, before, after), noise, own.get(key), plain)


def observed(m: Metric, before: Sequence[Totals], after: Sequence[Totals]) -> Sessions:
    """Means over the shots of both sessions."""
    start, end = (float(np.mean([m.compute(t) for t in side])) for side in (before, after))
    both = [*before, *after]
    skin_cm2 = float(np.mean([t["skin_mm2"] for t in both])) / 100
    area_mm2 = float(np.mean([t.get("area_mm2", 0.0) for t in both]))
    return Sessions(start, end, skin_cm2, area_mm2, (len(before), len(after)))


def judged_change(
    blank: Change,
    m: Metric,
    seen: Sessions,
    noise: Repeatability | None,
    own: OwnNoise | None,
    plain: PlainSkin,
) -> Change:
    """Fill in values, interval and verdict."""
    known = replace(blank, baseline=seen.start, follow_up=seen.end)
    if not np.isfinite([seen.start, seen.end]).all():
        return replace(known, reason=why("none_in_one_session", finding=blank.finding))
    if noise is None:
        return replace(known, reason=why("repeatability_unknown"))
    noise = shrunk(noise, m, own, seen) if own else noise
    placebo = plain.placebo.get((blank.region, blank.finding), np.nan) if m.id == "burden" else 0.0
    told = differs(noise, plain, blank.finding)
    null_sd = null_error(noise, replace(seen, end=seen.start), placebo, told)
    if not null_sd > 0:
        return replace(known, reason=why("repeatability_unknown"))
    whole = blank.region in WHOLE
    quantile = (noise.quantile if whole else noise.quantile_region) or float(stdtrit(noise.people, 0.975))
    half = quantile * null_error(noise, seen, placebo, told)
    return with_verdict(known, m, quantile * null_sd, half, Z95 * noise.dilution)


def differs(noise: Repeatability, plain: PlainSkin, finding: str) -> float:
    """Share of a value by which it strays because the two photos differ as plain skin, brows and eyes say.

    A tone curve of power 0.93 takes 7 % from every density, that of brows and spots alike: so what brows say counts as it is.
    """
    parts = (
        noise.gain * plain.gain_of(finding), noise.light * plain.light_od, noise.colour * plain.colour_od,
        noise.turn * plain.turn_deg, plain.features_gain,
    )  # fmt: skip
    return float(np.sqrt(np.dot(parts, parts)))


def null_error(noise: Repeatability, seen: Sessions, placebo: float, told: float) -> float:
    """Standard error of a change between two sessions whose true values are those seen.

    placebo : SD of the change of load that the outline shows on plain skin, mm2 OD; NaN where that could not be told
    told : of `differs`
    """
    variance = 0.0
    for value, shots in zip((seen.start, seen.end), seen.shots, strict=True):
        kept = 1 - noise.shot + noise.shot / shots  # a session strays as a whole, however often it is photographed
        common = (noise.relative * value) ** 2 + noise.absolute**2
        scattered = noise.per_unit * abs(value) + noise.local**2 / max(seen.skin_cm2, 0.1)
        variance += kept * (common + scattered) + (told * value) ** 2 / 2
        if np.isnan(placebo):
            variance += kept * (noise.per_mm2 * seen.area_mm2) ** 2
    return float(np.sqrt(variance + (0 if np.isnan(placebo) else noise.placebo * placebo) ** 2))


def shrunk(noise: Repeatability, m: Metric, own: OwnNoise, seen: Sessions) -> Repeatability:
    """The noise with its shot part moved towards what a subject's own replicates show, by as much as they can tell.

    The shot part becomes the mean of both variances, weighted by their degrees of freedom. The session part is never
    less than the card's: repeat shots of one sitting say nothing about the next. It grows along where the shots stray
    more than the card knows.
    """
    value = (abs(seen.start) + abs(seen.end)) / 2
    stated = noise.at(value, seen.area_mm2) ** 2
    share = max(noise.shot, _LEAST_SHOT_SHARE)
    shot = share * stated
    if not shot > 0:
        return noise
    card, mine = _CARD_DEGREES_OF_FREEDOM, own.degrees_of_freedom
    pooled = (card * shot + mine * own.at(m, value) ** 2) / (card + mine)
    session = (1 - share) * stated * max(pooled / shot, 1.0)
    times = (session + pooled) / stated
    return replace(
        noise,
        relative=noise.relative * times**0.5,
        absolute=noise.absolute * times**0.5,
        per_unit=noise.per_unit * times,
        local=noise.local * times**0.5,
        per_mm2=noise.per_mm2 * times**0.5,
        shot=pooled / (session + pooled),
    )


def interval(change: float, half: float, stray: float = 0.0) -> tuple[float, float]:
    """95 % interval of a true change of which noise hides +-half, and of which more or less than all is measured.

    stray : how far measured per true change lies from 1, at 95 %
    Measured is s T + e, so the interval holds each T with |measured - T| <= hypot(half, stray T) (Fieller 1954). It
    excludes 0 where the change exceeds the noise: not to know how much of it is measured hides no change.
    """
    known = 1 - min(stray, _MOST_STRAY) ** 2
    apart = math.sqrt(max(change**2 - known * (change**2 - half**2), 0.0))
    return (change - apart) / known, (change + apart) / known


def with_verdict(known: Change, m: Metric, mdc95: float, half: float, stray: float = 0.0) -> Change:
    """The change with its interval, and whether it is beyond the noise; half and stray as in `interval`."""
    change = known.change
    verdict, reason = _verdict(m, change, abs(change) > max(mdc95, half))
    low, high = interval(change, half, stray)
    if m.load and known.baseline > 0:  # nothing can fall by more than all of it
        low = min(max(low, -known.baseline), change)
    done = replace(known, ci_low=low, ci_high=high, mdc95=mdc95, verdict=verdict, reason=reason or known.reason)
    if not (done.too_little and m.load) or done.reason:
        return done
    least = float(mdc95 / np.sqrt(2))
    # A load is never below 0: what fell from there was light, or skin that was taken for a mark.
    verdict = "not_assessable" if verdict == "improved" else verdict
    said = why("little_for_percent", baseline=done.baseline, least=least, unit=m.unit)
    return replace(done, verdict=verdict, reason=said)


def withheld(c: Change, reason: Reason) -> Change:
    """The same numbers without a verdict, for a change that is real but says nothing about the treatment."""
    known = c.reason if c.verdict == "not_assessable" and c.reason != why("no_direction") else None
    return replace(c, verdict="not_assessable", reason=known or reason)


def _verdict(m: Metric, change: float, beyond: bool) -> tuple[str, Reason | None]:
    if not beyond:
        return "unchanged", None
    if m.better == "none":
        return "not_assessable", why("no_direction")
    return ("improved" if (change < 0) == (m.better == "lower") else "worsened"), None
