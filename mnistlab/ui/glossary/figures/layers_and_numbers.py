"""Figures of the theme “Layers and their numbers”."""

import math

from mnistlab.ui.glossary.figures.shapes import (
    TO,
    cluster,
)
from mnistlab.ui.glossary.strokes import (
    accented,
    arrow,
    axes,
    bars,
    bell,
    dot,
    dots,
    faint,
    figure,
    layers,
    line,
    ring,
    sign,
)

FIGURES = {
    "linear": figure(layers(70, (4, 3), 60)),
    "mlp": figure(layers(46, (4, 3, 3, 2), 36)),
    "activation": figure(axes(40, 60, 120), accented(line((44, 58), (100, 58), (146, 12)))),
    "parameter": figure(
        layers(70, (3, 2), 60), accented(line((70, 19), (130, 44.5)), sign(104, 24, "w", 13))
    ),
    "logits": figure(bars(58, 40, [12, -10, 28, 4, -18, 8, -4, 16, -12, 2])),
    "softmax": figure(
        bars(26, 44, [8, -12, 24, 4, -8]), TO, accented(bars(124, 60, [8, 2, 44, 6, 3]))
    ),
    "dropout": figure(
        *(dot(40 + 24 * i, 36, 6) for i in (0, 2, 3, 5)),
        *(
            accented(ring(40 + 24 * i, 36, 6), line((36 + 24 * i, 32), (44 + 24 * i, 40)))
            for i in (1, 4)
        ),
    ),
    "batch-norm": figure(
        faint(bell(60, 60, 9, 30)), TO, accented(bell(150, 60, 15, 46)), line((150, 60), (150, 65))
    ),
    "embedding": figure(
        dots(cluster(50, 26)), accented(dots(cluster(104, 46))), faint(dots(cluster(156, 24)))
    ),
    "pca": figure(
        dots([(64 + 9 * i, 50 - 3.6 * i + 9 * math.sin(i * 2.1)) for i in range(9)]),
        accented(arrow((56, 56), (152, 16)), arrow((92, 26), (106, 58))),
    ),
    "t-sne": figure(
        dots(cluster(40, 30)),
        accented(dots(cluster(88, 48))),
        faint(dots(cluster(132, 22))),
        dots(cluster(166, 50)),
    ),
    "perplexity": figure(
        dots([(40, 20), (164, 52), (150, 14), (56, 60)]),
        accented(ring(102, 36, 26), dots([(90, 28), (114, 44), (112, 24), (92, 50), (102, 36)])),
    ),
}
