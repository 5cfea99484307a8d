"""Clinical scores as the photographs suggest them: one line per score, from the first to the last session."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from skinimg.base.results import IndexRow
from skinimg.report.language import Language
from skinimg.report.verdicts import of_view


@dataclass(frozen=True)
class EstimateLine:
    """One score, in the reader's words."""

    title: str
    first: str
    last: str
    note: str  # what the estimate leaves out, or why there is none


def estimate_lines(indices: Sequence[IndexRow], key: str, say: Language) -> list[EstimateLine]:
    """The scores of one view, first and last session."""
    lines = []
    by_index: dict[str, list[IndexRow]] = {}
    for row in of_view(indices, key):
        by_index.setdefault(row.index, []).append(row)
    for index, rows in by_index.items():
        first, last = rows[0], rows[-1]
        known = math.isfinite(last.value) or math.isfinite(first.value)
        note = say.name("estimate_note", index) if known else say.reason(*last.note)
        lines.append(EstimateLine(say.name("estimate", index), _said(first, say), _said(last, say), note))
    return lines


def _said(row: IndexRow, say: Language) -> str:
    """4.2 (3.1 … 5.4), or a dash."""
    if not math.isfinite(row.value):
        return say("ui.nodata")
    value = say.number(row.value, 1)
    if not math.isfinite(row.ci_low):
        return value
    return f"{value} ({say.number(row.ci_low, 1)} … {say.number(row.ci_high, 1)})"
