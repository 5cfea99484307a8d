"""The rows of the gate's benchmark, and their table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import NotRequired, TypedDict

from skinimg.base.errors import ReasonedError
from skinimg.base.photo_difference import PhotoDifference
from skinimg.compare.multiplicity import CALLED
from skinimg.compare.photo_limits import EVERYTHING, warnings_of, withheld_findings

CLEAN = "clean"


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
    """Markdown, a line a kind: numbers with commas are those of its strengths, from the weakest on.

    A headline that the clean pair of the same person calls by itself is left out of what other pairs call.
    """
    kinds: dict[str, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        kinds[row["kind"]][row["strength"]].append(row)
    alone = {row["who"]: headlines(row) for row in rows if row["kind"] == CLEAN}
    people = len({row["who"] for row in rows})
    return [
        f"| kind, of {people} | said | withheld | nothing compared | compared | with false headlines | which | over all | rows |",
        "|---|---|---|---|---|---|---|---|---|",
        *(
            f"| {kind} | {_line([groups[step] for step in sorted(groups)], {} if kind == CLEAN else alone)} |"
            for kind, groups in kinds.items()
        ),
    ]


def headlines(row: Row) -> set[str]:
    """Findings whose headline is called in a pair."""
    return set(row["called"]["headlines"]) if "called" in row else set()


def compared(row: Row) -> bool:
    """Whether an analysis to the end judges anything at all in a pair."""
    return "called" in row and row["called"]["judged"] > 0


def _line(groups: Sequence[Sequence[Row]], alone: Mapping[str, set[str]]) -> str:
    def by_strength(count: Callable[[Row], bool]) -> str:
        return ", ".join(str(sum(map(count, group))) for group in groups)

    def false(row: Row) -> set[str]:
        return headlines(row) - alone.get(row["who"], set())

    judged = [row for group in groups for row in group if compared(row)]
    which = Counter(finding for row in judged for finding in false(row))
    cells = (
        by_strength(lambda row: bool(row["warned"])),
        by_strength(lambda row: bool(row["withheld"]) or ("called" in row and not compared(row))),
        by_strength(lambda row: len(row["withheld"]) == len(EVERYTHING) or ("called" in row and not compared(row))),
        by_strength(compared),
        by_strength(lambda row: bool(false(row))),
        ", ".join(f"{finding} {count}" for finding, count in which.most_common()),
        by_strength(lambda row: compared(row) and row["called"]["overall"] in CALLED),
        f"{sum(len(row['called']['rows']) for row in judged)} of {sum(row['called']['judged'] for row in judged)}",
    )
    return " | ".join(cells)
