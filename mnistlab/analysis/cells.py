"""One channel, cell or unit of a network as a sum that a reader can do by hand; `analysis.arithmetic` fills them in.

H, W rows and columns of the stage's map, I input channels, k window size, K inputs. Numbers are NumPy float32 or floats.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mnistlab.analysis.looking import check_index


@dataclass(frozen=True, eq=False)
class Step:
    """A stage that turns each number into another: `formula` with x the number before and `numbers` its constants.

    `value`: (H, W) for a channel, one number for a cell or unit.
    """

    stage: str
    kind: str
    formula: str
    numbers: dict[str, float]
    value: Any

    def at(self, row: int, col: int) -> "Step":
        return replace(self, value=float(self.value[row, col]))


@dataclass(frozen=True, eq=False)
class PoolCell:
    """value = scale * sum(weights * window) + bias, then `then`. `top`, `left`: where the window lies in the map before."""

    stage: str
    channel: int
    row: int
    col: int
    pooling: str  # "max", "mean", "stochastic", "subsample"
    top: int
    left: int
    window: np.ndarray  # (k, k)
    weights: np.ndarray  # (k, k): 1 for the maximum, 1 / k² for a mean, p for stochastic pooling
    scale: float
    bias: float
    value: float
    then: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class PoolChannel:
    """One channel of a pooling stage; see `PoolCell`."""

    stage: str
    channel: int
    source: str  # the stage before
    pooling: str
    inputs: np.ndarray  # (H before, W before)
    size: int
    stride: int
    weights: np.ndarray  # (H, W, k, k)
    scale: float
    bias: float
    value: np.ndarray  # (H, W)
    then: tuple[Step, ...]

    def cell(self, row: int, col: int) -> PoolCell:
        """One cell. Raises `NotApplicable` outside the map."""
        _check_cell(self.value, row, col)
        top, left = row * self.stride, col * self.stride
        window = self.inputs[top : top + self.size, left : left + self.size]
        then = tuple(step.at(row, col) for step in self.then)
        value = float(self.value[row, col])
        return PoolCell(
            self.stage, self.channel, row, col, self.pooling, top, left, window, self.weights[row, col], self.scale, self.bias, value, then
        )


@dataclass(frozen=True, eq=False)
class ConvCell:
    """value = sum(products) + bias, then `then`; `pool` is the pooling cell that this one flows into, if any does.

    `top`, `left`: where the patch lies in the maps before; negative on the padding, where `inside` is False and pixels count as 0.
    """

    stage: str
    channel: int
    row: int
    col: int
    top: int
    left: int
    channels: tuple[int, ...]  # the input channels that are seen: all, but for LeNet-5's C3
    patches: np.ndarray  # (I, kh, kw)
    inside: np.ndarray  # (kh, kw), bool
    kernels: np.ndarray  # (I, kh, kw)
    products: np.ndarray  # (I, kh, kw)
    sums: np.ndarray  # (I,): of the products of each input channel
    bias: float
    value: float
    then: tuple[Step, ...]
    pool: PoolCell | None


@dataclass(frozen=True, eq=False)
class ConvChannel:
    """One channel of a convolution; see `ConvCell`."""

    stage: str
    channel: int
    source: str  # the stage before
    channels: tuple[int, ...]
    inputs: np.ndarray  # (I, H before, W before)
    kernels: np.ndarray  # (I, kh, kw)
    stride: tuple[int, int]
    padding: tuple[int, int]
    sums: np.ndarray  # (I, H, W)
    bias: float
    value: np.ndarray  # (H, W)
    then: tuple[Step, ...]
    pool: PoolChannel | None

    def cell(self, row: int, col: int) -> ConvCell:
        """One cell. Raises `NotApplicable` outside the map."""
        _check_cell(self.value, row, col)
        top, left = row * self.stride[0] - self.padding[0], col * self.stride[1] - self.padding[1]
        _, height, width = self.inputs.shape
        rows, cols = (start + np.arange(size) for start, size in zip((top, left), self.kernels.shape[1:], strict=True))
        inside = ((rows >= 0) & (rows < height))[:, None] & ((cols >= 0) & (cols < width))[None, :]
        seen = self.inputs[:, rows.clip(0, height - 1)[:, None], cols.clip(0, width - 1)[None, :]]
        patches = np.where(inside, seen, np.float32(0))
        then = tuple(step.at(row, col) for step in self.then)
        products, sums, value = patches * self.kernels, self.sums[:, row, col], float(self.value[row, col])
        return ConvCell(
            self.stage, self.channel, row, col, top, left, self.channels, patches, inside, self.kernels, products, sums, self.bias, value, then, self._pool(row, col)
        )  # fmt: skip

    def _pool(self, row: int, col: int) -> PoolCell | None:
        if self.pool is None:
            return None
        row, col = row // self.pool.stride, col // self.pool.stride
        height, width = self.pool.value.shape
        return self.pool.cell(row, col) if row < height and col < width else None  # a last odd row or column is pooled by nobody


@dataclass(frozen=True, eq=False)
class LinearUnit:
    """value = sum(products) + bias, then `then`. `source_shape`: the shape of what was flattened, (K,) if nothing was."""

    stage: str
    unit: int
    source: str
    source_shape: tuple[int, ...]
    inputs: np.ndarray  # (K,)
    weights: np.ndarray  # (K,)
    products: np.ndarray  # (K,)
    bias: float
    value: float
    then: tuple[Step, ...]

    def top(self, count: int = 10) -> list[tuple[int, float]]:
        """The `count` largest contributions by size: (input, product)."""
        order = np.argsort(-np.abs(self.products), kind="stable")[:count]
        return [(int(i), float(self.products[i])) for i in order]


@dataclass(frozen=True, eq=False)
class FlattenUnit:
    """A copy of the cell `index` of `source`."""

    stage: str
    unit: int
    source: str
    index: tuple[int, ...]  # (channel, row, column)
    value: float


@dataclass(frozen=True, eq=False)
class SoftmaxUnit:
    """value = exponentials[unit] / total, where exponentials = exp(logits - max(logits)): subtracting the largest changes nothing but avoids overflow."""

    stage: str
    unit: int
    logits: np.ndarray  # (10,)
    exponentials: np.ndarray  # (10,)
    total: float
    value: float


Arithmetic = ConvChannel | PoolChannel | LinearUnit | FlattenUnit | SoftmaxUnit


def _check_cell(value: np.ndarray, row: int, col: int) -> None:
    check_index("row", row, value.shape[0])
    check_index("column", col, value.shape[1])
