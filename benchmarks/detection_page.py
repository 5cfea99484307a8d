"""docs/benchmarks/detection.md, written from what `benchmarks.detection` finds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.people_page import markdown

_HEAD = """# Which marks are found on people

Written by `./scripts/bench detection --people held-out --page`; not by hand. {n} people whom no training has seen (every fourth
of the sorted lists of the Face Research Lab London Set and of Young Adult White Faces, DeBruine & Jones, CC BY 4.0): {names}.

On each, up to 15 round marks of melanin and, in another photo, 15 of blood, at random places at least 11 mm apart and 3 mm from the
border of the skin (`benchmarks/detection.py`; the training generator draws no such marks). Diameter is where the contrast has fallen by half, contrast is that
in green at the middle, edge is from 10 to 90 % of it. The photo is then taken anew: another light, pose, focus, noise and JPEG
(`benchmarks/camera.py`). A mark counts as found where the network thinks somewhere in its core that a mark is more likely than
not, and does not think so without the mark. A mark on top of a person's own counts as missed. Per cent found, with the number of marks in brackets.

What is missed at 0.5 is not lost to a series: a mark that is found in one session is measured at its old place in the others.
"""
_FINE_PX_PER_MM = 5.0


def page(marks: pd.DataFrame, areas: pd.DataFrame, overlaps: pd.DataFrame, people: Sequence[str]) -> str:
    """The whole page as Markdown."""
    parts = [_HEAD.format(n=len(people), names=", ".join(people))]
    fine = marks["px_per_mm"] >= _FINE_PX_PER_MM
    for finding, word in (("spots", "brown"), ("redness", "red")):
        mine = marks["finding"] == finding
        for name, these in (
            (f"below {_FINE_PX_PER_MM:g} px/mm (London, 3 to 4)", ~fine),
            (f"from {_FINE_PX_PER_MM:g} px/mm on (Canada, 6)", fine),
        ):
            if (mine & these).any():
                parts += [
                    f"## {word.capitalize()} marks, {name}\n",
                    markdown(_by_size(marks[mine & these], "contrast_od", "OD")),
                ]
        parts += [
            f"By edge, {word}, from 0.10 OD on:\n",
            markdown(_by_size(marks[mine & (marks["contrast_od"] >= 0.1)], "edge_mm", "mm")),
        ]
        parts += [f"By tone, {word}, from 0.10 OD and 1.6 mm on:\n", markdown(_by_tone(marks[mine]))]
    fine = overlaps["px_per_mm"] >= _FINE_PX_PER_MM
    groups = {
        "all": overlaps["dice"],
        f"below {_FINE_PX_PER_MM:g} px/mm": overlaps["dice"][~fine],
        f"from {_FINE_PX_PER_MM:g} px/mm on": overlaps["dice"][fine],
        **{f"{tone} skin": mine["dice"] for tone, mine in overlaps.groupby("tone")},
    }
    parts += [
        "## How well the masks fit\n",
        "Dice of the mask at one half with twelve spots of 1.6 to 5 mm and 0.15 to 0.45 OD, as [people](people.md) are painted,"
        " each to where its contrast has fallen by half. A person's own marks are not judged.\n",
        markdown(
            pd.DataFrame(
                [
                    {
                        "people": f"{name} ({len(dice)})", "median": f"{dice.median():.2f}",
                        "lowest": f"{dice.min():.2f}", "highest": f"{dice.max():.2f}",
                        "from 0.70 on": int((dice >= 0.7).sum()),
                    }
                    for name, dice in groups.items()
                    if len(dice)
                ]
            )
        ),
    ]  # fmt: skip
    parts += [
        "## What untouched faces show\n",
        "mm2 marked per 10 cm2 of skin on the same people, unpainted: moles and blemishes of their own are in it, so it is more than what is"
        " false. *Of chance* is the share of the finding's whole area that lies there, over the share of the skin that does: 1 is chance.\n",
        markdown(_where(areas)),
    ]
    return "\n".join(parts) + "\n"


def _by_size(marks: pd.DataFrame, down: str, unit: str) -> pd.DataFrame:
    """Per cent found by diameter (across) and `down`."""
    rows = []
    for value, some in marks.groupby(down):
        row = {down.replace("_", " ").removesuffix(f" {unit.lower()}"): f"{value:g} {unit}"}
        for diameter in sorted(marks["diameter_mm"].unique()):
            row[f"{diameter:g} mm"] = _share(some[some["diameter_mm"] == diameter]["found"])
        rows.append(row)
    return pd.DataFrame(rows)


def _by_tone(marks: pd.DataFrame) -> pd.DataFrame:
    plain = marks[(marks["contrast_od"] >= 0.1) & (marks["diameter_mm"] >= 1.6)]
    return pd.DataFrame([{"tone": tone, "found": _share(some["found"])} for tone, some in plain.groupby("tone")])


def _share(found: pd.Series) -> str:
    return f"{100 * found.mean():.0f} ({len(found)})" if len(found) else "-"


def _where(areas: pd.DataFrame) -> pd.DataFrame:
    """Area marked by part of the face, for each finding: mean over people, largest, and share of chance."""
    rows = []
    for part in areas["part"].unique():
        row: dict[str, object] = {"where": part.replace("_", " ")}
        for finding in areas["finding"].unique():
            mine = areas[areas["finding"] == finding]
            here, face = mine[mine["part"] == part], mine[mine["part"] == "face"]
            each = 1000 * here["marked_mm2"] / here["skin_mm2"].clip(lower=1)
            density = here["marked_mm2"].sum() / here["skin_mm2"].sum()
            whole = face["marked_mm2"].sum() / face["skin_mm2"].sum()
            row |= {
                f"{finding}, median": f"{each.median():.2f}",
                f"{finding}, largest": f"{each.max():.1f}",
                f"{finding}, of chance": f"{density / whole:.1f}" if whole else "-",
            }
        rows.append(row)
    return pd.DataFrame(rows)
