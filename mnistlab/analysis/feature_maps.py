"""One image inside a network, stage by stage: activations, their gradients, and kernels."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.inspection import (
    Target,
    array,
    convolutions,
    effective_weight,
    eval_copy,
    network_input,
    walk,
)
from mnistlab.config import TrainConfig
from mnistlab.errors import NotApplicable
from mnistlab.i18n import message
from mnistlab.models import INPUT_SHAPE


@dataclass(frozen=True, eq=False)
class StageMaps:
    """One stage's output for one image, or its gradient. `array`: (C, H, W), (T, H) or (K,),
    float32.
    """

    name: str
    kind: str
    array: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def range(self) -> tuple[float, float]:
        """(lowest, highest) finite value; (0, 0) if there is none."""
        finite = self.array[np.isfinite(self.array)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """All stages in order, starting with the input."""

    stages: tuple[StageMaps, ...]

    def __getitem__(self, name: str) -> StageMaps:
        """The stage called `name`. Raises `NotApplicable` if there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        names = ", ".join(stage.name for stage in self.stages)
        raise NotApplicable(
            message("This network has no stage called {stage}.", stage=repr(name)),
            message("Its stages are: {names}.", names=names),
        )

    @property
    def range(self) -> tuple[float, float]:
        """(lowest, highest) value of the whole network."""
        lows, highs = zip(*(stage.range for stage in self.stages), strict=True)
        return min(lows), max(highs)


def feature_maps(model: nn.Sequential, image: Tensor, config: TrainConfig) -> FeatureMaps:
    """Every stage in evaluation mode, from the input to the ten logits and their softmax (a last
    stage, kind "softmax").

    `image`: grey values from 0 to 255, (1, 28, 28) or (28, 28). The input stage is what the
    network receives, normalised as `config` says.
    """
    model = eval_copy(model)
    with torch.inference_mode():
        outputs = list(walk(model, network_input(image, config, model)))
        probabilities = outputs[-1][2].softmax(1)
    return FeatureMaps(
        tuple(
            StageMaps(name, kind, array(x[0]))
            for name, kind, x in [*outputs, ("softmax", "softmax", probabilities)]
        )
    )


def gradient_maps(
    model: nn.Sequential, image: Tensor, config: TrainConfig, target: Target
) -> FeatureMaps:
    """d target / d activation, from the input to the logits: what a small increase of each
    activation would do to `target`.
    """
    model = eval_copy(model)
    x = network_input(image, config, model).requires_grad_()
    # cuDNN's recurrent layers have no gradient in evaluation mode
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        outputs = list(walk(model, x))
        gradients = torch.autograd.grad(
            target.of(outputs[-1][2]).sum(), [output for _, _, output in outputs]
        )
    return FeatureMaps(
        tuple(
            StageMaps(name, kind, array(g[0]))
            for (name, kind, _), g in zip(outputs, gradients, strict=True)
        )
    )


def kernels(model: nn.Sequential) -> dict[str, np.ndarray]:
    """Name of each convolution -> its kernels (out, in, kh, kw). Kernels that LeNet-5's connection
    table leaves out are zero.
    """
    return {name: array(effective_weight(module)) for name, module in convolutions(model).items()}


def weight_images(model: nn.Sequential) -> np.ndarray:
    """The first layer of an MLP as images, (K, 28, 28): what each hidden unit multiplies the
    image by.

    Raises `NotApplicable` unless the first layer with weights sees the whole image at once.
    """
    parts = list(model.children())
    if not (
        len(parts) > 1 and isinstance(parts[0], nn.Flatten) and isinstance(parts[1], nn.Linear)
    ):
        raise NotApplicable(
            message(
                "Only an MLP's weights can be shown as whole images: this network's "
                "first layer sees only part of the image at a time."
            ),
            message("Choose an MLP."),
        )
    return array(parts[1].weight).reshape(-1, *INPUT_SHAPE[1:])
