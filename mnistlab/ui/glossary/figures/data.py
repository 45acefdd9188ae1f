"""Figures of the theme “Images and data”."""

from mnistlab.ui.glossary.figures.shapes import (
    PEAK,
    TO,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    bell,
    blank,
    box,
    faint,
    figure,
    grid,
    sign,
)

FIGURES = {
    "tensor": figure(
        *(grid(60 + 9 * i, 22 - 9 * i, blank(3, 4), 14) for i in (2, 1)),
        accented(grid(60, 22, [[0.3] * 4] * 3, 14)),
    ),
    "channel": figure(*(box(70 + 14 * i, 8 + 8 * i, 40, 40) for i in range(3))),
    "unsqueeze": figure(
        grid(40, 18, PEAK[:3], 12), TO, accented(box(122, 10, 60, 52)), grid(128, 18, PEAK[:3], 12)
    ),
    "flatten": figure(
        grid(26, 18, PEAK[:3], 12),
        TO,
        accented(grid(120, 32, [[0.1, 0.6, 0.1, 0.2, 0.3, 0.2, 0.9, 0.1]], 9)),
    ),
    "normalisation": figure(
        faint(bell(52, 60, 7, 46)), TO, accented(bell(150, 60, 13, 34)), sign(150, 71, "0", 10)
    ),
    "augmentation": figure(
        sign(40, 48, "7", 34),
        *(accented(sign(x, 48, "7", 30, turn)) for x, turn in ((94, -18), (134, 16), (172, 4))),
    ),
    "dataloader": figure(
        *(box(24 + 4 * i, 14 + 6 * i, 26, 26) for i in range(3)),
        TO,
        *(accented(grid(124, 14 + 18 * i, [[0.35] * 4], 12)) for i in range(3)),
    ),
    "collate": figure(
        *(box(24 + 3 * i, 10 + 17 * i, 14 + 6 * i, 12) for i in range(3)),
        TO,
        accented(*(box(128, 14 + 15 * i, 34, 12) for i in range(3))),
    ),
    "shuffle": figure(
        *(arrow((60, 12 + 16 * i), (138, 12 + 16 * j)) for i, j in ((0, 2), (1, 0), (2, 3), (3, 1)))
    ),
    "test-set": figure(box(20, 26, 108, 20), accented(box(132, 26, 20, 20)), box(156, 26, 26, 20)),
}
