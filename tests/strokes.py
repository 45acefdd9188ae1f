"""Ten digits as pen strokes, like those in MNIST, in any size, pen width and place.

A stroke is a list of (x, y) points, x to the right and y down, within the unit square.
"""

import base64
import io
import itertools
import math
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

Point = tuple[float, float]
Stroke = list[Point]
CANVAS = 280  # pixels


def _arc(
    x: float, y: float, rx: float, ry: float, start: float, end: float, points: int = 16
) -> Stroke:
    """Part of an ellipse around (x, y), from `start` to `end` degrees; 0 is right, 90 is down."""
    angles = [math.radians(start + (end - start) * i / points) for i in range(points + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def _line(*corners: Point, points: int = 6) -> Stroke:
    """A line through `corners`, with points between them as a mouse makes them."""
    line = [corners[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        line += [
            (x0 + (x1 - x0) * i / points, y0 + (y1 - y0) * i / points) for i in range(1, points + 1)
        ]
    return line


DIGITS: dict[int, list[Stroke]] = {
    0: [_arc(0.5, 0.5, 0.32, 0.5, -70, 290, 28)],
    1: [_line((0.56, 0.0), (0.46, 1.0))],
    2: [_arc(0.47, 0.27, 0.33, 0.27, -165, 40) + _line((0.70, 0.47), (0.12, 0.97), (0.92, 0.95))],
    3: [_arc(0.45, 0.25, 0.33, 0.25, -155, 95) + _arc(0.45, 0.74, 0.38, 0.26, -85, 150)],
    4: [_line((0.22, 0.02), (0.14, 0.52), (0.82, 0.50)), _line((0.78, 0.0), (0.68, 1.0))],
    5: [_line((0.82, 0.02), (0.30, 0.04), (0.22, 0.46)) + _arc(0.44, 0.70, 0.36, 0.29, -130, 140)],
    6: [
        _line((0.66, 0.0), (0.42, 0.24), (0.24, 0.58)) + _arc(0.48, 0.74, 0.27, 0.25, 195, -165, 24)
    ],
    7: [_line((0.10, 0.06), (0.88, 0.06), (0.44, 1.0))],
    8: [
        _arc(0.5, 0.25, 0.27, 0.25, 60, -240, 24)[::1] + _arc(0.5, 0.75, 0.31, 0.25, -110, 240, 24)
    ],
    9: [
        _arc(0.47, 0.28, 0.30, 0.28, -20, -360, 24) + _line((0.77, 0.26), (0.74, 0.6), (0.62, 1.0))
    ],
}


@dataclass(frozen=True)
class Drawn:
    """A digit on the canvas: `size` pixels high, its upper left corner at (left, top), drawn with a
    pen of `pen` pixels.
    """

    digit: int
    size: int
    left: int
    top: int
    pen: int

    @property
    def strokes(self) -> list[Stroke]:
        """In pixels of the canvas."""
        width = 0.72 * self.size
        return [
            [(self.left + x * width, self.top + y * self.size) for x, y in stroke]
            for stroke in DIGITS[self.digit]
        ]


PENS = (10, 20, 32)
# (size, left, top)
PLACES = (
    (200, 65, 40),
    (240, 40, 20),
    (150, 20, 110),
    (120, 150, 20),
    (80, 20, 20),
    (80, 200, 180),
)
ALL = [
    Drawn(digit, size, left, top, pen)
    for digit in DIGITS
    for pen in PENS
    for size, left, top in PLACES
    if size >= 5 * pen
]


def rendered(drawn: Drawn) -> Image.Image:
    """What the canvas would show, RGBA: round white strokes on black."""
    image = Image.new("RGBA", (CANVAS, CANVAS), "black")
    pen, half = ImageDraw.Draw(image), drawn.pen / 2
    for stroke in drawn.strokes:
        pen.line(stroke, "white", drawn.pen, "curve")
        for x, y in (stroke[0], stroke[-1]):
            pen.ellipse((x - half, y - half, x + half, y + half), "white")
    return image


def message(*all_drawn: Drawn) -> dict[str, Any]:
    """What the browser's canvas tells the page once these are drawn."""
    image = Image.new("RGBA", (CANVAS, CANVAS), "black")
    for drawn in all_drawn:
        image.paste(rendered(drawn), mask=rendered(drawn).convert("L"))
    data = io.BytesIO()
    image.save(data, "PNG")
    objects = [
        {"type": "Path", "stroke": "#ffffff", "strokeWidth": drawn.pen}
        for drawn in all_drawn
        for _ in drawn.strokes
    ]
    url = "data:image/png;base64," + base64.b64encode(data.getvalue()).decode("ascii")
    return {"drawing": {"raw": {"objects": objects}, "data": url}, "backgroundFit": None}
