"""Figures of the theme “How good it is”."""

import math

from mnistlab.ui.glossary.figures.shapes import (
    DIAGONAL,
    FALLING,
    RISING_AGAIN,
    TO,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    axes,
    bars,
    cell,
    curve,
    dot,
    dots,
    faint,
    figure,
    grid,
    line,
    ring,
)

FIGURES = {
    "accuracy": figure(*(dot(28 + 16 * i, 36, 5) for i in range(9)), accented(ring(172, 36))),
    "confidence-interval": figure(
        faint(line((24, 36), (176, 36))),
        accented(
            line((70, 28), (70, 44)),
            line((70, 36), (122, 36)),
            line((122, 28), (122, 44)),
            dot(98, 36, 4),
        ),
    ),
    "training-accuracy": figure(
        axes(),
        accented(curve(lambda x: 60 - 52 * (1 - math.exp((60 - x) / 18)), 60, 140)),
        faint(curve(lambda x: 60 - 42 * (1 - math.exp((60 - x) / 20)), 60, 140)),
    ),
    "overfitting": figure(axes(), faint(FALLING), accented(RISING_AGAIN)),
    "confusion-matrix": figure(grid(72, 8, DIAGONAL, 14)),
    "precision": figure(
        ring(86, 36, 28),
        accented(ring(118, 36, 28)),
        dots([(98, 28), (106, 40), (98, 46)]),
        faint(dots([(72, 30), (134, 42)])),
    ),
    "f1": figure(bars(66, 58, [44, 20]), TO, accented(bars(130, 58, [28]))),
    "calibration": figure(
        axes(),
        faint(line((60, 62), (136, 10), dashed=True)),
        accented(dots([(80, 54), (98, 46), (116, 37), (130, 25)])),
    ),
    "mcnemar": figure(
        grid(70, 6, [[0.1, 0], [0, 0.1]], 30),
        accented(cell(100, 6, 0.4, 30), cell(70, 36, 0.4, 30)),
    ),
}
