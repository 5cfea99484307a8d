"""A chart as strokes, dots and words in points: SVG on a page, vectors in print. The same input gives the same bytes.

A report has a dozen charts of some dozen strokes each: written as text they take a millisecond each, with a plotting
library 0.1 to 0.2 s. ReportLab, which sets the PDF, writes SVG too, but places words by the widths of its own fonts and
at whole points of height.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import escape

from skinimg.report.language import Language

INK, MUTED, BAND, RULE = "#1d2629", "#556166", "#e3e8ea", "#b9c2c6"
Values = Sequence[float] | np.ndarray

_RIGHT, _TOP = 9.0, 9.0  # margins without labels, pt
_TICK = 3.5  # pt
_DROP = 0.35  # of the font's size: from the middle of a line of figures down to its baseline


@dataclass(frozen=True)
class Stroke:
    """A line through points (x, y) in pt, y down."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float
    opacity: float = 1.0


@dataclass(frozen=True)
class Box:
    """A filled rectangle, pt."""

    left: float
    top: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Dot:
    """A filled disc, pt."""

    x: float
    y: float
    radius: float
    colour: str


@dataclass(frozen=True)
class Words:
    """A line of text whose baseline starts, has its middle or ends at (x, y), pt; `turned` reads upwards."""

    x: float
    y: float
    text: str
    colour: str
    size: float
    anchor: str = "start"  # start, middle, end
    turned: bool = False


Mark = Stroke | Box | Dot | Words


class Chart:
    """One pair of linear axes in a fixed place; what is drawn later lies on top.

    size : width and height, pt
    x, y : values at both ends of the axes; two equal ones are moved apart
    left, bottom : margins that hold the labels, pt
    """

    def __init__(
        self,
        size: tuple[float, float],
        x: tuple[float, float],
        y: tuple[float, float],
        left: float = 56.0,
        bottom: float = 36.0,
        font: float = 10.0,
    ) -> None:
        self.width, self.height = size
        self.x, self.y, self.left, self.bottom, self.font = _apart(*x), _apart(*y), left, bottom, font
        self.marks: list[Mark] = []

    def at_x(self, value: float) -> float:
        """Where a value of the x axis lies, pt."""
        share = (value - self.x[0]) / (self.x[1] - self.x[0])
        return self.left + share * (self.width - _RIGHT - self.left)

    def at_y(self, value: float) -> float:
        """Where a value of the y axis lies, pt."""
        share = (value - self.y[0]) / (self.y[1] - self.y[0])
        return self.height - self.bottom - share * (self.height - self.bottom - _TOP)

    def line(
        self, x: Iterable[float], y: Iterable[float], colour: str = INK, width: float = 1.4, opacity: float = 1.0
    ) -> None:
        """A line through points; one without a finite y leaves a gap."""
        piece: list[tuple[float, float]] = []
        for px, py in [*zip(x, y, strict=True), (0.0, math.nan)]:
            if math.isfinite(py):
                piece.append((self.at_x(px), self.at_y(py)))
                continue
            if len(piece) > 1:
                self.marks.append(Stroke(tuple(piece), colour, width, opacity))
            piece = []

    def dots(self, x: Iterable[float], y: Iterable[float], colour: str = INK) -> None:
        """A dot for every point with a finite y."""
        places = [(px, py) for px, py in zip(x, y, strict=True) if math.isfinite(py)]
        self.marks += [Dot(self.at_x(px), self.at_y(py), 2.4, colour) for px, py in places]

    def band(self, low: float, high: float, ends: tuple[float, float] | None = None) -> None:
        """The y values between two, over the whole width or between two x values."""
        left, right = (self.at_x(end) for end in ends or self.x)
        self.marks.append(Box(left, self.at_y(high), right - left, self.at_y(low) - self.at_y(high), BAND))

    def words(self, x: float, y: float, text: str, colour: str = INK, anchor: str = "start") -> None:
        """Text at a point in pt."""
        self.marks.append(Words(x, y, text, colour, self.font, anchor))

    def x_axis(self, ticks: Values, names: Sequence[str], label: str) -> None:
        """The axis below, with its ticks and its title."""
        floor = self.height - self.bottom
        self.marks.append(Stroke(((self.left, floor), (self.width - _RIGHT, floor)), RULE, 0.8))
        for tick, name in zip(ticks, names, strict=True):
            x = self.at_x(tick)
            self.marks.append(Stroke(((x, floor), (x, floor + _TICK)), MUTED, 0.8))
            self.words(x, floor + 2 * _TICK + 0.75 * self.font, name, MUTED, "middle")
        self.words((self.left + self.width - _RIGHT) / 2, self.height - 0.6 * self.font, label, MUTED, "middle")

    def y_axis(self, ticks: Values, names: Sequence[str], label: str = "") -> None:
        """The axis on the left, with its ticks and its title."""
        floor = self.height - self.bottom
        self.marks.append(Stroke(((self.left, _TOP), (self.left, floor)), RULE, 0.8))
        for tick, name in zip(ticks, names, strict=True):
            y = self.at_y(tick)
            self.marks.append(Stroke(((self.left - _TICK, y), (self.left, y)), MUTED, 0.8))
            self.words(self.left - 2 * _TICK, y + _DROP * self.font, name, MUTED, "end")
        if label:
            middle = (_TOP + floor) / 2
            self.marks.append(Words(1.1 * self.font, middle, label, MUTED, self.font, "middle", turned=True))

    def svg(self) -> str:
        """Data URI. Text stays text: small, sharp, in the reader's own sans-serif."""
        width, height = self.width, self.height
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" height="{height:g}pt" '
            f'viewBox="0 0 {width:g} {height:g}" font-family="sans-serif" fill="none" stroke-linejoin="round">'
        )
        text = head + "".join(map(_as_svg, self.marks)) + "</svg>"
        return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode("ascii")


