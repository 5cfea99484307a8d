"""docs/benchmarks/closeups.md, written from what `benchmarks.closeups` finds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.people_page import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "closeups.md"
BARS = {"pores": 0.60, "scars": 0.50, "wrinkles": 0.60}

_HEAD = """# Pores, scars and lines on real skin
"""


def page(found: pd.DataFrame) -> str:
    """The whole page as Markdown."""
    rows = []
    for (finding, place), mine in found.groupby(["finding", "place"]):
        bar = BARS[str(finding)]
        rows.append(
            {
                "finding": finding, "where": place, "photos": len(mine), "Dice, median": f"{mine['dice'].median():.2f}",
                "lowest": f"{mine['dice'].min():.2f}", "highest": f"{mine['dice'].max():.2f}", "bar": f"{bar:.2f}",
                "recall, median": f"{mine['recall'].median():.2f}",
                "skin marked unpainted, %": f"{mine['own_percent'].median():.1f}",
            }
        )  # fmt: skip
    return f"{_HEAD}\n{markdown(pd.DataFrame(rows))}\n"
