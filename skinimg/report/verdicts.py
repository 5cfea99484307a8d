"""From the changes to what a reader is told: a sentence per finding, tables, left against right."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from skinimg.base.findings import FINDINGS
from skinimg.base.results import ChangeRow, IndexRow, MeasurementRow, PhotoRow, Reasons
from skinimg.measure.metrics import METRICS
from skinimg.report.language import Language
from skinimg.study import view_key

Row = TypeVar("Row", PhotoRow, MeasurementRow, ChangeRow, IndexRow)

# The metric that speaks for a finding: the first of these that was assessable. Load first, because it is insensitive
# to the threshold and to blur (docs/CONSTANTS.md 3); shares need no millimetres.
SPEAKING_METRICS = (
    "burden",
    "load",
    "area",
    "area_fraction",
    "evenness",
    "roughness_0.5_2",
    "roughness_0.2_0.5",
    "roughness_2_5",
    "contrast",
    "length",
    "density",
)
WHOLE = ("face", "patch")
SIDES = (
    ("left_side", "right_side"),
    ("left_cheek", "right_cheek"),
    ("left_periorbital", "right_periorbital"),
)


@dataclass(frozen=True)
class Told:
    """A change as a reader is told it; percent values are of the baseline, NaN where there is none."""

    finding: str
    region: str
    metric: str
    unit: str
    session: str
    days: float
    baseline: float
    follow_up: float
    change: float
    percent: float
    low: float  # percent
    high: float  # percent
    mdc: float  # percent
    detectable: float  # the same in the metric's unit
    verdict: str
    reason: Reasons

    @property
    def measured(self) -> bool:
        """There is a change, in its unit or in per cent, whatever the verdict."""
        return math.isfinite(self.change) or math.isfinite(self.percent)

    @property
    def hidden(self) -> bool:
        """At baseline there was so little that its disappearance would not show; percent of that would be thousands."""
        return self.mdc > 100

    @property
    def drawable(self) -> bool:
        """There is a change in percent that its band does not drown."""
        return self.assessable and math.isfinite(self.percent) and not self.hidden

    @property
    def assessable(self) -> bool:
        return self.verdict != "not_assessable"


@dataclass(frozen=True)
class Verdict:
    """A finding's line at the top of the report."""

    change: Told
    title: str
    sentence: str


def of_view(rows: Iterable[Row], key: str) -> list[Row]:
    """The rows of one view, in their order."""
    return [row for row in rows if view_key(row) == key]


def changes_of(rows: Iterable[ChangeRow], key: str) -> list[Told]:
    """The changes of one view."""
    return [_told(row) for row in of_view(rows, key)]


def _told(row: ChangeRow) -> Told:
    base = abs(row.baseline)
    return Told(
        finding=row.finding,
        region=row.region,
        metric=row.metric,
        unit=row.unit,
        session=row.session,
        days=math.nan if row.days is None else row.days,
        baseline=row.baseline,
        follow_up=row.follow_up,
        change=row.change,
        percent=row.change_percent,
        low=row.percent_ci_low,
        high=row.percent_ci_high,
        mdc=100.0 * row.mdc95 / base if base else math.nan,
        detectable=row.mdc95,
        verdict=row.verdict,
        reason=row.reason,
    )


def speaking(changes: Iterable[Told], finding: str, session: str, regions: tuple[str, ...] = WHOLE) -> Told | None:
    """The change that speaks for a finding in a session: an assessable one if there is one, else the first reason."""
    rows = [c for c in changes if c.finding == finding and c.session == session and c.region in regions]
    rank = {metric: place for place, metric in enumerate(SPEAKING_METRICS)}
    rows.sort(key=lambda c: (not c.assessable, rank.get(c.metric, len(rank))))
    return rows[0] if rows else None


def verdicts(changes: list[Told], session: str, say: Language) -> list[Verdict]:
    """One line per finding, assessable ones first, in the order of findings.py."""
    found = [speaking(changes, finding, session) for finding in FINDINGS]
    lines = [Verdict(c, say.name("finding", c.finding), sentence(c, say)) for c in found if c is not None]
    return sorted(lines, key=lambda line: not line.change.assessable)


def quantity(change: Told, say: Language) -> str:
    """What is counted, in words that fit "31 % less ..."."""
    key = f"{change.finding}.{change.metric}"
    words = say.catalogue["quantity"]
    if key in words:
        return str(words[key])
    return say("quantity.other", metric=say.name("metric", change.metric).lower())


