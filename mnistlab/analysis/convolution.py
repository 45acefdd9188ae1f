"""A convolution or a pooling taken apart: all that a window meets on its way over a picture, and what becomes of it.

C input channels, O output channels, S input channels that one output channel sees, k window size, H, W rows and columns of the
input, P, Q of the output. All results are NumPy float32, computed by torch.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mnistlab.analysis.looking import array
from mnistlab.errors import AnalysisError
from mnistlab.models.cnn import output_size
from mnistlab.models.layers import StochasticPool2d

POOLINGS = ("max", "mean", "stochastic", "none")


@dataclass(frozen=True)
class Geometry:
    """How a window walks over a picture, the same down and across. `ceil_mode` is a matter of pooling only."""

    size: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    ceil_mode: bool = False

    @property
    def span(self) -> int:
        """Rows from the window's first number to its last."""
        return self.dilation * (self.size - 1) + 1

    def output_size(self, length: int) -> int:
        """Rows of the output for `length` rows of input, as torch counts them. Raises `AnalysisError` where the window does not fit."""
        count = output_size(length, self.span, self.stride, self.padding)
        if self.ceil_mode:
            count = output_size(length + self.stride - 1, self.span, self.stride, self.padding) - self.begins_in_padding(length)
        if count < 1:
            raise AnalysisError(
                f"A window that spans {self.span} pixels does not fit on {length} pixels with {self.padding} on each side.",
                "Choose a smaller window, less dilation or more padding.",
            )
        return count

    def begins_in_padding(self, length: int) -> bool:
        """Whether rounding up would add a window that begins behind the picture: such a one is left out."""
        last = output_size(length + self.stride - 1, self.span, self.stride, self.padding) - 1
        return self.ceil_mode and last * self.stride >= length + self.padding

    def formula(self, length: int) -> str:
        """The formula of `output_size` with the present numbers, in LaTeX."""
        left, right = ("\\lceil", "\\rceil") if self.ceil_mode else ("\\lfloor", "\\rfloor")
        above = f"{length} + 2 \\cdot {self.padding} - {self.dilation} \\cdot ({self.size} - 1) - 1"
        correction = " - 1" if self.begins_in_padding(length) else ""
        return f"\\left{left} \\frac{{{above}}}{{{self.stride}}} \\right{right} + 1{correction} = {self.output_size(length)}"


@dataclass(frozen=True, eq=False)
class Walk:
    """One output map, step by step: `output[p, q]` is `products[p, q]`, all added up, plus `bias`."""

    geometry: Geometry
    channels: tuple[int, ...]  # the S input channels that are seen
    inputs: np.ndarray  # (S, rows, columns): the picture with its padding, and what a last window of `ceil_mode` reaches beyond that
    pixels: np.ndarray  # bool (rows, columns): which of these are no padding
    weights: np.ndarray  # (S, k, k), of a pooling (P, Q, S, k, k)
    products: np.ndarray  # (P, Q, S, k, k); padding with -inf counts as 0 here
    sums: np.ndarray  # (P, Q, S)
    bias: float
    output: np.ndarray  # (P, Q)


def convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, geometry: Geometry = Geometry(), groups: int = 1, channel: int = 0
) -> Walk:
    """How output map `channel` of `conv2d` comes about for x (C, H, W) and weight (O, C / groups, k, k), bias (O,) or none.

    Output map o sees only the input channels of its group: o // (O / groups). Like torch, this does not flip the kernel.
    Raises `AnalysisError` where the window does not fit.
    """
    count, into = weight.shape[:2]
    first = channel // (count // groups) * into
    channels = tuple(range(first, first + into))
    rows, columns = (geometry.output_size(length) for length in x.shape[1:])
    inputs = F.pad(x[first : first + into], [geometry.padding] * 4)
    products = _windows(inputs, geometry, rows, columns) * weight[channel]
    output = F.conv2d(x[None], weight, bias, geometry.stride, geometry.padding, geometry.dilation, groups)[0, channel]
    offset = 0.0 if bias is None else float(bias[channel])
    return Walk(
        geometry, channels, array(inputs), _pixels(x, geometry, inputs), array(weight[channel]), array(products),
        array(products.sum((-1, -2))), offset, array(output),
    )  # fmt: skip


