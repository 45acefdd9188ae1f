"""How a network computes one number: everything that a reader needs to redo the sum by hand.

`arithmetic` returns one whole channel of a stage (small enough to send to a view once);
`.cell(row, col)` cuts out one cell without another forward pass. H, W rows and columns of the
stage's map, I input channels, k window size.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.cells import (
    Arithmetic,
    ConvChannel,
    FlattenUnit,
    LinearUnit,
    PoolChannel,
    SoftmaxUnit,
    Step,
)
from mnistlab.analysis.inspection import (
    array,
    check_index,
    effective_weight,
    eval_copy,
    network_input,
    stage_named,
    walk,
)
from mnistlab.analysis.receptive_field import geometry
from mnistlab.choices import resolve
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models import layers
from mnistlab.models.layer_types import ELEMENTWISE, kind_of, layer_type


def arithmetic(
    model: nn.Sequential, image: Tensor, config: TrainConfig, stage: str, channel: int
) -> Arithmetic:
    """How `channel` (or unit) of `stage` is computed for `image` (grey values from 0 to 255, (1,
    28, 28)), in evaluation mode.

    An activation, batch norm or dropout is part of the stage before it: its values are in that
    stage's `then`. Raises `NotApplicable` for a stage or channel that the network does not have,
    for the input, and for recurrent stages.
    """
    model = eval_copy(model)
    with torch.inference_mode():
        outputs = walk(model, network_input(image, config, model))
        forward = _ForwardPass(model, {name: output[0] for name, _, output in outputs})
        return forward.at(stage, channel)


class _ForwardPass:
    """A network and all its outputs for one image, without the batch axis."""

    def __init__(self, model: nn.Sequential, values: dict[str, Tensor]) -> None:
        self.model, self.values, self.names = model, values, list(values)

    def at(self, stage: str, channel: int) -> Arithmetic:
        if stage == "softmax":
            return self.softmax(channel)
        while self.kind(stage) in ELEMENTWISE:
            stage = self.before(stage)
        makers: dict[str, Callable[[str, int], Arithmetic]] = {
            "conv": self.conv,
            "pool": self.pool,
            "linear": self.linear,
            "flatten": self.flatten,
        }
        if self.kind(stage) == "input":
            raise NotApplicable(
                message("The input is given, not computed."), message("Choose a later stage.")
            )
        if self.kind(stage) not in makers:
            raise NotApplicable(
                message("The outputs of {stage} are not a single sum.", stage=stage),
                message("Look at the gates of the recurrent layer, row by row."),
            )
        check_index(
            message("unit") if self.values[stage].dim() == 1 else message("channel"),
            channel,
            len(self.values[stage]),
        )
        return makers[self.kind(stage)](stage, channel)

    def module(self, stage: str) -> Any:
        return getattr(self.model, stage)

    def kind(self, stage: str) -> str:
        return "input" if stage == "input" else kind_of(stage_named(self.model, stage))

    def before(self, stage: str) -> str:
        return self.names[self.names.index(stage) - 1]

    def then(self, stage: str, channel: int) -> tuple[tuple[Step, ...], str]:
        """(element-wise steps after `stage`, name of the next other stage or "")."""
        steps: list[Step] = []
        for name in self.names[self.names.index(stage) + 1 :]:
            module, kind = self.module(name), self.kind(name)
            if kind not in ELEMENTWISE:
                return tuple(steps), name
            value = array(self.values[name][channel])
            steps.append(
                Step(
                    name,
                    kind,
                    layer_type(module).formula,
                    _constants(module, channel),
                    value if value.ndim else float(value),
                )
            )
        return tuple(steps), ""

    def conv(self, stage: str, channel: int) -> ConvChannel:
        module, source = self.module(stage), self.before(stage)
        kernel = effective_weight(module)[channel]  # (I, kh, kw)
        seen = list(range(len(kernel)))
        if isinstance(module, layers.TableConv2d):
            mask: Any = module.mask
            seen = [i for i in seen if mask[channel, i]]
        first = channel * module.groups // module.out_channels * len(kernel)  # of its group
        channels = [first + i for i in seen]
        kernel, inputs = kernel[seen], self.values[source][channels]
        # (I, H, W)
        sums = F.conv2d(
            inputs[None],
            kernel[:, None],
            stride=module.stride,
            padding=module.padding,
            groups=len(channels),
        )[0]
        then, following = self.then(stage, channel)
        pooled = (
            self.pool(following, channel) if following and self.kind(following) == "pool" else None
        )
        (_, stride_rows, pad_rows), (_, stride_cols, pad_cols) = (
            geometry(module, 0),
            geometry(module, 1),
        )
        return ConvChannel(
            stage,
            channel,
            source,
            tuple(channels),
            array(inputs),
            array(kernel),
            (stride_rows, stride_cols),
            (pad_rows, pad_cols),
            array(sums),
            0.0 if module.bias is None else float(module.bias[channel]),
            array(self.values[stage][channel]),
            then,
            pooled,
        )

    def pool(self, stage: str, channel: int) -> PoolChannel:
        module, source = self.module(stage), self.before(stage)
        size, stride, _ = geometry(module, 0)
        inputs, value = self.values[source][channel], self.values[stage][channel]
        pooling, scale, bias = layer_type(module), 1.0, 0.0
        if isinstance(module, layers.Subsample):
            scale, bias = float(module.weight[channel]), float(module.bias[channel])
        windows = inputs.unfold(0, size, stride).unfold(1, size, stride)  # (H, W, k, k)
        weights = resolve(pooling.weights)(windows, torch.ones_like(windows, dtype=torch.bool))
        then, _ = self.then(stage, channel)
        return PoolChannel(
            stage,
            channel,
            source,
            pooling.pooling,
            pooling.result,
            array(inputs),
            size,
            stride,
            array(weights),
            scale,
            bias,
            array(value),
            then,
        )

    def linear(self, stage: str, unit: int) -> LinearUnit:
        module, source = self.module(stage), self.before(stage)
        flattened = source
        while self.kind(flattened) in ("flatten", "dropout"):
            flattened = self.before(flattened)
        inputs, weights = self.values[source], module.weight[unit]
        then, _ = self.then(stage, unit)
        return LinearUnit(
            stage,
            unit,
            flattened,
            tuple(self.values[flattened].shape),
            array(inputs),
            array(weights),
            array(inputs * weights),
            float(module.bias[unit]),
            float(self.values[stage][unit]),
            then,
        )

    def flatten(self, stage: str, unit: int) -> FlattenUnit:
        source = self.before(stage)
        index = tuple(int(i) for i in np.unravel_index(unit, tuple(self.values[source].shape)))
        return FlattenUnit(stage, unit, source, index, float(self.values[stage][unit]))

    def softmax(self, unit: int) -> SoftmaxUnit:
        logits = self.values[self.names[-1]]
        check_index(message("class"), unit, len(logits))
        exponentials = (logits - logits.max()).exp()
        return SoftmaxUnit(
            "softmax",
            unit,
            array(logits),
            array(exponentials),
            float(exponentials.sum()),
            float(logits.softmax(0)[unit]),
        )


def _constants(module: Any, channel: int) -> dict[str, float]:
    if type(module) is not nn.BatchNorm2d:
        return {}
    names = {"γ": "weight", "β": "bias", "mean": "running_mean", "variance": "running_var"}
    return {
        name: float(getattr(module, attribute)[channel]) for name, attribute in names.items()
    } | {"ε": module.eps}
