"""The networks. `MODELS` maps each architecture to its entry, which builds it when called; every
network is a plain `nn.Sequential`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

from mnistlab.choices import ARCHITECTURES
from mnistlab.config import TrainConfig
from mnistlab.errors import CheckpointMismatch
from mnistlab.i18n import message
from mnistlab.models.cnn import output_size
from mnistlab.models.counting import parameter_count
from mnistlab.models.layer_types import LAYERS, LayerType, kind_of, layer_type
from mnistlab.models.stages import CLASSES, INPUT_SHAPE, Stage, output_of, stages

__all__ = [
    "CLASSES",
    "INPUT_SHAPE",
    "LAYERS",
    "MODELS",
    "LayerType",
    "Stage",
    "build",
    "describe",
    "draws_numbers",
    "fast",
    "first_kernel_size",
    "has_lstm",
    "kind_of",
    "layer_type",
    "layout",
    "load_weights",
    "once_a_network",
    "output_of",
    "output_size",
    "parameter_count",
    "printed",
    "stages",
    "uses_modes",
    "without_weights",
]

MODELS = ARCHITECTURES
Result = TypeVar("Result")


def build(config: TrainConfig) -> nn.Sequential:
    """The network of `config` with fresh random weights from torch's present random state; images
    (N, 1, 28, 28) -> logits (N, 10).

    Raises `ConfigError` where the network is impossible.
    """
    return MODELS[config.arch](config)


def fast(model: nn.Sequential) -> nn.Sequential:
    """The same modules to the same numbers, bit for bit, in less time: ReLU in place, and after the
    max-pooling that follows it.

    ReLU never decreases, so the largest of four values is the same one before and after it; after
    it there are four times fewer. For training, where nobody looks at what goes on between: the
    order of `model` itself is the one to explain.
    """
    parts = list(model.named_children())
    for _, module in parts:
        if isinstance(module, nn.ReLU):
            module.inplace = True
    for i, (first, second) in enumerate(pairwise(parts)):
        if isinstance(first[1], nn.ReLU) and isinstance(second[1], nn.MaxPool2d):
            parts[i], parts[i + 1] = second, first
    return nn.Sequential(OrderedDict(parts))


def layout(config: TrainConfig) -> torch.memory_format:
    """The layout in memory in which the network of `config` trains faster on a processor."""
    slow = config.batch_norm and not config.separable
    return torch.contiguous_format if slow else torch.channels_last


def without_weights(config: TrainConfig) -> nn.Sequential:
    """The network of `config` on torch's meta device, which knows shapes but holds no numbers: a
    matter of milliseconds. Raises `ConfigError` where the network is impossible.
    """
    with torch.device("meta"):
        return build(config)


def once_a_network(function: Callable[[TrainConfig], Result]) -> Callable[[TrainConfig], Result]:
    """`function` computed once for all configurations that share their network: a class trains the
    same one with thirty seeds, and the table of runs asks for all of them at each rerun.
    """
    by_network = lru_cache(maxsize=256)(function)
    return wraps(function)(lru_cache(maxsize=4096)(lambda config: by_network(config.network)))


@once_a_network
def describe(config: TrainConfig) -> tuple[Stage, ...]:
    """The stages of `config`'s network, without making a single weight. Raises `ConfigError` where
    the network is impossible.
    """
    return tuple(stages(without_weights(config)))


@once_a_network
def first_kernel_size(config: TrainConfig) -> int | None:
    """Width and height of the first convolution's kernels; None where the network has none. Raises
    `ConfigError` where it is impossible.
    """
    layers = without_weights(config).modules()
    return next((layer.kernel_size[0] for layer in layers if isinstance(layer, nn.Conv2d)), None)


@once_a_network
def has_lstm(config: TrainConfig) -> bool:
    """Whether a layer is an LSTM. Raises `ConfigError` where the network is impossible."""
    return any(isinstance(layer, nn.LSTM) for layer in without_weights(config))


@once_a_network
def uses_modes(config: TrainConfig) -> bool:
    """Whether the network computes something else in training than in evaluation. Raises
    `ConfigError` where it is impossible.
    """
    return any(layer_type(layer).modes(layer) for layer in without_weights(config))


@once_a_network
def draws_numbers(config: TrainConfig) -> bool:
    """Whether the network draws random numbers in training: all that acts differently there may,
    batch norm aside. Raises `ConfigError` where the network is impossible.
    """
    layers = without_weights(config)
    return any(layer_type(layer).modes(layer) for layer in layers if kind_of(layer) != "norm")


@once_a_network
def printed(config: TrainConfig) -> str:
    """What `print(network)` says of `config`'s network. Raises `ConfigError` where it is
    impossible.
    """
    return str(without_weights(config))


def load_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy `weights` into `model`. Raises `CheckpointMismatch` unless names, shapes and types all
    agree; then nothing is copied.
    """
    own = model.state_dict()
    if own.keys() != weights.keys():
        odd = sorted(own.keys() ^ weights.keys())
        raise CheckpointMismatch(
            message(
                "These weights are not of this network: {names} on one side only.",
                names=tuple(odd[:3]),
            ),
            message("Load them with the configuration that they were trained with."),
        )
    for name, tensor in weights.items():
        if own[name].shape != tensor.shape or own[name].dtype != tensor.dtype:
            raise CheckpointMismatch(
                message(
                    "{name} is {shape} {dtype} here, but {own_shape} {own_dtype} in this network.",
                    name=name,
                    shape=str(tuple(tensor.shape)),
                    dtype=tensor.dtype,
                    own_shape=str(tuple(own[name].shape)),
                    own_dtype=own[name].dtype,
                ),
                message("Load them with the configuration that they were trained with."),
            )
    with torch.no_grad():
        for name, tensor in weights.items():
            own[name].copy_(tensor)
