"""The background jobs of the page `embeddings`: one map, a map at each training step, or maps with
different settings.

Nothing here imports Streamlit. Results are kept by run, step and settings.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from torch import Tensor

from mnistlab.analysis import embedding, projection
from mnistlab.analysis.projection_quality import (
    Nearest,
    ProjectionQuality,
    nearest,
    projection_quality,
)
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import model_from, predict
from mnistlab.ui.kit.compute.apart import apart
from mnistlab.ui.kit.compute.background import Job, ReportProgress, worker

PERPLEXITIES, SEEDS = (5.0, 30.0, 100.0), (1, 2)  # of the small maps
MOST_FRAMES = 20
# per point and iteration with 500 points, by dimensions; measured with one thread
SECONDS = {2: 2.2e-6, 3: 4.8e-6}
GROWTH = 0.45  # the time per point grows with this power of the number of points
OVERHEAD = 0.3  # seconds for everything else
# method -> how many times as long as estimated its last maps took here
_factors: dict[str, float] = {}


@dataclass(frozen=True)
class MapSettings:
    """The settings of a map. `seed` 0 initialises t-SNE with PCA, any other at random."""

    layer: str
    count: int = 500  # of test images, from the first
    method: str = "tsne"
    dimensions: int = 2
    perplexity: float = 30.0
    iterations: int = 1_000
    seed: int = 0

    @property
    def seconds(self) -> float:
        """The estimated time for a map."""
        if self.method == "pca":
            return OVERHEAD
        return (
            OVERHEAD
            + SECONDS[self.dimensions] * self.count * self.iterations * (self.count / 500) ** GROWTH
        )


@dataclass(frozen=True, eq=False)
class Map:
    """The map of a layer at one step."""

    step: int
    settings: MapSettings
    points: np.ndarray  # (N, d) float32
    predictions: np.ndarray  # (N,) int64: classes, by the network of this step
    near: Nearest  # in all dimensions of the layer
    quality: ProjectionQuality
    shares: np.ndarray | None = None  # PCA: explained variance ratio of each axis


@dataclass(frozen=True)
class MapJobs:
    """The jobs that map a layer of one run, for the first test images."""

    store: Store
    run: RunRecord
    settings: MapSettings

    @property
    def images(self) -> Tensor:
        return load_dataset(self.run.config.dataset).test_images[: self.settings.count]

    @property
    def labels(self) -> np.ndarray:
        return load_dataset(self.run.config.dataset).test_labels[: self.settings.count].numpy()

    def start(self, session: str, step: int) -> Job:
        """Start a job whose result is a list of one `Map`."""
        return self._start(session, ("map", step), lambda: self.map(step), 1)

    def start_over_training(self, session: str, steps: list[int]) -> Job:
        """Start a job whose result is a list of one `Map` for each of `steps`."""
        return self._start(
            session, ("training", *steps), lambda: self.over_training(steps), len(steps)
        )

    def start_comparison(self, session: str, step: int) -> Job:
        """Start a job whose result is a list of maps: PCA, and t-SNE with each perplexity; then
        t-SNE initialised with PCA, and with each perplexity and another seed.
        """
        return self._start(
            session,
            ("comparison", step),
            lambda: self.comparison(step),
            len(SEEDS) * (1 + len(PERPLEXITIES)),
        )

    def _start(
        self, session: str, what: tuple[object, ...], maps: Callable[[], Iterator[Map]], total: int
    ) -> Job:
        method, guess = self.settings.method, self.settings.seconds * total
        factor = _factors.get(method)

        def work(report: ReportProgress) -> list[Map]:
            finished, begun = [], time.monotonic()
            for each in maps():
                finished.append(each)
                report(len(finished) / total)
            _factors[method] = (time.monotonic() - begun) / guess
            return finished

        expected = guess if factor is None else guess * factor
        return worker.job(self._key(*what), work, session, expected, is_guess=factor is None)

    def map(self, step: int) -> Iterator[Map]:
        """The map of `step`."""
        features, predictions = self._outputs(step)
        yield self._map(step, self.settings, features, predictions, nearest(features))

    def over_training(self, steps: list[int]) -> Iterator[Map]:
        """Maps of `steps`, each initialised with the one before."""
        latest: list[tuple[np.ndarray, np.ndarray]] = []

        def snapshots() -> Iterator[tuple[int, np.ndarray]]:
            for step in steps:
                latest[:] = [self._outputs(step)]
                yield step, latest[0][0]

        settings = self.settings
        for frame in projection.animate(
            snapshots(),
            _tsne,
            dimensions=settings.dimensions,
            perplexity=settings.perplexity,
            iterations=settings.iterations,
            threads=self._threads(),
        ):
            features, predictions = latest[0]
            near = nearest(features)
            yield Map(
                frame.step,
                settings,
                frame.points,
                predictions,
                near,
                projection_quality(features, frame.points, self.labels, near=near),
            )

    def comparison(self, step: int) -> Iterator[Map]:
        """See `start_comparison`."""
        features, predictions = self._outputs(step)
        near = nearest(features)
        for first, seed in zip(
            (replace(self.settings, method="pca"), self.settings), SEEDS, strict=True
        ):
            for settings in (
                first,
                *(
                    replace(self.settings, perplexity=perplexity, seed=seed)
                    for perplexity in PERPLEXITIES
                ),
            ):
                yield self._map(step, settings, features, predictions, near)

    def _map(
        self,
        step: int,
        settings: MapSettings,
        features: np.ndarray,
        predictions: np.ndarray,
        near: Nearest,
    ) -> Map:
        shares = None
        if settings.method == "pca":
            points, shares = projection.pca(features, settings.dimensions)
        else:
            start: Literal["pca", "random"] = "pca" if settings.seed == 0 else "random"
            points = _tsne(
                features,
                settings.dimensions,
                settings.perplexity,
                settings.iterations,
                settings.seed,
                start,
                self._threads(),
            )
        return Map(
            step,
            settings,
            points,
            predictions,
            near,
            projection_quality(features, points, self.labels, near=near),
            shares,
        )

    def _outputs(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """(features (N, D), predictions (N,)) of the network of `step`."""
        config = self.run.config
        model = model_from(config, self.store.weights(self.run.id, step))
        predictions = predict(model, self.images, config).argmax(1).cpu().numpy()
        return embedding.features(model, self.images, config, self.settings.layer), predictions

    def _threads(self) -> int | None:
        """For t-SNE: one while a training is running, when threads that wait for each other would
        be far slower.
        """
        return 1 if self.store.count(Status.RUNNING) else None

    def _key(self, *what: object) -> tuple[object, ...]:
        return self.store.url, self.run.id, self.run.started, self.settings, *what


def _tsne(*given: Any, **settings: Any) -> np.ndarray:
    """`projection.tsne` in a process of its own: it takes seconds of a processor, in which no page
    should have to wait for Python's lock.
    """
    points: np.ndarray = apart(projection.tsne, *given, **settings)
    return points
