"""A layer's output for each image, from which `projection` makes a map.

N images, D numbers each: the layer's output, flattened.
"""

import numpy as np
import torch
from torch import Tensor, nn

from mnistlab.analysis.inspection import array, eval_copy, network_input
from mnistlab.analysis.neighbours import Encode
from mnistlab.config import TrainConfig
from mnistlab.errors import AnalysisError, NotApplicable
from mnistlab.i18n import message
from mnistlab.models import output_of

BATCH = 250  # images at a time: as in evaluation
MAX_NUMBERS = 100_000_000  # N x D: 400 MB


def encoder(model: nn.Sequential, config: TrainConfig, layer: str) -> Encode:
    """A function from images, uint8 (N, 1, 28, 28), to the output of stage `layer` ("input" too),
    float32 (N, D), on `model`'s device.

    `model` is left as it is. Raises `NotApplicable` if it has no such stage.
    """
    names = ["input", *(name for name, _ in model.named_children())]
    if layer not in names:
        raise NotApplicable(
            message("This network has no stage called {stage}.", stage=repr(layer)),
            message("Its stages are: {names}.", names=tuple(names)),
        )
    part = eval_copy(model)[: names.index(layer)]

    def encode(images: Tensor) -> Tensor:
        output = value = network_input(images, config, model)
        for module in part:
            output, value = output_of(module, value)
        return output.flatten(1)

    return encode


def features(model: nn.Sequential, images: Tensor, config: TrainConfig, layer: str) -> np.ndarray:
    """The output of stage `layer` for `images`, uint8 (N, 1, 28, 28): float32 (N, D).

    Raises `NotApplicable` if there is no such stage, `AnalysisError` if N x D is too large to
    keep in memory.
    """
    encode = encoder(model, config, layer)
    outputs = np.empty((0, 0), np.float32)
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            batch = array(encode(images[start : start + BATCH]))
            if not start:
                outputs = np.empty(
                    (len(images), _affordable(batch.shape[1], len(images))), np.float32
                )
            outputs[start : start + len(batch)] = batch
    return outputs


def _affordable(width: int, count: int) -> int:
    if width * count > MAX_NUMBERS:
        raise AnalysisError(
            message(
                "This layer outputs {width:,} numbers per image, which is too much "
                "memory for {count:,} images.",
                width=width,
                count=count,
            ),
            message("Choose at most {most:,} images, or a later layer.", most=MAX_NUMBERS // width),
        )
    return width
