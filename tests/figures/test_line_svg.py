"""Curves as SVG: what they say."""

import math
import xml.etree.ElementTree as ET

import pytest

from mnistlab.figures.line_svg import HEIGHT, LEFT, RIGHT, WIDTH, Axis, axis_of_steps, line_svg


def drawn(**curves: list[tuple[float, float]]) -> ET.Element:
    colors = dict.fromkeys(curves, "#123456")
    return ET.fromstring(line_svg(curves, colors, "step", "loss <nats>", 'a "curve"', (0, 100)))


def test_a_curve_goes_through_its_points_and_leaves_out_what_is_not_finite() -> None:
    svg = drawn(test=[(0, 2.0), (50, math.nan), (50, math.inf), (100, 1.0)])
    (line,) = svg.iter("polyline")
    places = [tuple(map(float, place.split(","))) for place in line.get("points", "").split()]
    assert [x for x, _ in places] == [LEFT, WIDTH - RIGHT]
    assert 0 < places[0][1] < places[1][1] < HEIGHT  # a lower loss lies lower
    assert svg.get("aria-label") == 'a "curve"'
    assert "loss <nats>" in {text.text for text in svg.iter("text")}


def test_one_point_is_a_dot_and_no_point_an_empty_plot() -> None:
    assert len(list(drawn(test=[(3, 1.0)]).iter("circle"))) == 1
    assert not list(drawn(test=[(3, math.nan)]).iter("polyline"))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (0.93, 1.0, [0.94, 0.96, 0.98, 1.0])],
)
def test_ticks_are_round_numbers(low: float, high: float, ticks: list[float]) -> None:
    assert Axis(low, high, 0, 1).ticks() == pytest.approx(ticks)


def test_an_axis_of_one_step_has_a_length() -> None:
    assert axis_of_steps((0, 0)).place(0) == LEFT
