"""Charts: where things lie, what is left out, and that words stay words."""

from __future__ import annotations

import base64
import math
import xml.etree.ElementTree as ET

import pytest

from skinimg.report.chart import Chart, Stroke, around, numbers, round_values
from skinimg.report.language import language


def drawn(chart):
    return ET.fromstring(base64.b64decode(chart.svg().partition(",")[2]))


def test_a_point_without_a_value_leaves_a_gap():
    chart = Chart((200, 100), (0, 4), (0, 1))
    chart.line(range(5), (0, 1, math.nan, 1, 0))
    chart.dots(range(5), (0, 1, math.nan, 1, 0))
    assert [len(mark.points) for mark in chart.marks if isinstance(mark, Stroke)] == [2, 2]
    assert sum(element.tag.endswith("circle") for element in drawn(chart)) == 4


def test_values_lie_where_the_axes_say():
    chart = Chart((209, 109), (0, 10), (-1, 1), left=50, bottom=20)
    assert (chart.at_x(0), chart.at_x(10)) == (50, 200)
    assert (chart.at_y(1), chart.at_y(-1)) == (9, 89)
    chart.band(-0.5, 0.5)
    (box,) = drawn(chart)
    assert [float(box.get(name)) for name in ("x", "y", "width", "height")] == [50, 29, 150, 40]


def test_a_name_is_no_markup():
    chart = Chart((200, 100), (0, 1), (0, 1))
    chart.y_axis([0.5], ['<b>$P$ & "1"'])
    assert [element.text for element in drawn(chart) if element.tag.endswith("text")] == ['<b>$P$ & "1"']


@pytest.mark.parametrize(
    "ends, most, ticks",
    [
        ((-43, 6), 6, [-40, -30, -20, -10, 0]),
        ((0.1, 0.8), 4, [0.2, 0.4, 0.6, 0.8]),
        ((0, 100), 5, [0, 20, 40, 60, 80, 100]),
        ((3, 3), 4, [2.5, 2.75, 3, 3.25, 3.5]),
    ],
)
def test_ticks_are_round(ends, most, ticks):
    assert round_values(ends, most) == pytest.approx(ticks)


def test_ticks_are_written_with_as_many_decimals_as_tell_them_apart():
    assert numbers((0, 0.5), 2, language("fr"), sign=True)[1] == ["0,00", "+0,25", "+0,50"]


def test_limits_leave_room_and_stand_what_is_missing():
    assert around([0, math.nan, 10], 0.1) == (-1, 11)
    assert around([math.nan]) == (0, 0)
