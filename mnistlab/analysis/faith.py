"""How far to trust a map: who is near whom in all dimensions, and who is in the picture.

N images, D numbers for each, d = 2 or 3 dimensions of the picture, k neighbours.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from mnistlab.analysis.embedding import check_finite
from mnistlab.errors import AnalysisError

K = 10
TRUST_POINTS = 2_000  # trustworthiness ranks all pairs, in memory of N x N; more points change it little


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest others of each image, the nearest first."""

    indices: np.ndarray  # (N, k) int64
    distances: np.ndarray  # (N, k) float, Euclidean


@dataclass(frozen=True)
class Faith:
    """How well neighbours survive the way from D dimensions to d. Shares from 0 to 1."""

    kept: float  # of each image's `k` nearest, how many are among its `k` nearest in the picture, on average
    knn_full: float  # accuracy of guessing an image's class from its `k` nearest ones, in all D dimensions
    knn_picture: float  # the same, in the picture
    trustworthiness: float  # 1: no neighbours in the picture that are not neighbours in truth (Venna and Kaski, 2001)
    k: int
    trusted_points: int  # trustworthiness is measured on the first so many points


def nearest(points: np.ndarray, k: int = K) -> Nearest:
    """The `k` nearest others of each of `points` (N, D). Raises `AnalysisError` unless 1 <= k < N, and where they are no numbers."""
    if not 1 <= k < len(points):
        raise AnalysisError(f"{k} neighbours cannot be found among {len(points)} images.", f"Ask for 1 to {len(points) - 1}.")
    check_finite(points)
    distances, indices = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()  # each point itself left out
    return Nearest(indices, distances)


def knn_accuracy(near: Nearest, labels: np.ndarray) -> float:
    """How many images have the class that most of their nearest ones have (of equal ones the smallest). `labels`: (N,)."""
    votes = (np.asarray(labels)[near.indices][:, :, None] == np.arange(labels.max() + 1)).sum(1)  # (N, classes)
    return float((votes.argmax(1) == labels).mean())


def faith(features: np.ndarray, points: np.ndarray, labels: np.ndarray, k: int = K, near: Nearest | None = None) -> Faith:
    """Compare the neighbours in `points` (N, d) with those in `features` (N, D). `near`: `nearest(features, k)`, if it is known.

    Raises `AnalysisError` unless 1 <= k < N / 2.
    """
    few = min(len(features), TRUST_POINTS)
    if not 1 <= k < few / 2:
        raise AnalysisError(f"{k} neighbours are too many or too few for {few} images.", f"Choose 1 to {(few - 1) // 2}.")
    near, drawn = near or nearest(features, k), nearest(points, k)
    kept = float((near.indices[:, :, None] == drawn.indices[:, None, :]).any(2).mean())
    trust = float(trustworthiness(features[:few], points[:few], n_neighbors=k))
    return Faith(kept, knn_accuracy(near, labels), knn_accuracy(drawn, labels), trust, k, few)
