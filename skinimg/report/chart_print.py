"""A chart as a ReportLab drawing."""

from __future__ import annotations

from reportlab.graphics.shapes import Circle, Drawing, Group, PolyLine, Rect, Shape, String
from reportlab.lib.colors import HexColor

from skinimg.report.chart import Box, Chart, Dot, Mark, Stroke


def drawing(chart: Chart, width: float, font: str) -> Drawing:
    """A chart, `width` pt wide, set in a font that ReportLab knows."""
    zoom = width / chart.width
    marks = [_shape(mark, chart.height, font) for mark in chart.marks]
    drawn = Drawing(width, zoom * chart.height, Group(*marks, transform=(zoom, 0, 0, zoom, 0, 0)))
    drawn.hAlign = "LEFT"
    return drawn


def _shape(mark: Mark, height: float, font: str) -> Shape:
    """One mark; ReportLab's y goes up."""
    colour = HexColor(mark.colour)
    if isinstance(mark, Stroke):
        points = [value for x, y in mark.points for value in (x, height - y)]
        how = {"strokeColor": colour, "strokeWidth": mark.width, "strokeOpacity": mark.opacity, "strokeLineJoin": 1}
        return PolyLine(points, **how)
    if isinstance(mark, Box):
        return Rect(
            mark.left, height - mark.top - mark.height, mark.width, mark.height, fillColor=colour, strokeWidth=0
        )
    if isinstance(mark, Dot):
        return Circle(mark.x, height - mark.y, mark.radius, fillColor=colour, strokeWidth=0)
    how = {"fontName": font, "fontSize": mark.size, "fillColor": colour, "textAnchor": mark.anchor}
    word = String(0, 0, mark.text, **how)
    turn = (0, 1, -1, 0) if mark.turned else (1, 0, 0, 1)
    return Group(word, transform=(*turn, mark.x, height - mark.y))
