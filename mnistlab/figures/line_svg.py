"""Curves over training as SVG, for a file that has to be read without any library, and printed."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mnistlab.i18n import _

Points = Sequence[tuple[float, float]]  # (step, value)
WIDTH, HEIGHT = 640, 260  # of the drawing's own units
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 34  # around the axes
TICKS = 5  # about so many on each axis
NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on the drawing from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where `value` is."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round numbers within it."""
        rough = (self.high - self.low) / TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        every = power * next(nice for nice in NICE if nice * power >= rough * 0.999)
        first, last = math.ceil(self.low / every - 1e-9), math.floor(self.high / every + 1e-9)
        return [number * every for number in range(first, last + 1)]


def line_svg(
    curves: Mapping[str, Points],
    colors: Mapping[str, str],
    x: str,
    y: str,
    alt: str,
    span: tuple[float, float],
    percent: bool = False,
) -> str:
    """`curves` (name -> points, of which those that are not finite are left out) over the steps of
    `span` as an SVG of `WIDTH` by `HEIGHT`, in the text's own colour but for the curves. A line of
    the class "now" stands at the last step: `axis_of_steps` says where another one is.
    """
    finite = {name: [p for p in points if math.isfinite(p[1])] for name, points in curves.items()}
    values = [value for each in finite.values() for _, value in each]
    across, up = axis_of_steps(span), _axis_of_values(values or [0.0], percent)
    drawn = [_curve(each, colors[name], across, up) for name, each in finite.items() if each]
    now = (
        f'<line class="now" x1="{across.end:.1f}" x2="{across.end:.1f}" y1="{TOP}" '
        f'y2="{HEIGHT - BOTTOM}" stroke="currentColor" stroke-width="1" stroke-dasharray="4 3"/>'
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(alt)}" '
        f'font-size="12" fill="currentColor">{_grid(across, up, percent)}{"".join(drawn)}{now}'
        f'<text x="{(across.start + across.end) / 2:.0f}" y="{HEIGHT - 2}" '
        f'text-anchor="middle">{html.escape(x)}</text>'
        f'<text transform="translate(12 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{html.escape(y)}</text></svg>'
    )


def axis_of_steps(span: tuple[float, float]) -> Axis:
    """The axis from the first to the last step of `span`."""
    low, high = span
    return Axis(low, high if high > low else low + 1, LEFT, WIDTH - RIGHT)


def _axis_of_values(values: Sequence[float], percent: bool) -> Axis:
    low, high = min(values), max(values)
    room = (high - low) * 0.06 or 0.01
    top = min(1.0, high + room) if percent else high + room
    return Axis(max(0.0, low - room), top, HEIGHT - BOTTOM, TOP)


def _grid(across: Axis, up: Axis, percent: bool) -> str:
    parts = []
    for value in up.ticks():
        at, text = (
            up.place(value),
            _("{number} %").format(number=f"{100 * value:.4g}") if percent else f"{value:.4g}",
        )
        parts.append(
            f'<line x1="{across.start}" x2="{across.end}" y1="{at:.1f}" y2="{at:.1f}" '
            f'stroke="currentColor" stroke-opacity=".15"/><text x="{across.start - 6}" '
            f'y="{at + 4:.1f}" text-anchor="end" fill-opacity=".8">{text}</text>'
        )
    for value in across.ticks():
        if value == int(value):
            parts.append(
                f'<text x="{across.place(value):.1f}" y="{HEIGHT - BOTTOM + 16}" '
                f'text-anchor="middle" fill-opacity=".8">{value:,.0f}</text>'
            )
    return "".join(parts)


def _curve(points: Points, color: str, across: Axis, up: Axis) -> str:
    places = [f"{across.place(step):.1f},{up.place(value):.1f}" for step, value in points]
    if len(places) == 1:
        at_x, at_y = places[0].split(",")
        return f'<circle cx="{at_x}" cy="{at_y}" r="4" fill="{color}"/>'
    return (
        f'<polyline points="{" ".join(places)}" fill="none" stroke="{color}" stroke-width="2" '
        'stroke-linejoin="round"/>'
    )
