"""Figures of the theme “Convolution”."""

from mnistlab.ui.glossary.figures.shapes import (
    CORNER,
    PEAK,
    TO,
    windows,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    blank,
    box,
    cell,
    dot,
    faint,
    figure,
    grid,
    line,
    sign,
)

FIGURES = {
    "convolution": figure(
        faint(grid(22, 6, blank(5, 5), 12)),
        accented(grid(34, 18, [[0.35] * 3] * 3, 12)),
        TO,
        faint(grid(124, 18, blank(3, 3), 12)),
        accented(cell(136, 30, 0.6, 12)),
    ),
    "kernel": figure(
        grid(64, 0.5, blank(3, 3), 23.5),
        *(
            accented(
                sign(
                    76 + 23.5 * i,
                    16.5 + 23.5 * j,
                    str((j - 1) * (2 - abs(i - 1))).replace("-", "−"),
                    12,
                )
            )
            for i in range(3)
            for j in range(3)
        ),
    ),
    "feature-map": figure(
        sign(44, 52, "7", 46),
        TO,
        grid(126, 14, [[0.8, 0.8, 0.8, 0.5], [0, 0, 0.3, 0], [0, 0.1, 0.2, 0], [0, 0.2, 0, 0]], 11),
    ),
    "stride": figure(windows((0, 0), (3, 0)), accented(arrow((72, 52), (106, 52)))),
    "padding": figure(
        grid(76, 12, [[0.35] * 4] * 4, 12),
        accented('<rect x="64" y="0.8" width="72" height="70.4" stroke-dasharray="3 3"/>'),
    ),
    "dilation": figure(windows((0, 0), apart=2)),
    "groups": figure(
        *(dot(60, 12 + 16 * i, 5) for i in range(4)),
        *(dot(140, 12 + 16 * i, 5) for i in range(4)),
        faint(*(line((66, 12 + 16 * i), (134, 12 + 16 * j)) for i in (0, 1) for j in (0, 1))),
        accented(*(line((66, 12 + 16 * i), (134, 12 + 16 * j)) for i in (2, 3) for j in (2, 3))),
    ),
    "separable": figure(
        *(grid(18 + 8 * i, 10 + 9 * i, blank(3, 3), 9) for i in range(3)),
        TO,
        *(accented(cell(130 + 12 * i, 31, 0.4, 10)) for i in range(3)),
    ),
    "cross-correlation": figure(
        grid(38, 18, CORNER, 12),
        line((94, 30), (106, 30)),
        line((94, 40), (106, 40)),
        line((94, 46), (106, 24)),
        grid(126, 18, [row[::-1] for row in CORNER[::-1]], 12),
    ),
    "receptive-field": figure(
        faint(grid(28, 6, blank(5, 5), 12)),
        accented(
            grid(40, 18, [[0.35] * 3] * 3, 12),
            line((76, 18), (140, 30)),
            line((76, 54), (140, 42)),
            cell(140, 30, 0.6, 12),
        ),
    ),
    "pooling": figure(
        grid(30, 12, PEAK, 12),
        accented(box(30, 12, 24, 24)),
        TO,
        grid(124, 16, [[0.6, 0.9], [0.4, 0.8]], 20),
        accented(box(124, 16, 20, 20)),
    ),
    "global-average-pooling": figure(grid(32, 12, PEAK, 12), TO, accented(cell(130, 26, 0.32, 20))),
    "lenet": figure(
        *(
            box(x, 36 - h / 2, w, h)
            for x, w, h in ((18, 44, 60), (74, 36, 44), (120, 28, 30), (158, 8, 24), (176, 8, 14))
        )
    ),
}
