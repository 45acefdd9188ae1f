"""How fast a network can be changed, and what comes of it; one table.

    python -m benchmarks.changing

The tutorial's CNN is trained first. Then a map is silenced, all maps of a stage are ranked, a
picture is made for each unit of each stage, and some test images are changed until they fool it.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from torch import nn

from mnistlab.analysis.ablation import (
    Activations,
    Silence,
    Silenced,
    part_count,
    silenceable,
    silenced_judgement,
)
from mnistlab.analysis.ablation_ranking import ranking
from mnistlab.analysis.adversarial import METHODS, smallest_change
from mnistlab.analysis.evaluation import judge
from mnistlab.analysis.feature_visualisation import strongest_real, visualise
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, load_dataset
from mnistlab.executors import InlineExecutor
from mnistlab.models import Stage, describe
from mnistlab.presets import PRESETS
from mnistlab.store import Store
from mnistlab.train import model_from

ATTACKED = 20  # test images
Row = tuple[str, str, str]


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that `act` takes, and its result."""
    begin = time.perf_counter()
    result = act()
    return time.perf_counter() - begin, result


def silencing(model: nn.Sequential, config: TrainConfig, data: Dataset) -> Iterator[Row]:
    """One map of each convolution, the first time and again; then all maps of each."""
    intact = judge(model, data.test_images, data.test_labels, config)
    for stage in ("conv1", "conv2"):
        parts = Silenced(model, config, Silence(((stage, 0),)))
        kept = Activations(model, data.test_images, config, parts.start)

        def silence(parts: Silenced = parts, kept: Activations = kept) -> Any:
            return silenced_judgement(parts, kept, data.test_labels)

        first, again = timed(silence)[0], timed(silence)[0]
        what = f"a silent map of {stage} on all test images, first and again"
        yield what, f"{first:.2f} s, {again:.2f} s", "1 s"

        def rank(stage: str = stage, kept: Activations = kept) -> Any:
            return ranking(model, config, stage, lambda place: kept, intact)

        seconds, ranked = timed(rank)
        count = len(ranked.correct)
        yield f"ranking of the {count} maps of {stage}", f"{seconds:.2f} s", "some seconds"


def exciting(
    model: nn.Sequential, config: TrainConfig, data: Dataset, stages: list[Stage]
) -> Iterator[Row]:
    """Made pictures that beat every test image, among the units that any of them excites."""
    beaten = live = 0
    longest = 0.0
    for stage in stages:
        real = strongest_real(model, data.test_images, config, stage.name)
        units = range(part_count(stage))
        seconds, made = timed(
            lambda stage=stage, units=units: visualise(model, config, stage.name, units)
        )
        alive = np.maximum(real, made.excitement) != 0
        beaten += int((made.excitement > real)[alive].sum())
        live += int(alive.sum())
        longest = max(longest, seconds)
    share = f"{beaten} of {live}: {beaten / live:.0%}"
    yield "live units that a made picture excites more than any test image", share, "90 %"
    yield "making the pictures of a stage, the slowest one", f"{longest:.2f} s", "3 s"


def fooling(model: nn.Sequential, config: TrainConfig, data: Dataset) -> Iterator[Row]:
    """The smallest change (L∞) of the first test images."""
    for method in METHODS:
        seconds, found = timed(
            lambda method=method: [
                smallest_change(model, image, config, method)
                for image in data.test_images[:ATTACKED]
            ]
        )
        sizes = [255 * each.epsilon for each in found if each is not None]
        yield (
            f"{method.upper()}: smallest change that fools, {len(sizes)} of {ATTACKED} images",
            f"{np.median(sizes):.0f} of 255 grey levels, {seconds / ATTACKED:.2f} s each",
            "",
        )


def main() -> None:
    table = Table("what", "measured", "wanted", title="Changing a network (tutorial-cnn)")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.db")
        run = InlineExecutor(store).start(PRESETS["tutorial-cnn"])
        model, config = model_from(run.config, store.weights(run.id)), run.config
        store.engine.dispose()
    data, stages = load_dataset(config.dataset), silenceable(describe(config))
    for row in silencing(model, config, data):
        table.add_row(*row)
    for row in exciting(model, config, data, [*stages, describe(config)[-1]]):
        table.add_row(*row)
    for row in fooling(model, config, data):
        table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
