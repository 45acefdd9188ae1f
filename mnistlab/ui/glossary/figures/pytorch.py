"""Figures of the theme “PyTorch”."""

from mnistlab.ui.glossary.figures.shapes import (
    PEAK,
    TO,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    bars,
    box,
    cell,
    dot,
    figure,
    grid,
    line,
    ring,
    sign,
)

FIGURES = {
    "eval-mode": figure(
        box(40, 24, 46, 24), dot(52, 36, 8), accented(box(114, 24, 46, 24), dot(148, 36, 8))
    ),
    "zero-grad": figure(
        bars(40, 62, [12, 26, 40, 54]), TO, accented(bars(124, 62, [12, 14, 10, 13]))
    ),
    "memory": figure(
        *(ring(40 + 40 * i, 26, 7) for i in range(4)),
        *(arrow((48 + 40 * i, 26), (71 + 40 * i, 26)) for i in range(3)),
        accented(*(box(33 + 40 * i, 46, 14, 14) for i in range(4))),
    ),
    "item": figure(cell(40, 24, 0.35, 24), TO, accented(sign(142, 42, "0.35", 18))),
    "state-dict": figure(
        '<path d="M72 6h40l16 16v44H72z"/>',
        line((112, 6), (112, 22), (128, 22)),
        accented(grid(82, 30, PEAK[:3], 9)),
    ),
}
