"""A convolution or pooling taken apart: everything a window covers as it slides over an image,
and what comes out.

C input channels, O output channels, S input channels seen by one output channel, k window size; H,
W rows and columns of the input, P, Q those of the output. All results are NumPy float32, computed
by torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mnistlab.analysis.inspection import array
from mnistlab.choices import POOLINGS, resolve
from mnistlab.errors import AnalysisError
from mnistlab.i18n import message
from mnistlab.models.cnn import output_size

RESIZABLE = ("max", "mean")  # the poolings with a stride, a padding and `ceil_mode` of their own


@dataclass(frozen=True)
class Geometry:
    """How a window moves over an image, the same vertically and horizontally. `ceil_mode` applies
    to pooling only.
    """

    size: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    ceil_mode: bool = False

    @property
    def span(self) -> int:
        """Rows from the first to the last number of the window, inclusive."""
        return self.dilation * (self.size - 1) + 1

    def output_size(self, length: int) -> int:
        """Rows of the output for `length` rows of input, as torch counts them. Raises
        `AnalysisError` where the window does not fit.
        """
        count = output_size(length, self.span, self.stride, self.padding)
        if self.ceil_mode:
            count = output_size(
                length + self.stride - 1, self.span, self.stride, self.padding
            ) - self.begins_in_padding(length)
        if count < 1:
            raise AnalysisError(
                message(
                    "A window spanning {span} pixels does not fit into {length} pixels "
                    "with a padding of {padding} on each side.",
                    span=self.span,
                    length=length,
                    padding=self.padding,
                ),
                message("Choose a smaller window, less dilation or more padding."),
            )
        return count

    def begins_in_padding(self, length: int) -> bool:
        """Whether rounding up would add a window that starts past the end of the image, which torch
        leaves out.
        """
        last = output_size(length + self.stride - 1, self.span, self.stride, self.padding) - 1
        return self.ceil_mode and last * self.stride >= length + self.padding

    def formula(self, length: int) -> str:
        """The formula of `output_size` with its numbers filled in, in LaTeX."""
        left, right = ("\\lceil", "\\rceil") if self.ceil_mode else ("\\lfloor", "\\rfloor")
        above = f"{length} + 2 \\cdot {self.padding} - {self.dilation} \\cdot ({self.size} - 1) - 1"
        correction = " - 1" if self.begins_in_padding(length) else ""
        return (
            f"\\left{left} \\frac{{{above}}}{{{self.stride}}} \\right{right} + 1{correction} = "
            f"{self.output_size(length)}"
        )


@dataclass(frozen=True, eq=False)
class Walk:
    """One output map, step by step: `output[p, q]` is the sum of `products[p, q]`, plus `bias`."""

    geometry: Geometry
    channels: tuple[int, ...]  # the S input channels that it sees
    # (S, rows, columns): the image with its padding, and what the last window of `ceil_mode`
    # covers beyond that
    inputs: np.ndarray
    pixels: np.ndarray  # bool (rows, columns): which of these are not padding
    weights: np.ndarray  # (S, k, k); for pooling (P, Q, S, k, k)
    products: np.ndarray  # (P, Q, S, k, k); padding with -inf counts as 0 here
    sums: np.ndarray  # (P, Q, S)
    bias: float
    output: np.ndarray  # (P, Q)


def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    geometry: Geometry = Geometry(),
    groups: int = 1,
    channel: int = 0,
) -> Walk:
    """How `conv2d` computes output map `channel` for x (C, H, W) and weight (O, C / groups,
    k, k) and bias (O,) or none.

    Output map o sees only the input channels of its group: o // (O / groups). Like torch, this does
    not flip the kernel. Raises `AnalysisError` where the window does not fit.
    """
    count, into = weight.shape[:2]
    first = channel // (count // groups) * into
    channels = tuple(range(first, first + into))
    rows, columns = (geometry.output_size(length) for length in x.shape[1:])
    inputs = F.pad(x[first : first + into], [geometry.padding] * 4)
    products = _windows(inputs, geometry, rows, columns) * weight[channel]
    output = F.conv2d(
        x[None], weight, bias, geometry.stride, geometry.padding, geometry.dilation, groups
    )[0, channel]
    offset = 0.0 if bias is None else float(bias[channel])
    return Walk(
        geometry,
        channels,
        array(inputs),
        _pixels(x, geometry, inputs),
        array(weight[channel]),
        array(products),
        array(products.sum((-1, -2))),
        offset,
        array(output),
    )


def pooling(
    x: Tensor, kind: str, geometry: Geometry = Geometry(2, 2), count_include_pad: bool = True
) -> Walk:
    """How pooling of `kind` (one of `POOLINGS`) is computed for x (H, W), in evaluation mode.

    Every pooling is a weighted sum of its window: max gives the largest number a weight of 1, mean
    weighs all alike, stochastic pooling weighs each in proportion to itself. Max pads with -inf,
    mean with 0; `count_include_pad` applies to mean only. Raises `AnalysisError` for a geometry
    that the layer does not have, or where the window does not fit.
    """
    geometry = Geometry(1) if kind == "none" else geometry
    _check_pooling(kind, geometry)
    rows, columns = (geometry.output_size(length) for length in x.shape)
    beyond = [
        max(0, (n - 1) * geometry.stride + geometry.span - length - 2 * geometry.padding)
        for n, length in zip((rows, columns), x.shape, strict=True)
    ]
    pad = geometry.padding
    inputs = F.pad(
        x[None],
        (pad, pad + beyond[1], pad, pad + beyond[0]),
        value=-math.inf if kind == "max" else 0.0,
    )
    pixels = torch.from_numpy(_pixels(x, geometry, inputs))
    counted = pixels
    if kind == "mean" and count_include_pad:  # padding counts, what lies beyond it does not
        counted = F.pad(
            torch.ones(x.shape[0] + 2 * pad, x.shape[1] + 2 * pad), (0, beyond[1], 0, beyond[0])
        ).bool()
    windows = _windows(inputs, geometry, rows, columns)
    weights = resolve(POOLINGS[kind].weights)(
        windows, _windows(counted[None], geometry, rows, columns)
    )
    products = torch.where(weights > 0, weights * windows, 0.0)
    output = _pooled(x[None, None], kind, geometry, count_include_pad)[0, 0]
    return Walk(
        geometry,
        (0,),
        array(inputs),
        pixels.numpy(),
        array(weights),
        array(products),
        array(products.sum((-1, -2))),
        0.0,
        array(output),
    )


def shifted(images: Tensor, pixels: int) -> Tensor:
    """`images` (..., W) shifted right by `pixels`, filled with 0 on the left."""
    return F.pad(images, (pixels, 0))[..., : images.shape[-1]]


def shift_change(images: Tensor, shifts: Sequence[int], size: int = 2) -> dict[str, np.ndarray]:
    """How much a shift to the right changes the output of each pooling of `size`x`size`: kind ->
    (len(shifts),).

    |pooled(shifted) - pooled| / |pooled| (L2 norms), averaged over `images` float (N, H, W), none
    of them blank: 0 where nothing changes, 1.41 where the two have nothing in common.
    """
    geometry, changes = Geometry(size, size), {}
    for kind in POOLINGS:
        before = _pooled(images[:, None], kind, geometry, True).flatten(1)
        after = [
            _pooled(shifted(images, pixels)[:, None], kind, geometry, True).flatten(1)
            for pixels in shifts
        ]
        changes[kind] = np.array(
            [float(((each - before).norm(dim=1) / before.norm(dim=1)).mean()) for each in after],
            np.float32,
        )
    return changes


# -- windows and weights ---------------------------------------------------------------------------


def _windows(inputs: Tensor, geometry: Geometry, rows: int, columns: int) -> Tensor:
    """Every window of `inputs` (S, H, W), as (P, Q, S, k, k)."""
    taps = torch.arange(geometry.size) * geometry.dilation
    down = torch.arange(rows)[:, None] * geometry.stride + taps  # (P, k)
    across = torch.arange(columns)[:, None] * geometry.stride + taps  # (Q, k)
    return inputs[:, down[:, None, :, None], across[None, :, None, :]].permute(1, 2, 0, 3, 4)


def _pixels(x: Tensor, geometry: Geometry, inputs: Tensor) -> np.ndarray:
    mask = np.zeros(inputs.shape[-2:], bool)
    mask[
        geometry.padding : geometry.padding + x.shape[-2],
        geometry.padding : geometry.padding + x.shape[-1],
    ] = True
    return mask


def _pooled(images: Tensor, kind: str, geometry: Geometry, count_include_pad: bool) -> Tensor:
    """`images` (N, C, H, W) pooled by torch, or by the layer of `kind`, in evaluation mode."""
    g = geometry
    if kind == "max":
        return F.max_pool2d(images, g.size, g.stride, g.padding, g.dilation, g.ceil_mode)
    if kind == "mean":
        return F.avg_pool2d(images, g.size, g.stride, g.padding, g.ceil_mode, count_include_pad)
    pooled: Tensor = POOLINGS[kind](g.size).eval()(images)
    return pooled


def _check_pooling(kind: str, geometry: Geometry) -> None:
    resized = geometry != Geometry(geometry.size, geometry.size)
    if resized and kind not in (*RESIZABLE, "none"):
        raise AnalysisError(
            message(
                "Here, {kind} pooling needs a stride equal to the window size, and no padding.",
                kind=kind,
            ),
            message(
                "Set the stride to the window size, and padding and dilation to their defaults."
            ),
        )
    if kind == "mean" and geometry.dilation != 1:
        raise AnalysisError(
            message("Mean pooling has no dilation."),
            message("Choose a dilation of 1, or max pooling."),
        )
    if geometry.padding > geometry.size // 2:
        raise AnalysisError(
            message(
                "A pooling window of size {size} allows a padding of at most {most}, so "
                "that no window sees only padding.",
                size=geometry.size,
                most=geometry.size // 2,
            ),
            message("Choose less padding or a larger window."),
        )
