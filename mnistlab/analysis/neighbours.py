"""Nearest neighbours of an image, by its pixels or by a network's features.

N images, D numbers each.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnistlab.errors import AnalysisError
from mnistlab.i18n import message

# images encoded at a time, which bounds the memory
BATCH = 1_000

# images uint8 (N, 1, 28, 28) -> float32 (N, D); see `embedding.encoder`
Encode = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest images, the nearest first."""

    indices: np.ndarray  # (k,) int64, indices into the images searched
    labels: np.ndarray  # (k,) int64
    distances: np.ndarray  # (k,) float32, Euclidean


def pixels(images: Tensor) -> Tensor:
    """Grey values from 0 to 1, as they are: (N, 1, 28, 28) -> (N, 784)."""
    return images.flatten(1) / 255


def nearest_images(
    image: Tensor, images: Tensor, labels: Tensor, k: int = 8, encode: Encode = pixels
) -> Neighbours:
    """The `k` of `images` (uint8 (N, 1, 28, 28)) nearest to `image` (uint8 (28, 28) or (1, 28,
    28)); ties go to the first.

    Compared by their pixels, or with `encode` by a network's features. Raises `AnalysisError`
    unless 1 <= k <= N.
    """
    _check(k, len(images))
    with torch.inference_mode():
        target = encode(image.reshape(1, 1, *image.shape[-2:]))  # (1, D)
        distances, indices = torch.empty(0), torch.empty(0, dtype=torch.long)
        for start in range(0, len(images), BATCH):
            batch = torch.linalg.vector_norm(
                encode(images[start : start + BATCH]) - target, dim=1
            ).cpu()
            distances, indices = (
                torch.cat([distances, batch]),
                torch.cat([indices, torch.arange(start, start + len(batch))]),
            )
            kept = distances.argsort(stable=True)[:k]
            distances, indices = distances[kept], indices[kept]
        return Neighbours(
            indices.numpy().copy(), labels.cpu()[indices].numpy().copy(), distances.numpy().copy()
        )


def nearest_rows(features: np.ndarray, index: int, labels: np.ndarray, k: int = 8) -> Neighbours:
    """The `k` rows of `features` (N, D) nearest to row `index`, without that row. Raises
    `AnalysisError` unless 1 <= k < N.
    """
    _check(k, len(features) - 1)
    distances = np.linalg.norm(features - features[index], axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[order != index][:k]
    return Neighbours(order, np.asarray(labels)[order], distances[order])


def _check(k: int, count: int) -> None:
    if not 1 <= k <= count:
        raise AnalysisError(
            message(
                "There are not {neighbours} neighbours to find among {count} images.",
                neighbours=k,
                count=count,
            ),
            message("Choose 1 to {count}.", count=count),
        )
