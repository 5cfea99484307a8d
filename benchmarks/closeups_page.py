"""docs/benchmarks/closeups.md, written from what `benchmarks.closeups` finds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.people_page import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "closeups.md"
BARS = {"pores": 0.60, "scars": 0.50, "wrinkles": 0.60}

_HEAD = """# Pores, scars and lines on real skin

Written by `./scripts/bench closeups --photos FOLDER --page`; not by hand. FOLDER holds {photos} phone close-ups of two people, one place of skin each (p1 a tan
cheek, p2 brown skin of the body; HIAlab/Acne_Multimodal_Nof1, MIT); nothing was trained on them. *face*: lines on those of the 23 held-out people of
[people](people.md) whose photos have 5 px/mm or more, photographed anew.

Painted as the shade that light makes of a groove (`benchmarks/closeups.py`; the training generator draws none of these shapes): 80 pores of 0.2 to 0.5 mm and
0.2 to 0.5 OD, 8 scars of 1.5 to 4 mm with one dark and one bright wall of 0.2 to 0.5 OD, 8 lines of 8 to 20 mm, 0.2 to 0.6 mm wide, 0.15 to 0.5 OD. Dice and
recall are of the mask at one half. What the network marks in the same photo unpainted, most of it real pores, is not judged. A close-up says nothing of its
scale, so 25 px/mm is assumed, and marks are painted at that scale.

Lines have no bias since `scripts/refine_spots` sets it: that of sheets of phantoms (-1.8) left lines of people unseen. It was chosen on 18 faces of 5.5 to 6.3 px/mm that are
in no exam (median Dice 0.26 with -1.8, 0.41 with -0.6, 0.49 with 0, 0.57 with +1.2), and looked at on six portraits, where folds beside the mouth, crow's feet and
lines of the forehead are outlined that were not; the close-ups of p1 were looked at, too.
"""


def _close_ups(found: pd.DataFrame) -> int:
    return int(found.loc[found["place"] != "face", "photo"].nunique())


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
    return f"{_HEAD.format(photos=_close_ups(found))}\n{markdown(pd.DataFrame(rows))}\n"
