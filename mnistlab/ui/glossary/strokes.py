"""What the small figures are drawn with: SVG in a box of `WIDTH` × `HEIGHT`, without words, in the
colour of the text around it and one accent, so that it fits every language and both themes.
"""

import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

WIDTH, HEIGHT = 200, 72
ACCENT = "#2f8fd8"
LIGHT, DARK = "#31333f", "#e6eaf1"  # text in both themes
_INK = (
    f"<style>svg {{ color: {LIGHT} }} "
    f"@media (prefers-color-scheme: dark) {{ svg {{ color: {DARK} }} }}</style>"
)
Point = tuple[float, float]


def figure(*parts: str) -> str:
    """The whole figure. It is decoration: the sentence beside it says the same."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'fill="none" stroke="currentColor" stroke-width="1.5" '
        f'stroke-linecap="round" stroke-linejoin="round">{"".join(parts)}</svg>'
    )


def data_url(drawn: str) -> str:
    """The address of a figure as an image, because Streamlit takes SVG out of HTML. It has no text
    around it, so it has the colours of both themes, and follows when the reader switches.
    """
    opening, rest = drawn.split(">", 1)
    code = b64encode(f"{opening}>{_INK}{rest}".encode()).decode()
    return f"data:image/svg+xml;base64,{code}"


def accented(*parts: str) -> str:
    """`parts` in the accent."""
    return f'<g stroke="{ACCENT}" color="{ACCENT}">{"".join(parts)}</g>'


def faint(*parts: str) -> str:
    """`parts` in the background."""
    return f'<g opacity=".35">{"".join(parts)}</g>'


def cell(x: float, y: float, shade: float = 0.0, size: float = 10) -> str:
    """A square whose filling is `shade`, from 0 to 1."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{size:g}" height="{size:g}" fill="currentColor" '
        f'fill-opacity="{shade:g}"/>'
    )


def grid(x: float, y: float, rows: Sequence[Sequence[float]], size: float = 10) -> str:
    """Rows of cells with these shades."""
    return "".join(
        cell(x + column * size, y + row * size, shade, size)
        for row, shades in enumerate(rows)
        for column, shade in enumerate(shades)
    )


def blank(height: int, width: int) -> list[list[float]]:
    """Shades of an empty grid."""
    return [[0.0] * width for _ in range(height)]


def box(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="2"/>'


def line(*points: Point, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="3 3"' if dashed else ""
    return f'<polyline points="{path}"{dashes}/>'


def curve(f: Callable[[float], float], left: float, right: float) -> str:
    """The curve y = f(x), both in units of the figure."""
    steps = 40
    xs = [left + (right - left) * i / steps for i in range(steps + 1)]
    return line(*((x, f(x)) for x in xs))


def arrow(start: Point, end: Point) -> str:
    """An arrow with a head of a fixed size."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    heads = [
        (end[0] - 5 * math.cos(angle + turn), end[1] - 5 * math.sin(angle + turn))
        for turn in (-0.5, 0.5)
    ]
    return line(start, end) + line(heads[0], end, heads[1])


def dot(x: float, y: float, radius: float = 2.5) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="currentColor"/>'


def ring(x: float, y: float, radius: float = 5) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}"/>'


def dots(points: Iterable[Point]) -> str:
    return "".join(dot(x, y) for x, y in points)


def sign(x: float, y: float, text: str, size: int = 12, turned: float = 0) -> str:
    """A number or a sign of mathematics."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="middle" fill="currentColor" '
        f'stroke="none" transform="rotate({turned:g} {x:g} {y:g})">{text}</text>'
    )


def bars(x: float, base: float, heights: Sequence[float]) -> str:
    """Bars on a line at `base`; negative ones hang below it."""
    drawn = "".join(
        f'<rect x="{x + i * 9:g}" y="{base - max(height, 0):g}" width="6" '
        f'height="{abs(height):g}" fill="currentColor" fill-opacity=".45"/>'
        for i, height in enumerate(heights)
    )
    return drawn + line((x - 3, base), (x + len(heights) * 9, base))


def axes(x: float = 60, y: float = 62, width: float = 80, height: float = 54) -> str:
    return faint(line((x, y - height), (x, y), (x + width, y)))


def bell(x: float, base: float, width: float, height: float) -> str:
    """A bell curve around `x`."""
    return curve(
        lambda at: base - height * math.exp(-(((at - x) / width) ** 2)),
        x - 2.5 * width,
        x + 2.5 * width,
    )


def layers(x: float, counts: Sequence[int], apart: float = 40) -> str:
    """Fully connected layers of units."""
    places = [
        [(x + i * apart, 36 + (j - (count - 1) / 2) * 17) for j in range(count)]
        for i, count in enumerate(counts)
    ]
    lines = [line(a, b) for left, right in pairwise(places) for a in left for b in right]
    return faint(*lines) + "".join(dot(a, b, 4) for layer in places for a, b in layer)
