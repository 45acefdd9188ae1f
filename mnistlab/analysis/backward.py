"""A mini-batch forwards and backwards through a network: the loss, and its gradient at every stage
and for every weight.

In evaluation mode, where dropout drops nothing and batch norm uses its running averages: so each
image's part of the gradient is its own, and the same every time. N images, C channels, H rows, W
columns, T time steps, K units, G sums of all gates.
"""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.inspection import array, network_input, walk
from mnistlab.analysis.unrolled import Unrolled, unroll
from mnistlab.config import TrainConfig
from mnistlab.errors import AnalysisError
from mnistlab.i18n import message
from mnistlab.models import kind_of


@dataclass(frozen=True, eq=False)
class Backward:
    """What one forward and backward pass of a mini-batch leaves behind. Nobody changes it."""

    model: nn.Sequential  # a copy of its own
    config: TrainConfig
    x: Tensor  # (N, 1, 28, 28), as the network receives it
    labels: Tensor  # (N,)
    losses: np.ndarray  # (N,), float64, of each image; the batch's loss is their mean
    outputs: dict[str, Tensor]  # stage, from "input" on -> its output, (N, ...)
    gradients: dict[str, Tensor]  # stage -> d loss of the batch / d output, (N, ...)
    weights: dict[str, Tensor]  # parameter ("conv1.weight") -> d loss of the batch / d parameter
    # recurrent layer -> "l0", "l0_reverse", ... -> its time steps
    unrolled: dict[str, dict[str, Unrolled]]

    @property
    def loss(self) -> float:
        """The loss of the batch, in nats."""
        return float(self.losses.mean())

    @property
    def probabilities(self) -> np.ndarray:
        """(N, 10)."""
        *_, logits = self.outputs.values()
        return array(logits.softmax(1))

    @property
    def layers(self) -> dict[str, tuple[str, ...]]:
        """Layer -> the names of its parameters, for each layer that learns."""
        named = {
            name: tuple(parameter for parameter, _ in module.named_parameters(recurse=False))
            for name, module in self.model.named_children()
        }
        return {name: parameters for name, parameters in named.items() if parameters}

    def before(self, stage: str) -> str:
        """The stage before `stage`."""
        names = list(self.outputs)
        return names[names.index(stage) - 1]

    def kind(self, stage: str) -> str:
        return "input" if stage == "input" else kind_of(getattr(self.model, stage))

    def activation(self, stage: str, image: int) -> StageMaps:
        """The output of `stage` for one image of the batch."""
        return StageMaps(stage, self.kind(stage), array(self.outputs[stage][image]))

    def gradient(self, stage: str, image: int) -> StageMaps:
        """The gradient that arrives at the output of `stage`, for one image of the batch."""
        return StageMaps(stage, self.kind(stage), array(self.gradients[stage][image]))


def backward(model: nn.Sequential, images: Tensor, labels: Tensor, config: TrainConfig) -> Backward:
    """One pass of `images` (uint8 (N, 1, 28, 28)) with `labels` (N,), with the loss of the run: the
    mean cross-entropy, with its label smoothing.

    Raises `AnalysisError` if the loss is not finite. `model` is left as it was.
    """
    model = copy.deepcopy(model).eval().requires_grad_()
    dtype = next(model.parameters()).dtype
    x = network_input(images, config, model).to(dtype).requires_grad_()
    # cuDNN's recurrent layers have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        outputs = {name: output for name, _, output in walk(model, x)}
        losses = losses_of(list(outputs.values())[-1], labels, config)
        names, parameters = zip(*model.named_parameters(), strict=True)
        gradients = torch.autograd.grad(
            losses.mean(), [*outputs.values(), *parameters], materialize_grads=True
        )
    if not losses.isfinite().all():
        raise AnalysisError(
            message("The loss of this mini-batch is NaN or infinite, so it has no gradient."),
            message("Choose an earlier step of the training."),
        )
    outputs = {name: output.detach() for name, output in outputs.items()}
    arriving = dict(zip(outputs, gradients, strict=False))
    return Backward(
        model.requires_grad_(False),
        config,
        x.detach(),
        labels,
        losses.detach().double().cpu().numpy(),
        outputs,
        arriving,
        dict(zip(names, gradients[len(outputs) :], strict=True)),
        _unrolled(model, outputs, arriving),
    )


def losses_of(logits: Tensor, labels: Tensor, config: TrainConfig) -> Tensor:
    """The loss of each image, (N,), as the training of `config` computes it."""
    labels = labels.to(logits.device)
    return F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing, reduction="none")


def _unrolled(
    model: nn.Sequential, outputs: dict[str, Tensor], gradients: dict[str, Tensor]
) -> dict[str, dict[str, Unrolled]]:
    inputs: Any = dict(zip(dict(model.named_children()), outputs.values(), strict=False))
    return {
        name: unroll(module, inputs[name], gradients[name])
        for name, module in model.named_children()
        if isinstance(module, nn.RNNBase)
    }
