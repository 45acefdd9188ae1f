"""The training images that lie nearest to a picture: pixel by pixel, and in the eyes of the network.

N images, D numbers for each.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.looking import array, network_input, twin, walk
from mnistlab.config import TrainConfig

BATCH = 500  # images that go through the network at once


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which of N images are nearest, the nearest first."""

    indices: np.ndarray  # int64 (count,)
    distances: np.ndarray  # float32 (count,), Euclidean


def pixels(images: Tensor) -> np.ndarray:
    """uint8 (N, 1, 28, 28) or (28, 28) -> float32 (N, 784), from 0 to 1."""
    return (images.reshape(-1, 784).float() / 255).numpy()


def features(model: nn.Sequential, images: Tensor, config: TrainConfig) -> np.ndarray:
    """What the last stage of `model`, the one that decides, is given for each of `images`: uint8 (N, 1, 28, 28) -> float32 (N, D)."""
    model = twin(model)
    with torch.inference_mode():
        return np.concatenate(
            [_before_last(model, network_input(batch, config, model)) for batch in images.reshape(-1, 1, 28, 28).split(BATCH)]
        )


def nearest(query: np.ndarray, candidates: np.ndarray, count: int = 8) -> Neighbours:
    """The `count` rows of `candidates` (N, D) that are nearest to `query` (D,)."""
    distances = np.linalg.norm(candidates - query, axis=1)
    count = min(count, len(candidates))
    found = np.argpartition(distances, count - 1)[:count]
    found = found[np.argsort(distances[found], kind="stable")]
    return Neighbours(found, distances[found].astype(np.float32))


def _before_last(model: nn.Sequential, x: Tensor) -> np.ndarray:
    outputs = [value for _, _, value in walk(model, x)]
    return array(outputs[-2].flatten(1))
