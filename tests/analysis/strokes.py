"""Digits as a hand draws them: white strokes on black."""

import numpy as np
from PIL import Image, ImageDraw


def _arc(
    x: float, y: float, rx: float, ry: float, start: float, end: float
) -> list[tuple[float, float]]:
    angles = np.radians(np.linspace(start, end, 40))
    return [(x + rx * np.cos(a), y + ry * np.sin(a)) for a in angles]


STROKES = {  # in a square of side 1
    0: [_arc(0.5, 0.5, 0.35, 0.5, -90, 270)],
    1: [[(0.5, 0), (0.5, 1)]],
    2: [[*_arc(0.5, 0.28, 0.35, 0.28, -170, 30), (0.1, 1), (0.9, 1)]],
    3: [[*_arc(0.45, 0.26, 0.35, 0.26, -150, 90), *_arc(0.45, 0.75, 0.38, 0.25, -90, 150)]],
    4: [[(0.6, 0), (0.1, 0.6), (0.9, 0.6)], [(0.68, 0.3), (0.68, 1)]],
    5: [[(0.85, 0), (0.25, 0), (0.2, 0.45), *_arc(0.45, 0.68, 0.38, 0.32, -120, 140)]],
    6: [[(0.7, 0), (0.35, 0.3), *_arc(0.48, 0.7, 0.32, 0.3, -160, 200)]],
    7: [[(0.1, 0), (0.9, 0), (0.4, 1)]],
    8: [_arc(0.5, 0.25, 0.28, 0.25, 90, 450), _arc(0.5, 0.75, 0.35, 0.25, -90, 270)],
    9: [[*_arc(0.45, 0.3, 0.32, 0.3, 0, 360), (0.77, 0.3), (0.7, 1)]],
}


def stroke(
    digit: int, size: int = 160, pen: int = 16, top: int = 60, left: int = 50, canvas: int = 280
) -> np.ndarray:
    """`digit` in a box of `size` pixels at (top, left): ink, uint8 (canvas, canvas)."""
    image = Image.new("L", (canvas, canvas))
    draw = ImageDraw.Draw(image)
    inner, edge = size - pen, pen / 2
    for line in STROKES[digit]:
        points = [(left + edge + 0.75 * x * inner, top + edge + y * inner) for x, y in line]
        draw.line(points, fill=255, width=pen, joint="curve")
        for x, y in points:
            draw.ellipse([x - edge, y - edge, x + edge, y + edge], fill=255)
    return np.asarray(image)
