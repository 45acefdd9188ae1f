"""Figures of the theme “Sequences”."""

from mnistlab.ui.glossary.figures.shapes import (
    unrolled,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    dot,
    dots,
    faint,
    figure,
    line,
    ring,
    sign,
)

FIGURES = {
    "recurrent": figure(unrolled()),
    "hidden-state": figure(
        unrolled(2), accented(arrow((114, 38), (150, 38))), accented(sign(162, 43, "h", 15))
    ),
    "lstm": figure(unrolled(memory=True)),
    "gates": figure(
        arrow((24, 36), (86, 36)),
        accented(ring(100, 36, 12), sign(100, 41, "×", 16)),
        arrow((114, 36), (176, 36)),
        faint(arrow((100, 4), (100, 22))),
    ),
    "gru": figure(
        unrolled(), *(accented(dot(45 + 50 * i + 8 * j, 36, 2)) for i in range(3) for j in (0, 1))
    ),
    "detach": figure(
        dots([(36, 36), (76, 36), (124, 36), (164, 36)]),
        line((36, 36), (88, 36)),
        line((112, 36), (164, 36)),
        accented(line((95, 22), (105, 50))),
    ),
    "truncated-bptt": figure(
        unrolled(), line((118, 6), (118, 66), dashed=True), accented(arrow((98, 18), (52, 18)))
    ),
}
