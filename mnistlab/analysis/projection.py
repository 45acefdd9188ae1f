"""Points in two or three dimensions for features in many: scikit-learn's PCA and t-SNE.

N images, D features each, d = 2 or 3 dimensions of the map. Torch is not needed for it: a process
that computes nothing else starts quickly.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from mnistlab.errors import AnalysisError
from mnistlab.i18n import message

MIN_ITERATIONS = 250  # scikit-learn's minimum: that many go into early exaggeration
# standard deviation of t-SNE's first coordinate at initialisation, as scikit-learn sets it for PCA
INITIAL_SPREAD = 1e-4
# smaller differences are lost in scikit-learn's float32, and its tree of points then crashes
RESOLUTION = 4 * float(np.finfo(np.float32).eps)  # of the largest number
SMALLEST = 1e-15


def pca(features: np.ndarray, dimensions: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """(points (N, d) float32, share of the variance that each axis explains (d,)). The axes are
    the directions in which `features` vary most.

    Raises `AnalysisError` as `tsne` does.
    """
    checked = _checked(features, dimensions)
    fitted = PCA(dimensions, random_state=0)
    points = fitted.fit_transform(checked)
    return points.astype(np.float32), fitted.explained_variance_ratio_


def tsne(
    features: np.ndarray,
    dimensions: int = 2,
    perplexity: float = 30.0,
    iterations: int = 1_000,
    seed: int = 0,
    start: np.ndarray | Literal["pca", "random"] = "pca",
    threads: int | None = None,
) -> np.ndarray:
    """Points (N, d) float32 such that neighbours in `features` (N, D) stay neighbours (van der
    Maaten and Hinton, 2008).

    `start` is the initialisation: "pca" (then `seed` hardly matters), "random", or the points
    (N, d) of an earlier result. In that last case early exaggeration, which tears all groups apart
    and puts them together again, is left out: measured over trainings of CNNs and an LSTM, points
    move less than half as far as from a fresh start, and the fit (Kullback-Leibler divergence) is
    as good. Distances between groups, and sizes of groups, mean little. The points do not depend on
    `threads`: use 1 while something trains on the processor, since threads that wait for one
    another at every iteration are then many times slower; None uses all. Raises `AnalysisError` for
    settings out of bounds and for features that are NaN, infinite or all the same.
    """
    _check_tsne(len(features), dimensions, perplexity, iterations)
    checked = _checked(features, dimensions)
    how: dict[str, Any] = {"init": start}
    if isinstance(start, np.ndarray):
        if start.shape != (len(features), dimensions):
            raise AnalysisError(
                message(
                    "The initial points have the shape {shape}, but the result will have {result}.",
                    shape=str(start.shape),
                    result=str((len(features), dimensions)),
                ),
                message("Start from a map of the same images."),
            )
        spread = max(float(np.std(start[:, 0])), np.finfo(np.float32).tiny)
        how = {
            "init": (start / spread * INITIAL_SPREAD).astype(np.float32),
            "early_exaggeration": 1.0,
        }
    # linear algebra in one thread: a sum in two has other last bits, which t-SNE makes large
    limits = {"blas": 1} | ({} if threads is None else {"openmp": threads})
    with threadpool_limits(limits):
        return TSNE(
            dimensions, perplexity=perplexity, max_iter=iterations, random_state=seed, **how
        ).fit_transform(checked)


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of an animation over training."""

    step: int
    points: np.ndarray  # (N, d) float32


def animate(
    snapshots: Iterable[tuple[int, np.ndarray]],
    method: Callable[..., np.ndarray] = tsne,
    **settings: Any,
) -> Iterator[Frame]:
    """Yield a frame for each (step, features (N, D)) as soon as it is computed.

    Each starts from the previous one, so that points move instead of jumping. `method` is `tsne`,
    wherever it is computed; `settings` as in `tsne`. Raises `AnalysisError`.
    """
    start: np.ndarray | Literal["pca"] = "pca"
    for step, features in snapshots:
        start = method(features, start=start, **settings)
        yield Frame(step, start)


def _check_tsne(count: int, dimensions: int, perplexity: float, iterations: int) -> None:
    if not 1 <= perplexity < count:
        raise AnalysisError(
            message(
                "A perplexity of {perplexity:g} is not possible with {count} images: it "
                "is roughly the number of neighbours each point has.",
                perplexity=perplexity,
                count=count,
            ),
            message("Choose 1 to {most}, usually 5 to 50.", most=count - 1),
        )
    if iterations < MIN_ITERATIONS:
        raise AnalysisError(
            message("{iterations} iterations are too few for t-SNE.", iterations=iterations),
            message("Choose at least {fewest}.", fewest=MIN_ITERATIONS),
        )


def check_finite(features: np.ndarray) -> None:
    """Raises `AnalysisError` if any of `features` is NaN or infinite."""
    if not np.isfinite(features).all():
        raise AnalysisError(
            message(
                "This layer's outputs are NaN or infinite for some images: the weights "
                "have blown up."
            ),
            message("Choose an earlier step."),
        )


def _checked(features: np.ndarray, dimensions: int) -> np.ndarray:
    """`features` with at least as many columns as the map has dimensions (those added are 0, and
    change no distance).
    """
    count, width = features.shape
    if dimensions not in (2, 3):
        raise AnalysisError(
            message("A map cannot have {dimensions} dimensions.", dimensions=dimensions),
            message("Choose 2 or 3."),
        )
    if count <= dimensions:
        raise AnalysisError(
            message("{count} images are too few for a map.", count=count),
            message("Choose more, at least a few dozen."),
        )
    check_finite(features)
    lost = np.maximum(RESOLUTION * np.abs(features).max(0), SMALLEST)
    if (np.ptp(features, axis=0) <= lost).all():
        raise AnalysisError(
            message("This layer's output is the same for all images, so nothing tells them apart."),
            message("Choose another layer, or another step."),
        )
    return np.pad(features, ((0, 0), (0, max(0, dimensions - width))))
