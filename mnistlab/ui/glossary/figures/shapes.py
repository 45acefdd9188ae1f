"""What several figures show."""

import math

from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    blank,
    box,
    cell,
    curve,
    dots,
    faint,
    grid,
    line,
)

TO = arrow((88, 36), (110, 36))  # from what goes in to what comes out


def valley(*path: tuple[float, float]) -> str:
    """A valley of the loss, and steps down into it at these x and heights above its floor."""
    slope = curve(lambda x: 62 - ((x - 100) / 8.5) ** 2 / 1.9, 20, 180)
    points = [(x, 62 - ((x - 100) / 8.5) ** 2 / 1.9 - lift) for x, lift in path]
    return faint(slope) + accented(line(*points), dots(points))


def windows(*corners: tuple[int, int], size: int = 3, apart: int = 1) -> str:
    """A 6×6 grid with windows of `size` cells, `apart` cells from each other."""
    inside = [
        cell(60 + 11 * (x + apart * i), 3 + 11 * (y + apart * j), 0.35, 11)
        for x, y in corners
        for i in range(size)
        for j in range(size)
    ]
    return faint(grid(60, 3, blank(6, 6), 11)) + accented(*inside)


def unrolled(count: int = 3, memory: bool = False) -> str:
    """A recurrent layer over `count` time steps."""
    boxes = [box(36 + 50 * i, 26, 26, 20) for i in range(count)]
    reads = [arrow((49 + 50 * i, 68), (49 + 50 * i, 49)) for i in range(count)]
    passed = [arrow((64 + 50 * i, 38), (83 + 50 * i, 38)) for i in range(count - 1)]
    upper = [arrow((64 + 50 * i, 30), (83 + 50 * i, 30)) for i in range(count - 1) if memory]
    return "".join(boxes) + faint(*reads) + accented(*passed, *upper)


def cluster(x: float, y: float) -> list[tuple[float, float]]:
    return [
        (x + 9 * math.cos(i * 2.4) * (i / 6), y + 9 * math.sin(i * 2.4) * (i / 6)) for i in range(8)
    ]


PEAK = [[0.1, 0.6, 0.1, 0.2], [0.3, 0.2, 0.9, 0.1], [0.4, 0.1, 0.2, 0.3], [0.1, 0.2, 0.8, 0.1]]
CORNER = [[0.8, 0, 0], [0.8, 0, 0], [0.8, 0.8, 0.8]]
DIAGONAL = [[0.8 if i == j else 0.1 for j in range(4)] for i in range(4)]
SURE = curve(lambda x: 8 - 24 * math.log((x - 55) / 90), 65, 145)  # −ln p
FALLING = curve(lambda x: 12 + 48 * (1 - math.exp((60 - x) / 25)), 60, 140)
RISING_AGAIN = curve(
    lambda x: 60 - 40 * math.exp((60 - x) / 14) - ((x - 60) / 80) ** 2 * 26, 60, 140
)
BACK = accented(arrow((92, 56), (70, 56)), arrow((136, 56), (114, 56)))
