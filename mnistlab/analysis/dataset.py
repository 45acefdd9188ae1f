"""Statistics of a data set: images per class, mean images, and how the pixels are distributed.

N images, K classes.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

LEVELS = 256  # possible values of a byte
NEARLY_WHITE = 200
CHUNK = 5_000  # images at a time, so that 60,000 do not become gigabytes


@dataclass(frozen=True, eq=False)
class PixelStatistics:
    """All pixels of some images, in [0, 1], and how mean and standard deviation converge as images
    are added.
    """

    histogram: np.ndarray  # (256,) number of pixels with each byte value
    after: np.ndarray  # (P,) number of images
    means: np.ndarray  # (P,) mean over the pixels of that many images
    deviations: np.ndarray  # (P,) standard deviation

    @property
    def mean(self) -> float:
        return float(self.means[-1])

    @property
    def deviation(self) -> float:
        """Standard deviation (population)."""
        return float(self.deviations[-1])

    @property
    def black(self) -> float:
        """The share of pixels that are 0."""
        return float(self.histogram[0] / self.histogram.sum())

    @property
    def nearly_white(self) -> float:
        """The share of pixels of at least 200 among those that are not 0."""
        return float(self.histogram[NEARLY_WHITE:].sum() / max(1, self.histogram[1:].sum()))


def pixel_statistics(images: Tensor) -> PixelStatistics:
    """Statistics of `images`, uint8 (N, 1, 28, 28), N ≥ 1."""
    histogram = torch.zeros(LEVELS, dtype=torch.int64)
    sums, squares = [], []
    for chunk in images.flatten(1).split(CHUNK):
        histogram += torch.bincount(chunk.flatten(), minlength=LEVELS)
        values = chunk.double() / 255  # (n, 784)
        sums.append(values.sum(1))
        squares.append((values * values).sum(1))
    after = _milestones(len(images))
    pixels = after * images[0].numel()
    means = torch.cat(sums).cumsum(0).numpy()[after - 1] / pixels
    mean_squares = torch.cat(squares).cumsum(0).numpy()[after - 1] / pixels
    return PixelStatistics(
        histogram.numpy(), after, means, np.sqrt(np.maximum(mean_squares - means**2, 0))
    )


def class_counts(labels: Tensor, classes: int = 10) -> np.ndarray:
    """How many of `labels` (N,) there are of each class: (K,)."""
    return torch.bincount(labels, minlength=classes).numpy()


def mean_images(images: Tensor, labels: Tensor, classes: int = 10) -> np.ndarray:
    """The mean of `images`, uint8 (N, 1, 28, 28), of each class: float32 (K, 28, 28), 0 to 255; NaN
    for a class without images.
    """
    total = torch.zeros(classes, images[0].numel(), dtype=torch.float64)
    for chunk, digits in zip(images.flatten(1).split(CHUNK), labels.split(CHUNK), strict=True):
        total.index_add_(0, digits, chunk.double())
    counts = torch.bincount(labels, minlength=classes)[:, None]
    return (total / counts).float().reshape(classes, *images.shape[-2:]).numpy()


def members(labels: Tensor, digit: int | None) -> np.ndarray:
    """Indices of the images of class `digit`; of all images for None."""
    return np.arange(len(labels)) if digit is None else np.flatnonzero(labels.numpy() == digit)


def colour_example() -> np.ndarray:
    """An image of 2 rows, 3 columns and 3 channels, laid out as in a file: uint8 (H, W, C)."""
    return np.array(
        [
            [[230, 40, 40], [250, 170, 30], [240, 220, 60]],
            [[60, 160, 80], [50, 120, 200], [130, 60, 160]],
        ],
        np.uint8,
    )


def _milestones(count: int) -> np.ndarray:
    """1, 2, 5, 10, 20, 50, ... up to and including `count`."""
    steps = [lead * 10**power for power in range(len(str(count))) for lead in (1, 2, 5)]
    return np.array(sorted({step for step in steps if step < count} | {count}), np.int64)
