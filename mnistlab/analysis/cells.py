"""One channel, cell or unit of a network as a sum that can be redone by hand.

`analysis.arithmetic` fills these in.

H, W rows and columns of the stage's map, I input channels, k window size, K inputs. Numbers are
NumPy float32 or floats.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mnistlab.analysis.inspection import check_index
from mnistlab.i18n import message


@dataclass(frozen=True, eq=False)
class Step:
    """An element-wise stage: `formula`, in which x is the input, and `numbers`, its constants.

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
    """value = scale * sum(weights * window) + bias, followed by `then`. `top`, `left`: the window's
    position in the input map.
    """

    stage: str
    channel: int
    row: int
    col: int
    pooling: str  # a key of `choices.POOLINGS`, or "subsample"
    result: str  # what `value` is, in words
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
    source: str  # the previous stage
    pooling: str
    result: str
    inputs: np.ndarray  # (H, W) of the input map
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
            self.stage,
            self.channel,
            row,
            col,
            self.pooling,
            self.result,
            top,
            left,
            window,
            self.weights[row, col],
            self.scale,
            self.bias,
            value,
            then,
        )


@dataclass(frozen=True, eq=False)
class ConvCell:
    """value = sum(products) + bias, followed by `then`; `pool` is the pooling cell that this one
    feeds into, if there is one.

    `top`, `left`: the patch's position in the input maps; negative in the padding, where `inside`
    is False and pixels count as 0.
    """

    stage: str
    channel: int
    row: int
    col: int
    top: int
    left: int
    channels: tuple[int, ...]  # input channels it is connected to: all, except in LeNet-5's C3
    patches: np.ndarray  # (I, kh, kw)
    inside: np.ndarray  # (kh, kw), bool
    kernels: np.ndarray  # (I, kh, kw)
    products: np.ndarray  # (I, kh, kw)
    sums: np.ndarray  # (I,): sum of the products of each input channel
    bias: float
    value: float
    then: tuple[Step, ...]
    pool: PoolCell | None


@dataclass(frozen=True, eq=False)
class ConvChannel:
    """One channel of a convolution; see `ConvCell`."""

    stage: str
    channel: int
    source: str  # the previous stage
    channels: tuple[int, ...]
    inputs: np.ndarray  # (I, H, W) of the input maps
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
        rows, cols = (
            start + np.arange(size)
            for start, size in zip((top, left), self.kernels.shape[1:], strict=True)
        )
        inside = ((rows >= 0) & (rows < height))[:, None] & ((cols >= 0) & (cols < width))[None, :]
        pixels = self.inputs[:, rows.clip(0, height - 1)[:, None], cols.clip(0, width - 1)[None, :]]
        patches = np.where(inside, pixels, np.float32(0))
        then = tuple(step.at(row, col) for step in self.then)
        products, sums, value = (
            patches * self.kernels,
            self.sums[:, row, col],
            float(self.value[row, col]),
        )
        return ConvCell(
            self.stage,
            self.channel,
            row,
            col,
            top,
            left,
            self.channels,
            patches,
            inside,
            self.kernels,
            products,
            sums,
            self.bias,
            value,
            then,
            self._pool(row, col),
        )

    def _pool(self, row: int, col: int) -> PoolCell | None:
        if self.pool is None:
            return None
        row, col = row // self.pool.stride, col // self.pool.stride
        height, width = self.pool.value.shape
        # an odd last row or column falls outside every pooling window
        return self.pool.cell(row, col) if row < height and col < width else None


@dataclass(frozen=True, eq=False)
class LinearUnit:
    """value = sum(products) + bias, followed by `then`. `source_shape`: the shape before
    flattening, (K,) if nothing was flattened.
    """

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
        """The `count` products of largest magnitude: (input, product)."""
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
    """value = exponentials[unit] / total, where exponentials = exp(logits - max(logits)):
    subtracting the largest changes nothing but avoids overflow.
    """

    stage: str
    unit: int
    logits: np.ndarray  # (10,)
    exponentials: np.ndarray  # (10,)
    total: float
    value: float


Arithmetic = ConvChannel | PoolChannel | LinearUnit | FlattenUnit | SoftmaxUnit


def _check_cell(value: np.ndarray, row: int, col: int) -> None:
    check_index(message("row"), row, value.shape[0])
    check_index(message("column"), col, value.shape[1])
