"""How far to trust a 2-D or 3-D map of a layer: neighbours kept, k-NN accuracy, trustworthiness.

N images, D numbers each, d = 2 or 3 dimensions of the map, k neighbours.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from mnistlab.analysis.projection import check_finite
from mnistlab.errors import AnalysisError
from mnistlab.i18n import message

K = 10
# trustworthiness ranks all pairs and needs N x N memory; more points change it little
TRUST_POINTS = 2_000


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest neighbours of each image, the nearest first."""

    indices: np.ndarray  # (N, k) int64
    distances: np.ndarray  # (N, k) float, Euclidean


@dataclass(frozen=True)
class ProjectionQuality:
    """How well the map preserves neighbourhoods. Shares from 0 to 1."""

    # mean share of each image's `k` nearest that are also among its `k` nearest on the map
    kept: float
    # accuracy of a k-nearest-neighbour vote for the class, in all D dimensions
    knn_full: float
    knn_picture: float  # the same, on the map
    # 1: all neighbours on the map are neighbours in D dimensions too (Venna and Kaski, 2001)
    trustworthiness: float
    k: int
    trusted_points: int  # how many points (the first) trustworthiness is measured on


def nearest(points: np.ndarray, k: int = K) -> Nearest:
    """The `k` nearest neighbours of each of `points` (N, D). Raises `AnalysisError` unless
    1 <= k < N, and if any number is NaN or infinite.
    """
    if not 1 <= k < len(points):
        raise AnalysisError(
            message(
                "There are not {neighbours} neighbours to find among {count} images.",
                neighbours=k,
                count=len(points),
            ),
            message("Choose 1 to {most}.", most=len(points) - 1),
        )
    check_finite(points)
    # without the point itself
    distances, indices = NearestNeighbors(n_neighbors=k).fit(points).kneighbors()
    return Nearest(indices, distances)


def knn_accuracy(near: Nearest, labels: np.ndarray) -> float:
    """The share of images whose class is the majority among their nearest neighbours (ties go to
    the smallest class). `labels`: (N,).
    """
    # (N, classes)
    votes = (np.asarray(labels)[near.indices][:, :, None] == np.arange(labels.max() + 1)).sum(1)
    return float((votes.argmax(1) == labels).mean())


def projection_quality(
    features: np.ndarray,
    points: np.ndarray,
    labels: np.ndarray,
    k: int = K,
    near: Nearest | None = None,
) -> ProjectionQuality:
    """Compare the neighbours in `points` (N, d) with those in `features` (N, D). `near`:
    `nearest(features, k)`, if already computed.

    Raises `AnalysisError` unless 1 <= k < N / 2.
    """
    few = min(len(features), TRUST_POINTS)
    if not 1 <= k < few / 2:
        raise AnalysisError(
            message(
                "{neighbours} neighbours are too many or too few for {few} images.",
                neighbours=k,
                few=few,
            ),
            message("Choose 1 to {most}.", most=(few - 1) // 2),
        )
    near, drawn = near or nearest(features, k), nearest(points, k)
    kept = float((near.indices[:, :, None] == drawn.indices[:, None, :]).any(2).mean())
    trust = float(trustworthiness(features[:few], points[:few], n_neighbors=k))
    return ProjectionQuality(
        kept, knn_accuracy(near, labels), knn_accuracy(drawn, labels), trust, k, few
    )