def pooling(x: Tensor, kind: str, geometry: Geometry = Geometry(2, 2), count_include_pad: bool = True) -> Walk:
    """How a pooling of `kind` (one of `POOLINGS`) of x (H, W) comes about, in evaluation mode.

    Every pooling is a weighted sum of its window: max weighs the largest number with 1, mean all alike, stochastic pooling each in
    proportion to itself. Max pads with -inf, mean with 0; `count_include_pad` is a matter of mean only.
    Raises `AnalysisError` for a geometry that torch (or `StochasticPool2d`) does not have, or where the window does not fit.
    """
    geometry = Geometry(1) if kind == "none" else geometry
    _check_pooling(kind, geometry)
    rows, columns = (geometry.output_size(length) for length in x.shape)
    beyond = [max(0, (n - 1) * geometry.stride + geometry.span - length - 2 * geometry.padding) for n, length in zip((rows, columns), x.shape, strict=True)]  # fmt: skip
    pad = geometry.padding
    inputs = F.pad(x[None], (pad, pad + beyond[1], pad, pad + beyond[0]), value=-math.inf if kind == "max" else 0.0)
    pixels = torch.from_numpy(_pixels(x, geometry, inputs))
    counted = pixels
    if kind == "mean" and count_include_pad:  # padding counts, what lies beyond it does not
        counted = F.pad(torch.ones(x.shape[0] + 2 * pad, x.shape[1] + 2 * pad), (0, beyond[1], 0, beyond[0])).bool()
    windows = _windows(inputs, geometry, rows, columns)
    weights = WEIGHTS[kind](windows, _windows(counted[None], geometry, rows, columns))
    products = torch.where(weights > 0, weights * windows, 0.0)
    output = POOL[kind](x[None, None], geometry, count_include_pad)[0, 0]
    return Walk(
        geometry, (0,), array(inputs), pixels.numpy(), array(weights), array(products), array(products.sum((-1, -2))), 0.0, array(output)
    )


def shifted(images: Tensor, pixels: int) -> Tensor:
    """`images` (..., W) moved to the right by `pixels`; what comes in from the left is 0."""
    return F.pad(images, (pixels, 0))[..., : images.shape[-1]]


def survival(images: Tensor, shifts: Sequence[int], size: int = 2) -> dict[str, np.ndarray]:
    """How much a shift to the right changes what each pooling of `size`x`size` gives on: kind -> (len(shifts),).

    |pooled(shifted) - pooled| / |pooled| as lengths of vectors, on average over `images` float (N, H, W), none of them empty:
    0 where nothing changes, 1.41 where the two have nothing in common.
    """
    geometry, found = Geometry(size, size), {}
    for kind in POOLINGS:
        before = POOL[kind](images[:, None], geometry, True).flatten(1)
        after = [POOL[kind](shifted(images, pixels)[:, None], geometry, True).flatten(1) for pixels in shifts]
        found[kind] = np.array([float(((each - before).norm(dim=1) / before.norm(dim=1)).mean()) for each in after], np.float32)
    return found


# -- windows and weights ---------------------------------------------------------------------------------------------------------


def _windows(inputs: Tensor, geometry: Geometry, rows: int, columns: int) -> Tensor:
    """Every window of `inputs` (S, H, W), as (P, Q, S, k, k)."""
    taps = torch.arange(geometry.size) * geometry.dilation
    down = torch.arange(rows)[:, None] * geometry.stride + taps  # (P, k)
    across = torch.arange(columns)[:, None] * geometry.stride + taps  # (Q, k)
    return inputs[:, down[:, None, :, None], across[None, :, None, :]].permute(1, 2, 0, 3, 4)


def _pixels(x: Tensor, geometry: Geometry, inputs: Tensor) -> np.ndarray:
    mask = np.zeros(inputs.shape[-2:], bool)
    mask[geometry.padding : geometry.padding + x.shape[-2], geometry.padding : geometry.padding + x.shape[-1]] = True
    return mask


def _largest(windows: Tensor, counted: Tensor) -> Tensor:
    flat = windows.flatten(2)
    return F.one_hot(flat.argmax(-1), flat.shape[-1]).reshape(windows.shape).float()


def _alike(windows: Tensor, counted: Tensor) -> Tensor:
    return counted / counted.sum((-1, -2), keepdim=True).clamp_min(1)  # of padding only: 0, as in torch


def _in_proportion(windows: Tensor, counted: Tensor) -> Tensor:
    positive = windows.clamp_min(0)
    return positive / positive.sum((-1, -2), keepdim=True).clamp_min(torch.finfo(windows.dtype).tiny)


WEIGHTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "max": _largest, "mean": _alike, "stochastic": _in_proportion, "none": lambda windows, counted: torch.ones_like(windows),
}  # fmt: skip
POOL: dict[str, Callable[[Tensor, Geometry, bool], Tensor]] = {  # images (N, C, H, W)
    "max": lambda x, g, _: F.max_pool2d(x, g.size, g.stride, g.padding, g.dilation, g.ceil_mode),
    "mean": lambda x, g, include: F.avg_pool2d(x, g.size, g.stride, g.padding, g.ceil_mode, include),
    "stochastic": lambda x, g, _: StochasticPool2d(g.size).eval()(x),
    "none": lambda x, g, _: x,
}


def _check_pooling(kind: str, geometry: Geometry) -> None:
    if kind == "stochastic" and geometry != Geometry(geometry.size, geometry.size):
        raise AnalysisError(
            "Stochastic pooling here has windows that touch and do not overlap, without padding.", "Choose a stride as large as the window."
        )
    if kind == "mean" and geometry.dilation != 1:
        raise AnalysisError("Mean pooling has no dilation.", "Choose a dilation of 1, or max.")
    if geometry.padding > geometry.size // 2:
        raise AnalysisError(
            f"A pooling window of {geometry.size} may have at most {geometry.size // 2} pixels of padding: a window must not see padding only.",
            "Choose less padding or a larger window.",
        )
