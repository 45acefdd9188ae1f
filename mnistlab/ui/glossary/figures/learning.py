"""Figures of the theme “How a network learns”."""

import math

from mnistlab.ui.glossary.figures.shapes import (
    BACK,
    SURE,
    TO,
    valley,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    axes,
    bars,
    blank,
    box,
    cell,
    curve,
    dot,
    dots,
    faint,
    figure,
    grid,
    line,
    ring,
    sign,
)

FIGURES = {
    "batch": figure(
        faint(grid(28, 14, blank(3, 10), 14)),
        accented(grid(28, 28, [[0.4] * 4], 14)),
    ),
    "epoch": figure(
        *(cell(76 + 16 * i, 31, 0.35, 10) for i in range(3)),
        accented('<path d="M52 36a48 28 0 1 1 14 20"/>', line((62, 62), (66, 56), (73, 59))),
    ),
    "steps-per-epoch": figure(
        *(box(22 + 32 * i, 26, 26, 20) for i in range(4)), accented(box(150, 26, 12, 20))
    ),
    "cross-entropy": figure(axes(), accented(SURE)),
    "nll": figure(bars(44, 58, [6, 40, 10]), TO, accented(sign(146, 42, "−ln p", 18))),
    "nats": figure(
        axes(),
        accented(SURE),
        faint(line((60, 32), (88, 32), (88, 62), dashed=True)),
        sign(50, 36, "1"),
    ),
    "gradient": figure(
        faint(curve(lambda x: 64 - ((x - 120) / 11) ** 2, 46, 180)),
        dot(82, 52.1, 4),
        accented(line((58, 38), (112, 67))),
    ),
    "backpropagation": figure(
        *(box(48 + 44 * i, 22, 20, 24) for i in range(3)),
        arrow((70, 28), (90, 28)),
        arrow((114, 28), (134, 28)),
        BACK,
    ),
    "optimiser": figure(valley((36, 0), (66, 0), (86, 0), (96, 0))),
    "sgd": figure(valley((30, 0), (64, 9), (58, 0), (88, 8), (78, 1), (104, 5), (97, 0))),
    "learning-rate": figure(valley((40, 0), (58, 0), (74, 0), (86, 0), (94, 0))),
    "schedule": figure(axes(40, 62, 120), accented(line((42, 52), (80, 12), (138, 56), (158, 61)))),
    "momentum": figure(valley((30, 4), (96, 4), (142, 4), (112, 4)), accented(ring(30, 22, 6))),
    "rmsprop": figure(
        faint(arrow((40, 20), (150, 20)), arrow((40, 52), (56, 52))),
        accented(arrow((40, 30), (84, 30)), arrow((40, 62), (84, 62))),
    ),
    "adam": figure(
        arrow((30, 22), (90, 22)),
        arrow((30, 50), (42, 50)),
        accented(arrow((116, 22), (146, 22)), arrow((116, 50), (146, 50))),
    ),
    "weight-decay": figure(
        faint(line((100, 8), (100, 64))),
        accented(arrow((30, 22), (60, 22)), arrow((176, 38), (136, 38)), arrow((66, 54), (82, 54))),
    ),
    "seed": figure(
        box(74, 10, 52, 52), dots([(87, 23), (113, 23), (100, 36), (87, 49), (113, 49)])
    ),
    "fine-tuning": figure(
        axes(),
        faint(curve(lambda x: 60 - 46 * (1 - math.exp((60 - x) / 26)), 60, 140)),
        accented(curve(lambda x: 26 - 14 * (1 - math.exp((60 - x) / 12)), 60, 140)),
    ),
    "speedrun": figure(
        ring(100, 40, 26),
        line((94, 8), (106, 8)),
        line((100, 8), (100, 14)),
        accented(arrow((100, 40), (113, 25))),
    ),
}
