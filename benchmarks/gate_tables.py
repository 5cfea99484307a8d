"""The rows of the gate's benchmark, and their table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import NotRequired, TypedDict

from skinimg.base.errors import ReasonedError
from skinimg.base.photo_difference import PhotoDifference
from skinimg.compare.multiplicity import CALLED
from skinimg.compare.photo_limits import EVERYTHING, warnings_of, withheld_findings


class Called(TypedDict):
    """What an analysis to the end calls in a pair; per cent of the baseline."""

    judged: int  # rows with a verdict
    rows: list[str]  # called, of all regions and metrics
    headlines: dict[str, float]  # finding -> change of the whole face, where it is called
    overall: str  # verdict of all together
    percents: dict[str, float]  # finding -> change of the whole face, where it is judged
    gain: dict[str, float]  # contrast map -> ln of the amplitude of texture, second over first
    camera: str


class Row(TypedDict):
    """One pair."""

    who: str
    kind: str
    strength: int
    warned: list[str]
    withheld: list[str]
    difference: NotRequired[dict[str, float]]
    called: NotRequired[Called]  # where it was analysed


def row_of(who: str, kind: str, strength: int, d: PhotoDifference) -> Row:
    """What the gate does with a difference."""
    numbers = {key: round(value, 4) for key, value in asdict(d).items()}
    withheld, said = sorted(withheld_findings(d)), [*map(str, warnings_of(d))]
    return Row(who=who, kind=kind, strength=strength, warned=said, withheld=withheld, difference=numbers)


def refused(who: str, kind: str, strength: int, error: ReasonedError) -> Row:
    """A photo that is not measured at all."""
    return Row(who=who, kind=kind, strength=strength, warned=[str(error)], withheld=[*EVERYTHING])


def table(rows: Sequence[Row]) -> list[str]:
    """Markdown: of how many pairs something was said, findings were withheld, and what was called falsely."""
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    seen = [*dict.fromkeys(row["kind"] for row in rows)]

    def order(key: tuple[str, int]) -> tuple[int, int]:
        return seen.index(key[0]), key[1]

    for row in rows:
        groups[row["kind"], row["strength"]].append(row)
    lines = [
        "| kind | strength | pairs | said | withheld | all withheld | analysed | called | overall | false rows | which |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {kind} | {strength} | {_line(groups[kind, strength])} |" for kind, strength in sorted(groups, key=order)
    ]
    return lines


def _line(group: Sequence[Row]) -> str:
    analysed = [row["called"] for row in group if "called" in row]
    which = Counter(finding for called in analysed for finding in called["headlines"])
    counts = (
        len(group),
        sum(bool(row["warned"]) for row in group),
        sum(bool(row["withheld"]) for row in group),
        sum(len(row["withheld"]) == len(EVERYTHING) for row in group),
        len(analysed),
        sum(bool(called["headlines"]) for called in analysed),
        sum(called["overall"] in CALLED for called in analysed),
        sum(len(called["rows"]) for called in analysed),
        ", ".join(f"{finding} {count}" for finding, count in which.most_common()),
    )
    return " | ".join(map(str, counts))
