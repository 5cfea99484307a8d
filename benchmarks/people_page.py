"""docs/benchmarks/people.md, written from the results of `benchmarks.people`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

_HEAD = """# Painted treatments on people

Written by `./scripts/bench people --people held-out --keep DIR --page`; not by hand. {people} of the {all} held-out people (every
fourth of the sorted lists) of the Face Research Lab London Set and of Young Adult White Faces (DeBruine & Jones, CC BY 4.0): {names}.

A treatment is painted on the linear pixels of a neutral photo: a density of one pigment, through the optical model at the
person's own pigments (`benchmarks/painted.py`). Both states are then photographed anew (`benchmarks/camera.py`): exposure 6 %,
white balance 2.5 % per channel, a gradient of 8 % from the middle of the face to its rim, a turn of 1.5 degrees, 2 % nearer or
farther, slight perspective, lens blur, sensor noise, JPEG of quality 90 to 96. Nothing that a photo of another day brings besides
(blood flow, make-up, another expression) is in it. Spots: 12 of 1.6 to 5 mm, 0.15 to 0.45 OD, fall 45 %. Melasma: 2 or 3 patches,
radius 9 to 13 mm, edge 1.5 to 4 mm, 0.14 to 0.24 OD, fall 40 %. Flush: 2 or 3, 10 to 21 mm, edge 3 to 7.5 mm, 0.09 to 0.18 OD,
fall 40 to 50 %. Null: all three, unchanged.

*Share* is the measured change of the load (mm2 OD of skin, METHODS 2 and 6) over the painted one: 1 is right. For cross-talk it is
what the other pigment seems to change by, over the painted change: 0 is right. Bars: within 30 % in 80 % of the people, within 15 %
at the median, called in 80 %, at most 5 % of null pairs called, cross-talk below 10 points.
"""


def page(people: Sequence[str], held_out: int, tables: Mapping[str, pd.DataFrame], failures: Sequence[str]) -> str:
    """The whole page as Markdown.

    people : who was examined, of so many `held_out`; tables : heading -> table; failures : what was not measured, and why
    """
    parts = [_HEAD.format(people=len(people), all=held_out, names=", ".join(people))]
    for heading, rows in tables.items():
        parts += [f"## {heading}\n", markdown(rows)]
    if failures:
        parts += ["## Not measured\n", "\n".join(f"- {line}" for line in failures)]
    return "\n".join(parts) + "\n"


def markdown(rows: pd.DataFrame) -> str:
    """A table of Markdown with the frame's columns."""
    head = [str(name).replace("_", " ") for name in rows.columns]
    lines = [head, ["---"] * len(head), *([_cell(v) for v in row] for row in rows.itertuples(index=False))]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "-" if value != value else f"{value:g}"
    return str(value)
