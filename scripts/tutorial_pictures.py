"""Draw the pictures of the home page's tutorials, from runs that are trained for them.

    python -m scripts.tutorial_pictures

Needs MNIST and some minutes. A picture is an SVG that takes the colour of its text and axes from
the page around it, so that it fits light and dark themes alike.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from sklearn.preprocessing import minmax_scale

from mnistlab import PRESETS, Store, TrainConfig, load_dataset
from mnistlab.analysis import embedding, evaluation, feature_maps, projection, recurrent
from mnistlab.choices import OPTIMIZERS
from mnistlab.events import Evaluated
from mnistlab.executors import InlineExecutor
from mnistlab.experiments.race import optimizers
from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD
from mnistlab.figures.grids import Shades
from mnistlab.figures.optimisers import OPTIMIZER_COLORS
from mnistlab.figures.thumbnails import contact_sheet, data_url, paint
from mnistlab.store import RunRecord
from mnistlab.train import model_from
from mnistlab.ui.home.tutorials import PICTURES, TUTORIALS

WIDTH, HEIGHT = 320, 180
MNIST = load_dataset("mnist")
RIM = (
    'stroke="currentColor" stroke-width=".5" stroke-opacity=".5"'  # colours are dim on some grounds
)
SURE = 0.6  # the probability from which a block of colour gets its digit


class Trained:
    """Runs in a store of their own, each trained once."""

    def __init__(self, url: str) -> None:
        self.store = Store(url)

    def run(self, config: TrainConfig) -> RunRecord:
        return InlineExecutor(self.store).start(config)

    def network(self, config: TrainConfig):
        run = self.run(config)
        return model_from(config, self.store.weights(run.id, run.step))

    def losses(self, config: TrainConfig) -> list[float]:
        """On the test images, at each evaluation."""
        events = self.store.events(self.run(config).id, [Evaluated])
        return [event.test_loss for _, event in events]


# -- the pictures ----------------------------------------------------------------------------------


def cnn(trained: Trained) -> Iterator[str]:
    """The map of the layer before the output, each test image drawn as its digit."""
    config, count = PRESETS["tutorial-cnn"], 400
    network = trained.network(config)
    features = embedding.features(network, MNIST.test_images[:count], config, "flatten")
    points = minmax_scale(projection.tsne(features)) * (WIDTH - 20, HEIGHT - 16) + (10, 13)
    labels = MNIST.test_labels[:count].numpy()
    for digit, color in enumerate(CLASS_COLORS):
        x, y = points[labels == digit].T
        yield (
            f'<text x="{numbers(x)}" y="{numbers(y)}" fill="{color}" font-size="10" '
            f'font-weight="600" text-anchor="middle" {RIM}>{str(digit) * len(x)}</text>'
        )


def recurrent_networks(trained: Trained) -> Iterator[str]:
    """A digit, and what the LSTM believes after each of its rows."""
    config, image = PRESETS["tutorial-lstm"], MNIST.test_images[INDEX_OF_ROWS]
    trace = recurrent.trace(trained.network(config), image, config)
    side, row = HEIGHT - 20, (HEIGHT - 20) / 28
    yield picture(image[0].numpy(), 10, 10, side)
    left, width = side + 22, WIDTH - side - 32
    ends = (np.c_[np.zeros(28), trace.probabilities.cumsum(1)] * width + left).round()  # (28, 11)
    for digit, color in enumerate(CLASS_COLORS):
        low, high = ends[:, digit], ends[:, digit + 1]
        boxes = "".join(
            f"M{a:.0f} {10 + row * t:.1f}h{b - a:.0f}v{row + 0.3:.1f}h{a - b:.0f}z"
            for t, (a, b) in enumerate(zip(low, high, strict=True))
            if b > a
        )
        yield f'<path d="{boxes}" fill="{color}"/>'
        if trace.probabilities[:, digit].max() > SURE:
            t = int(np.median(np.flatnonzero(trace.probabilities[:, digit] > SURE)))
            middle = (low[t] + high[t]) / 2
            yield text(digit, middle, 10 + row * (t + 0.5) + 6, 16, 'fill="#fff" font-weight="700"')


def case_study(trained: Trained) -> Iterator[str]:
    """The loss on the test images of five optimisers from one start, on a logarithmic scale."""
    left, right, top, bottom = 12, WIDTH - 92, 12, HEIGHT - 14
    configs = optimizers("mnist", 0.01)
    logs = np.log([trained.losses(config) for config in configs.values()])  # (5, evaluations)
    heights = top + (logs.max() - logs) / np.ptp(logs) * (bottom - top)
    across = np.linspace(left, right, logs.shape[1])
    yield frame(left, right, top, bottom)
    for name, y, place in zip(configs, heights, apart(heights[:, -1], 17), strict=True):
        yield line(across, y, OPTIMIZER_COLORS[name])
        yield line((right, right + 10), (y[-1], place), OPTIMIZER_COLORS[name])
        yield (
            f'<text x="{right + 15}" y="{place + 4:.0f}" fill="currentColor" font-size="12">'
            f"{OPTIMIZERS[name].name}</text>"
        )


def lenet(trained: Trained) -> Iterator[str]:
    """Its confusion matrix: a square is as large as the share of the class it stands for."""
    config = PRESETS["lenet-sgd"]
    judged = evaluation.judge(trained.network(config), MNIST.test_images, MNIST.test_labels, config)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (judged.labels, judged.predictions), 1)
    cell, left, top = 16, (WIDTH - 160) / 2 + 8, 16
    for label in range(10):
        yield text(label, left - 8, top + cell * label + 12)
        yield text(label, left + cell * label + cell / 2, top - 4)
    yield (
        f'<rect x="{left}" y="{top}" width="160" height="160" rx="3" fill="currentColor" '
        f'fill-opacity=".06"/>'
    )
    for label, row in enumerate(counts):
        for predicted, count in enumerate(row):
            if count:
                color = GOOD if label == predicted else BAD
                side = cell * (0.9 if label == predicted else min(0.8, 0.18 + 0.06 * count))
                x, y = (place * cell + (cell - side) / 2 for place in (predicted, label))
                yield (
                    f'<rect x="{left + x:.1f}" y="{top + y:.1f}" width="{side:.1f}" '
                    f'height="{side:.1f}" rx="2" fill="{color}"/>'
                )


def handwriting(trained: Trained) -> Iterator[str]:
    """A digit, two of the kernels that were learned, and the maps that they make of it."""
    config, image = PRESETS["tutorial-cnn"], MNIST.test_images[INDEX_OF_MAPS]
    network = trained.network(config)
    maps = feature_maps.feature_maps(network, image, config)["conv1"]
    kernels = feature_maps.kernels(network)["conv1"][:, 0]  # (16, 5, 5)
    strongest = np.argsort(-maps.array.std((1, 2)))[:2]
    yield picture(image[0].numpy(), 10, 45, 90)
    for channel, y in zip(strongest, (8, 96), strict=True):
        for values, x, side in ((kernels[channel], 144, 44), (maps.array[channel], 234, 76)):
            shades = Shades.of(float(values.min()), float(values.max()))
            yield picture(paint(values, shades), x, y + (76 - side) / 2, side)
        yield text("×", 122, y + 46, 22)
        yield text("=", 212, y + 46, 22)


def in_order(trained: Trained) -> Iterator[str]:
    """The first fifty test images."""
    sheet = contact_sheet(MNIST.test_images[:50, 0].numpy(), columns=10)
    yield (
        f'<image href="{sheet}" x="10" y="15" width="{WIDTH - 20}" height="{(WIDTH - 20) / 2}"/>'
    )


INDEX_OF_ROWS, INDEX_OF_MAPS = 17, 1  # test images: a 7 and a 2
DRAWN: dict[str, Callable[[Trained], Iterator[str]]] = {
    "cnn": cnn,
    "recurrent": recurrent_networks,
    "case-study": case_study,
    "lenet": lenet,
    "handwriting": handwriting,
    "in-order": in_order,
}


# -- pieces of a picture ---------------------------------------------------------------------------


def picture(pixels: np.ndarray, x: float, y: float, side: float) -> str:
    """`pixels`, uint8 (H, W) or (H, W, 3), as a square with sharp pixels."""
    return (
        f'<image href="{data_url(pixels)}" x="{x:g}" y="{y:g}" width="{side:g}" '
        f'height="{side:g}" style="image-rendering:pixelated"/>'
    )


def text(
    words: object, x: float, y: float, size: int = 10, style: str = 'fill="currentColor"'
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="middle" {style}>{words}</text>'
    )


def frame(left: float, right: float, top: float, bottom: float) -> str:
    """The two axes."""
    return (
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="currentColor" '
        'stroke-opacity=".35"/>'
    )


def line(x: Iterable[float], y: Iterable[float], color: str) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2.2" '
        'stroke-linejoin="round"/>'
    )


def numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.0f}" for value in values)


def apart(places: Sequence[float], distance: float) -> list[float]:
    """`places` moved so that no two are nearer than `distance`, in the same order."""
    order = np.argsort(places)
    moved = np.array(places, float)
    for _round in range(100):
        for above, below in pairwise(order):
            overlap = distance - (moved[below] - moved[above])
            if overlap > 0:
                moved[above] -= overlap / 2
                moved[below] += overlap / 2
    return list(moved)


def main() -> None:
    assert list(DRAWN) == list(TUTORIALS)
    with tempfile.TemporaryDirectory() as folder:
        trained = Trained(f"sqlite:///{folder}/runs.db")
        for name, draw in DRAWN.items():
            content = "".join(draw(trained))
            svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">{content}</svg>\n'
            (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
            print(f"{name}: {len(svg):,} bytes")


if __name__ == "__main__":
    main()
