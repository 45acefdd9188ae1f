"""What max pooling throws away: all numbers but the largest of each window, and where in the window
that one stood.

P, Q rows and columns of the output, k window size, H, W rows and columns of the image.
"""

from dataclasses import dataclass

import numpy as np

from mnistlab.analysis.convolution import Walk


@dataclass(frozen=True, eq=False)
class PoolingLoss:
    """Which numbers of an image (H, W) are the largest of a window, and which of none."""

    image: np.ndarray  # (H, W), none of it negative
    kept: np.ndarray  # bool (H, W)

    @property
    def dropped(self) -> np.ndarray:
        """(H, W): the numbers that no window passes on, 0 elsewhere."""
        return np.where(self.kept, 0, self.image)

    @property
    def share(self) -> float:
        """The share of the image's sum that no window passes on; 0 for a blank image."""
        total = float(self.image.sum())
        return float(self.dropped.sum()) / total if total else 0.0


@dataclass(frozen=True)
class Winner:
    """The largest number of one window, its place there, counted from 0, and the others."""

    row: int
    column: int
    value: float
    others: tuple[float, ...]  # without padding, the largest first


def pooling_loss(walk: Walk) -> PoolingLoss:
    """What max pooling, taken apart as `walk`, makes of its whole image."""
    rows, columns = walk.pixels.any(1), walk.pixels.any(0)
    kept = np.zeros(walk.pixels.shape, bool)
    p, q, _, i, j = np.nonzero(walk.weights)
    geometry = walk.geometry
    kept[
        p * geometry.stride + i * geometry.dilation, q * geometry.stride + j * geometry.dilation
    ] = True
    return PoolingLoss(walk.inputs[0][np.ix_(rows, columns)], kept[np.ix_(rows, columns)])


def winner(walk: Walk, row: int, column: int) -> Winner:
    """Who wins the window of output (row, column) of max pooling, taken apart as `walk`."""
    geometry = walk.geometry
    taps = np.arange(geometry.size) * geometry.dilation
    window = walk.inputs[0][
        np.ix_(row * geometry.stride + taps, column * geometry.stride + taps)
    ]  # (k, k)
    at = int(walk.weights[row, column, 0].argmax())
    others = np.delete(window, at)
    others = np.sort(others[np.isfinite(others)])[::-1]
    size = geometry.size
    return Winner(at // size, at % size, float(window.flat[at]), tuple(others.tolist()))
