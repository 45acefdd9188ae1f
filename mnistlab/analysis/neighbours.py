"""Which images are nearest to a given one, by their pixels or by what a network makes of them.

N images, D numbers for each.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnistlab.errors import AnalysisError

BATCH = 1_000  # images at a time: however many there are, no more than this many are held as numbers at once

Encode = Callable[[Tensor], Tensor]  # images uint8 (N, 1, 28, 28) -> float32 (N, D); see `embedding.encoder`


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest images, the nearest first."""

    indices: np.ndarray  # (k,) int64, places in the images searched
    labels: np.ndarray  # (k,) int64
    distances: np.ndarray  # (k,) float32, Euclidean


def pixels(images: Tensor) -> Tensor:
    """Grey values from 0 to 1, as they are: (N, 1, 28, 28) -> (N, 784)."""
    return images.flatten(1) / 255


def nearest_images(image: Tensor, images: Tensor, labels: Tensor, k: int = 8, encode: Encode = pixels) -> Neighbours:
    """The `k` of `images` (uint8 (N, 1, 28, 28)) nearest to `image` (uint8 (28, 28) or (1, 28, 28)); of equally near ones the first.

    Near by their pixels, or with `encode` by a network's features. Raises `AnalysisError` unless 1 <= k <= N.
    """
    _check(k, len(images))
    with torch.inference_mode():
        wanted = encode(image.reshape(1, 1, *image.shape[-2:]))  # (1, D)
        distances, indices = torch.empty(0), torch.empty(0, dtype=torch.long)
        for start in range(0, len(images), BATCH):
            batch = torch.linalg.vector_norm(encode(images[start : start + BATCH]) - wanted, dim=1).cpu()
            distances, indices = torch.cat([distances, batch]), torch.cat([indices, torch.arange(start, start + len(batch))])
            kept = distances.argsort(stable=True)[:k]
            distances, indices = distances[kept], indices[kept]
        return Neighbours(indices.numpy().copy(), labels.cpu()[indices].numpy().copy(), distances.numpy().copy())


def nearest_rows(features: np.ndarray, index: int, labels: np.ndarray, k: int = 8) -> Neighbours:
    """The `k` rows of `features` (N, D) nearest to row `index`, itself left out. Raises `AnalysisError` unless 1 <= k < N."""
    _check(k, len(features) - 1)
    distances = np.linalg.norm(features - features[index], axis=1)
    order = np.argsort(distances, kind="stable")
    order = order[order != index][:k]
    return Neighbours(order, np.asarray(labels)[order], distances[order])


def _check(k: int, count: int) -> None:
    if not 1 <= k <= count:
        raise AnalysisError(f"{k} neighbours cannot be found among {count} images.", f"Ask for 1 to {count}.")
