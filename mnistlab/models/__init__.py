"""The networks. `MODELS` maps each architecture to the function that builds it; every network is a plain `nn.Sequential`."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor, nn

from mnistlab.config import TrainConfig
from mnistlab.errors import CheckpointMismatch
from mnistlab.models.cnn import cnn, lenet, lenet5, output_size, pytorch_example
from mnistlab.models.mlp import mlp
from mnistlab.models.recurrent import recurrent
from mnistlab.models.stages import CLASSES, INPUT_SHAPE, Stage, output_of, parameter_count, stages

__all__ = [
    "CLASSES",
    "INPUT_SHAPE",
    "MODELS",
    "Stage",
    "build",
    "describe",
    "fast",
    "load_weights",
    "output_of",
    "output_size",
    "parameter_count",
    "printed",
    "stages",
]

MODELS: dict[str, Callable[[TrainConfig], nn.Sequential]] = {
    "cnn": cnn,
    "lenet": lenet,
    "lenet5": lenet5,
    "pytorch-example": pytorch_example,
    "lstm": recurrent,
    "gru": recurrent,
    "rnn": recurrent,
    "mlp": mlp,
}


def build(config: TrainConfig) -> nn.Sequential:
    """The network of `config` with fresh random weights from torch's present random state; images (N, 1, 28, 28) -> logits (N, 10).

    Raises `ConfigError` where the network is impossible.
    """
    return MODELS[config.arch](config)


def fast(model: nn.Sequential) -> nn.Sequential:
    """The same modules to the same numbers, bit for bit, in less time: ReLU in place, and after the max-pooling that follows it.

    ReLU never decreases, so the largest of four values is the same one before and after it; after it there are four times fewer.
    For training, where nobody looks at what goes on between: the order of `model` itself is the one to explain.
    """
    parts = list(model.named_children())
    for _, module in parts:
        if isinstance(module, nn.ReLU):
            module.inplace = True
    for i, (first, second) in enumerate(pairwise(parts)):
        if isinstance(first[1], nn.ReLU) and isinstance(second[1], nn.MaxPool2d):
            parts[i], parts[i + 1] = second, first
    return nn.Sequential(OrderedDict(parts))


@lru_cache(maxsize=4096)  # more than a class has runs: the table of runs asks for all of them at each rerun
def describe(config: TrainConfig) -> tuple[Stage, ...]:
    """The stages of `config`'s network, without making a single weight: a matter of milliseconds.

    Raises `ConfigError` where the network is impossible.
    """
    with torch.device("meta"):
        return tuple(stages(build(config)))


@lru_cache(maxsize=256)
def printed(config: TrainConfig) -> str:
    """What `print(network)` says of `config`'s network. Raises `ConfigError` where it is impossible."""
    with torch.device("meta"):
        return str(build(config))


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy `weights` into `model`. Raises `CheckpointMismatch` unless names, shapes and types all agree; then nothing is copied."""
    own = model.state_dict()
    if own.keys() != weights.keys():
        odd = sorted(own.keys() ^ weights.keys())
        raise CheckpointMismatch(
            f"These weights are not of this network: {', '.join(odd[:3])} on one side only.",
            "Load them with the configuration that they were trained with.",
        )
    for name, tensor in weights.items():
        if own[name].shape != tensor.shape or own[name].dtype != tensor.dtype:
            raise CheckpointMismatch(
                f"{name} is {tuple(tensor.shape)} {tensor.dtype} here, but {tuple(own[name].shape)} {own[name].dtype} in this network.",
                "Load them with the configuration that they were trained with.",
            )
    with torch.no_grad():
        for name, tensor in weights.items():
            own[name].copy_(tensor)