def around(values: Iterable[float], margin: float = 0.05) -> tuple[float, float]:
    """The least and the largest of the finite values, a share of their distance farther out; (0, 0) without any."""
    known = [value for value in values if math.isfinite(value)] or [0.0]
    room = margin * (max(known) - min(known))
    return min(known) - room, max(known) + room


def numbers(ends: tuple[float, float], most: int, say: Language, sign: bool = False) -> tuple[list[float], list[str]]:
    """Ticks at round values between two, at most `most` + 1 of them, and how they are written."""
    ticks = round_values(ends, most)
    decimals = next(p for p in range(12) if np.allclose(np.round(ticks, p), ticks, rtol=0, atol=1e-9))
    return ticks, [say.number(tick, decimals, sign) for tick in ticks]


def round_values(ends: tuple[float, float], most: int) -> list[float]:
    """The multiples of 1, 2, 2.5 or 5 times a power of ten between two values, at most `most` + 1 of them."""
    low, high = _apart(*ends)
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power > rough * (1 - 1e-9))
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _apart(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _as_svg(mark: Mark) -> str:
    if isinstance(mark, Stroke):
        (x, y), *rest = mark.points
        path = f"M{x:.2f} {y:.2f}" + "".join(f"L{x:.2f} {y:.2f}" for x, y in rest)
        faint = f' stroke-opacity="{mark.opacity:g}"' if mark.opacity < 1 else ""
        return f'<path d="{path}" stroke="{mark.colour}" stroke-width="{mark.width:.4g}"{faint}/>'
    if isinstance(mark, Box):
        size = f'width="{mark.width:.2f}" height="{mark.height:.2f}"'
        return f'<rect x="{mark.left:.2f}" y="{mark.top:.2f}" {size} fill="{mark.colour}"/>'
    if isinstance(mark, Dot):
        return f'<circle cx="{mark.x:.2f}" cy="{mark.y:.2f}" r="{mark.radius:g}" fill="{mark.colour}"/>'
    place = f"rotate(-90 {mark.x:.2f} {mark.y:.2f})"
    turned = f' transform="{place}"' if mark.turned else ""
    how = f'fill="{mark.colour}" font-size="{mark.size:g}" text-anchor="{mark.anchor}"{turned}'
    return f'<text x="{mark.x:.2f}" y="{mark.y:.2f}" {how}>{escape(mark.text)}</text>'
