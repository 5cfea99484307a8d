"""What a lesion is: its kinds, the finding each counts for, and the numbers that describe one of them for life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["patch", "dot", "line"]


@dataclass(frozen=True)
class Kind:
    """What kind of thing a lesion is: the finding it counts for ("" = a distractor) and how it is drawn."""

    finding: str
    shape: Shape
    profile: Literal["flat", "cone", "bowl"] = "flat"  # of its depth, from the rim to the middle


KINDS: dict[str, Kind] = {
    "ephelis": Kind("spots", "patch"),
    "lentigo": Kind("spots", "patch"),
    "melasma": Kind("spots", "patch"),
    "pih": Kind("spots", "patch"),
    "pie": Kind("redness", "patch"),
    "erythema": Kind("redness", "patch"),
    "telangiectasia": Kind("redness", "line"),
    # A papule is no scar and no pore; its halo is redness by the definition in findings.py.
    "papule": Kind("redness", "patch", "bowl"),
    "mole": Kind("", "patch", "bowl"),
    "pore": Kind("pores", "dot"),
    "icepick": Kind("scars", "patch", "cone"),
    "boxcar": Kind("scars", "patch", "flat"),
    "rolling": Kind("scars", "patch", "bowl"),
    "fine_line": Kind("wrinkles", "line"),
    "wrinkle": Kind("wrinkles", "line"),
    "hair": Kind("", "line"),
}


@dataclass(frozen=True)
class Lesion:
    """One thing on the skin. `id` > 0 is its own for life; sizes in mm on the canvas.

    melanin, blood : factor on the fraction of the skin below it, 1 = none. depth_mm : pit or groove, negative = raised.
    """

    id: int
    kind: str
    x_mm: float
    y_mm: float
    radius_mm: float  # of the disc of equal area; half the width of a line
    length_mm: float = 0.0  # lines only
    angle_rad: float = 0.0  # from x towards y
    aspect: float = 1.0  # long over short axis of a patch or dot
    edge_mm: float = 0.1  # width over which the rim fades
    melanin: float = 1.0
    blood: float = 1.0
    depth_mm: float = 0.0
    irregularity: float = 0.0  # of an outline, SD relative to the radius; how far a line wanders, rad
    confetti: float = 0.0  # share of islands that are spared
    seed: int = 0  # of its shape

    @property
    def finding(self) -> str:
        """The finding it counts for, "" for a distractor."""
        return KINDS[self.kind].finding
