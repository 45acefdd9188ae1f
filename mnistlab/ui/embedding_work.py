"""What the page `embeddings` computes in the background: a map, a map at each step of training, maps with other settings.

Nothing here knows Streamlit. Everything is kept by run, step and settings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from mnistlab.analysis import embedding
from mnistlab.analysis.faith import Faith, Nearest, faith, nearest
from mnistlab.data import load_dataset
from mnistlab.store import RunRecord, Status, Store
from mnistlab.train import model_from, predict
from mnistlab.ui.background import Job, Tell, worker

PERPLEXITIES, SEEDS = (5.0, 30.0, 100.0), (1, 2)  # of the small maps
MOST_FRAMES = 20
SECONDS = {2: 2.2e-6, 3: 4.8e-6}  # of 500 points, for each point and iteration, by dimensions; measured in one thread
GROWTH = 0.45  # more points take longer each: by this power of their number
OVERHEAD = 0.3  # seconds for everything else


@dataclass(frozen=True)
class Settings:
    """Of a map. A `seed` of 0: it begins with PCA; any other: at random places."""

    layer: str
    count: int = 500  # the first so many test images
    method: str = "tsne"
    dimensions: int = 2
    perplexity: float = 30.0
    iterations: int = 1_000
    seed: int = 0

    @property
    def seconds(self) -> float:
        """About how long a map takes."""
        if self.method == "pca":
            return OVERHEAD
        return OVERHEAD + SECONDS[self.dimensions] * self.count * self.iterations * (self.count / 500) ** GROWTH


@dataclass(frozen=True, eq=False)
class Map:
    """The map of a layer at one step, and what belongs to it."""

    step: int
    settings: Settings
    points: np.ndarray  # (N, d) float32
    predictions: np.ndarray  # (N,) int64: what the network of this step takes each image for
    near: Nearest  # in all dimensions of the layer
    faith: Faith
    shares: np.ndarray | None = None  # PCA: of the variance, for each axis


@dataclass(frozen=True)
class Scene:
    """What can be looked at: the first test images as the networks of one run see them."""

    store: Store
    run: RunRecord
    settings: Settings

    @property
    def images(self) -> Tensor:
        return load_dataset(self.run.config.dataset).test_images[: self.settings.count]

    @property
    def labels(self) -> np.ndarray:
        return load_dataset(self.run.config.dataset).test_labels[: self.settings.count].numpy()

    def ask(self, session: str, step: int) -> Job:
        """One map: a job that results in a list of a single `Map`."""
        return self._ask(session, ("map", step), lambda: self.map(step), 1)

    def ask_over_training(self, session: str, steps: list[int]) -> Job:
        """A list of a `Map` for each of `steps`."""
        return self._ask(session, ("training", *steps), lambda: self.over_training(steps), len(steps))

    def ask_beside(self, session: str, step: int) -> Job:
        """PCA and t-SNE with one seed, then t-SNE begun with PCA and with another seed, by perplexity: a list of a `Map` each."""
        return self._ask(session, ("beside", step), lambda: self.beside(step), len(SEEDS) * (1 + len(PERPLEXITIES)))

    def _ask(self, session: str, what: tuple[object, ...], maps: Callable[[], Iterator[Map]], total: int) -> Job:
        def work(tell: Tell) -> list[Map]:
            found = []
            for each in maps():
                found.append(each)
                tell(len(found) / total)
            return found

        return worker.job(self._key(*what), work, session, self.settings.seconds * total)

    def map(self, step: int) -> Iterator[Map]:
        """The map of `step`."""
        features, predictions = self._seen(step)
        yield self._map(step, self.settings, features, predictions, nearest(features))

    def over_training(self, steps: list[int]) -> Iterator[Map]:
        """Maps of `steps`, each begun with the one before."""
        latest: list[tuple[np.ndarray, np.ndarray]] = []

        def snapshots() -> Iterator[tuple[int, np.ndarray]]:
            for step in steps:
                latest[:] = [self._seen(step)]
                yield step, latest[0][0]

        how = self.settings
        for frame in embedding.animate(snapshots(), dimensions=how.dimensions, perplexity=how.perplexity, iterations=how.iterations, threads=self._threads()):  # fmt: skip
            features, predictions = latest[0]
            near = nearest(features)
            yield Map(frame.step, how, frame.points, predictions, near, faith(features, frame.points, self.labels, near=near))

    def beside(self, step: int) -> Iterator[Map]:
        """See `ask_beside`."""
        features, predictions = self._seen(step)
        near = nearest(features)
        for first, seed in zip((replace(self.settings, method="pca"), self.settings), SEEDS, strict=True):
            for settings in (first, *(replace(self.settings, perplexity=perplexity, seed=seed) for perplexity in PERPLEXITIES)):
                yield self._map(step, settings, features, predictions, near)

    def _map(self, step: int, how: Settings, features: np.ndarray, predictions: np.ndarray, near: Nearest) -> Map:
        shares = None
        if how.method == "pca":
            points, shares = embedding.pca(features, how.dimensions)
        else:
            start = "pca" if how.seed == 0 else "random"
            points = embedding.tsne(features, how.dimensions, how.perplexity, how.iterations, how.seed, start, self._threads())  # type: ignore[arg-type]
        return Map(step, how, points, predictions, near, faith(features, points, self.labels, near=near), shares)

    def _seen(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """(features (N, D), predictions (N,)) of the network of `step`."""
        config = self.run.config
        model = model_from(config, self.store.weights(self.run.id, step))
        predictions = predict(model, self.images, config).argmax(1).cpu().numpy()
        return embedding.features(model, self.images, config, self.settings.layer), predictions

    def _threads(self) -> int | None:
        """Of a t-SNE: one while something is trained, for threads that wait for each other take far longer then."""
        return 1 if self.store.count(Status.RUNNING) else None

    def _key(self, *what: object) -> tuple[object, ...]:
        return self.store.url, self.run.id, self.run.started, self.settings, *what