def sentence(change: Told, say: Language) -> str:
    """How much, how sure, and what could have been seen: one plain sentence."""
    if not (change.assessable and change.measured):
        return f"{say.reason(*change.reason)}."
    what = quantity(change, say)
    if change.hidden or not math.isfinite(change.percent):
        first, last = _ends(change, say)
        told = say("sentence.absolute", quantity=what, baseline=first, follow_up=last) + "."
        return _capital(f"{told} {say('sentence.hidden')}" if change.hidden else told)
    parts = [_interval(change, _amount(change.percent, what, say), say)]
    if math.isfinite(change.mdc):
        parts.append(say("sentence.mdc", mdc=say.percent(change.mdc)))
    return _capital(" ".join(parts))


def cells(change: Told, say: Language) -> tuple[str, ...]:
    """A measured change as a row of a table: at first, at last, change, interval, and what could have been seen."""
    percent, low, high = change.percent, change.low, change.high
    in_unit = partial(say.value, unit=change.unit, step=change.detectable / 10)
    known = math.isfinite(low) and math.isfinite(high)
    return (
        *_ends(change, say),
        say.percent(percent, True) if math.isfinite(percent) else in_unit(change.change, sign=True),
        f"{say.percent(low, True)} … {say.percent(high, True)}" if known else say("ui.nodata"),
        say.percent(change.mdc) if change.mdc <= 100 else in_unit(change.detectable),
    )


def _ends(change: Told, say: Language) -> tuple[str, str]:
    """Both values, without digits that are noise."""
    in_unit = partial(say.value, unit=change.unit, step=change.detectable / 10)
    return in_unit(change.baseline), in_unit(change.follow_up)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _amount(percent: float, what: str, say: Language) -> str:
    if abs(percent) < 0.05:
        return say("sentence.same", quantity=what)
    direction = "less" if percent < 0 else "more"
    return say(f"sentence.{direction}", percent=say.percent(abs(percent)), quantity=what)


def _interval(change: Told, amount: str, say: Language) -> str:
    low, high = change.low, change.high
    if not (math.isfinite(low) and math.isfinite(high)):
        return say("sentence.no_interval", change=amount)
    if low < 0 < high:
        least = min(-low, 100.0)  # there is no more to lose than all of it
        return say("sentence.interval_across", change=amount, low=say.percent(least), high=say.percent(high))
    near, far = sorted((abs(low), abs(high)))
    return say("sentence.interval", change=amount, low=say.percent(near), high=say.percent(far))


@dataclass(frozen=True)
class Side:
    """Left against right for one finding; percent of each side's own baseline."""

    finding: str
    left: Told
    right: Told
    difference: float
    low: float
    high: float


def sides(changes: list[Told], session: str) -> list[Side]:
    """The first pair of regions in which both sides of a finding have a change in percent.

    Each end adds how far both sides reach that way as independent; photographs share their errors between the sides, so
    the interval is rather too wide than too narrow.
    """
    found = []
    for finding in FINDINGS:
        for pair in SIDES:
            left, right = (speaking(changes, finding, session, (region,)) for region in pair)
            if left and right and left.drawable and right.drawable and left.metric == right.metric:
                difference = left.percent - right.percent
                down = math.hypot(left.percent - left.low, right.high - right.percent)
                up = math.hypot(left.high - left.percent, right.percent - right.low)
                found.append(Side(finding, left, right, difference, difference - down, difference + up))
                break
    return found


def reasons(lines: Iterable[Verdict], changes: Iterable[Told], session: str, say: Language) -> list[tuple[str, str]]:
    """(titles, reason) of the findings that could not be assessed, then of single metrics, each reason once."""
    together: dict[str, list[str]] = {}
    for line in lines:
        if not line.change.assessable:
            together.setdefault(say.reason(*line.change.reason), []).append(line.title)
    whole = [(", ".join(titles), why) for why, titles in together.items()]
    known = {line.change.finding for line in lines if not line.change.assessable}
    single: dict[tuple[str, str], list[str]] = {}
    for c in changes:
        if c.session == session and c.region in WHOLE and not c.assessable and c.finding not in known:
            single.setdefault((c.finding, say.reason(*c.reason)), []).append(metric_title(c.metric, say))
    return whole + [
        (say("ui.colon", what=say.name("finding", f), name=", ".join(names)), why) for (f, why), names in single.items()
    ]


def metric_title(metric: str, say: Language) -> str:
    """The metric's name in the reader's language; the registry's own title for one the catalogue does not know."""
    fallback = METRICS[metric].title if metric in METRICS else metric
    return str(say.catalogue["metric"].get(metric, fallback))
