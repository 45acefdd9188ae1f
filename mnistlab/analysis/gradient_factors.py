"""The factors of a weight's gradient, for each kind of layer: the gradient that arrives at what the
weight adds to, and what the weight was multiplied by. `weight_gradient` sums their products.

N images; O outputs and I inputs of a layer; C channels, H rows, W columns, k size of a kernel; T
time steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.backward import Backward
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models import layers

Place = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Window:
    """Where in a map of its input a weight is at work. The window of a convolution moves with the
    place of the output; a weight behind a flattened map stays where it is.
    """

    channel: int  # of the stage before: the map that the weight reads
    map: np.ndarray  # (N, H, W)
    start: tuple[int, int]  # row and column of the window for the first output; negative: padding
    offset: tuple[int, int] = (0, 0)  # of the weight in its window, in numbers of the kernel
    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    def box(self, place: Place) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the window at `place` of the output, the last two not part
        of it.
        """
        top, left = self._corner(place)
        height, width = (
            dilation * (size - 1) + 1
            for size, dilation in zip(self.size, self.dilation, strict=True)
        )
        return top, left, top + height, left + width

    def cell(self, place: Place) -> tuple[int, int]:
        """Row and column of what the weight is multiplied by, at `place` of the output."""
        top, left = self._corner(place)
        return top + self.offset[0] * self.dilation[0], left + self.offset[1] * self.dilation[1]

    def _corner(self, place: Place) -> tuple[int, int]:
        row, col = place or (0, 0)  # a unit has only one place
        return self.start[0] + row * self.stride[0], self.start[1] + col * self.stride[1]


def view_shape(passed: Backward, layer: str, parameter: str) -> tuple[int, ...]:
    """The shape in which a reader looks for a weight: that of the parameter, and for a linear layer
    behind a flattened map (O, C, H, W).
    """
    module = getattr(passed.model, layer)
    shape = tuple(getattr(module, parameter).shape)
    source = passed.outputs[source_of(passed, layer)].shape[1:]
    if isinstance(module, nn.Linear) and len(shape) == 2 and len(source) == 3:
        return shape[0], *source
    return shape


def source_of(passed: Backward, layer: str) -> str:
    """The stage whose numbers `layer` is given, before they were flattened."""
    source = passed.before(layer)
    while passed.kind(source) in ("flatten", "dropout"):
        source = passed.before(source)
    return source


def connected(passed: Backward, layer: str, parameter: str, output: int) -> tuple[int, ...]:
    """The inputs, of the second axis of the parameter, that `output` has weights for: all of them,
    except in LeNet-5's C3.
    """
    module = getattr(passed.model, layer)
    count = view_shape(passed, layer, parameter)[1]
    if isinstance(module, layers.TableConv2d):
        return tuple(i for i in range(count) if module.mask[output, i])
    return tuple(range(count))


# what arrives (N, *places); the factor, None where it is 1; where in a map the weight is at work
Factors = tuple[Tensor, Tensor | None, Window | None]


def _conv(passed: Backward, layer: str, parameter: str, index: Place) -> Factors:
    module, arriving = getattr(passed.model, layer), passed.gradients[layer][:, index[0]]
    if parameter == "bias":
        return arriving, None, None
    output, within, row, col = index
    if within not in connected(passed, layer, parameter, output):
        raise NotApplicable(
            message(
                "Map {output} of {layer} has no weights for map {within}.",
                output=output,
                layer=layer,
                within=within,
            ),
            message("Choose one of those that its connection table names."),
        )
    groups = output // (module.out_channels // module.groups)  # before its own
    channel = groups * module.in_channels // module.groups + within
    x = passed.outputs[passed.before(layer)][:, channel]  # (N, H, W)
    (down, across), (below, beside) = module.padding, module.dilation
    padded = F.pad(x, (across, across, down, down))
    high, wide = (
        (size - 1) * stride + 1
        for size, stride in zip(arriving.shape[1:], module.stride, strict=True)
    )
    rows = slice(row * below, row * below + high, module.stride[0])
    cols = slice(col * beside, col * beside + wide, module.stride[1])
    geometry = (-down, -across), (row, col), module.kernel_size, module.stride, module.dilation
    return arriving, padded[:, rows, cols], Window(channel, x.cpu().numpy(), *geometry)


def _linear(passed: Backward, layer: str, parameter: str, index: Place) -> Factors:
    arriving = passed.gradients[layer][..., index[0]]
    if parameter == "bias":
        return arriving, None, None
    factor = passed.outputs[passed.before(layer)][..., index[1]]
    maps = passed.outputs[source_of(passed, layer)]
    if maps.dim() != 4:
        return arriving, factor, None
    channel, *start = (int(i) for i in np.unravel_index(index[1], tuple(maps.shape[1:])))
    window = Window(channel, maps[:, channel].cpu().numpy(), (start[0], start[1]))
    return arriving, factor, window


def _norm(passed: Backward, layer: str, parameter: str, index: Place) -> Factors:
    (channel,), module = index, getattr(passed.model, layer)
    arriving = passed.gradients[layer][:, channel]
    if parameter == "bias":
        return arriving, None, None
    x = passed.outputs[passed.before(layer)][:, channel]
    deviation = (module.running_var[channel] + module.eps).sqrt()
    return arriving, (x - module.running_mean[channel]) / deviation, None


def _pool(passed: Backward, layer: str, parameter: str, index: Place) -> Factors:
    """LeNet-5's sub-sampling: the coefficient is multiplied by the sum of each window."""
    (channel,), module = index, getattr(passed.model, layer)
    arriving = passed.gradients[layer][:, channel]
    if parameter == "bias":
        return arriving, None, None
    x = passed.outputs[passed.before(layer)][:, channel : channel + 1]
    size: Any = module.kernel_size
    return arriving, F.avg_pool2d(x, size, divisor_override=1)[:, 0], None


def _recurrent(passed: Backward, layer: str, parameter: str, index: Place) -> Factors:
    """`parameter`: "weight_ih_l0", "bias_hh_l1_reverse" and so on."""
    what, side, suffix = parameter.split("_", 2)
    steps = passed.unrolled[layer][suffix]
    sums, read = (
        (steps.input_gradients, steps.inputs)
        if side == "ih"
        else (steps.hidden_gradients, steps.states)
    )
    return sums[..., index[0]], None if what == "bias" else read[..., index[1]], None


# kind of layer -> the factors for the weight at `index` of its parameter
FACTORS: dict[str, Callable[[Backward, str, str, Place], Factors]] = {
    "conv": _conv,
    "linear": _linear,
    "norm": _norm,
    "pool": _pool,
    "recurrent": _recurrent,
}
