"""The architectures. An entry names the function that builds the network; what there is to say of
its layers (stages, code twin, kernels, modes) is read off the network itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnistlab.choices.base import Named, resolve
from mnistlab.i18n import N_

if TYPE_CHECKING:
    from torch import nn

    from mnistlab.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Architecture(Named):
    """One kind of network; called with a configuration, the entry builds it."""

    section: str  # of the feature maps page's text, which says what to notice in it
    network: str  # "module:function": TrainConfig -> nn.Sequential, (N, 1, 28, 28) -> (N, 10)
    settings: tuple[str, ...]
    size: Callable[["TrainConfig"], str]  # after the name, "16–32"; "" where it has one size only

    def __call__(self, config: "TrainConfig") -> "nn.Sequential":
        built: nn.Sequential = resolve(self.network)(config)
        return built


def one_size(config: "TrainConfig") -> str:
    """The `size` of an architecture that has no settings."""
    return ""


def _hidden(config: "TrainConfig") -> str:
    layers = f"×{config.layers}" if config.layers > 1 else ""
    return f"{config.hidden}{layers}" + (" bidirectional" if config.bidirectional else "")


def _convolutions(config: "TrainConfig") -> str:
    each = f"×{config.convolutions}" if config.convolutions > 1 else ""
    return "–".join(map(str, config.channels)) + each


def _recurrent(label: str, name: str) -> Architecture:
    return Architecture(
        label=label,
        name=name,
        section=name.lower(),
        network=f"mnistlab.models.recurrent:{name.lower()}",
        settings=("dropout", "hidden", "layers", "bidirectional"),
        size=_hidden,
    )


ARCHITECTURES: dict[str, Architecture] = {
    "cnn": Architecture(
        label=N_("CNN: two convolutions, yours to edit"),
        name="CNN",
        section="cnn",
        network="mnistlab.models.cnn:cnn",
        settings=(
            "channels",
            "convolutions",
            "separable",
            "kernel",
            "stride",
            "padding",
            "pooling",
            "class_maps",
            "activation",
            "batch_norm",
            "dropout",
        ),
        size=_convolutions,
    ),
    "lenet": Architecture(
        label=N_("LeNet-like: PyTorch's MNIST example of 2017"),
        name="LeNet",
        section="cnn",
        network="mnistlab.models.cnn:lenet",
        settings=(),
        size=one_size,
    ),
    "lenet5": Architecture(
        label=N_("LeNet-5, as published in 1998"),
        name="LeNet-5",
        section="cnn",
        network="mnistlab.models.cnn:lenet5",
        settings=(),
        size=one_size,
    ),
    "pytorch-example": Architecture(
        label=N_("PyTorch's current MNIST example"),
        name=N_("PyTorch example"),
        section="cnn",
        network="mnistlab.models.cnn:pytorch_example",
        settings=(),
        size=one_size,
    ),
    "lstm": _recurrent(N_("LSTM: reads the image row by row"), "LSTM"),
    "gru": _recurrent(N_("GRU: a simpler LSTM"), "GRU"),
    "rnn": _recurrent(N_("RNN: plain, without gates"), "RNN"),
    "mlp": Architecture(
        label=N_("MLP: ignores which pixels are neighbours"),
        name="MLP",
        section="mlp",
        network="mnistlab.models.mlp:mlp",
        settings=("activation", "dropout", "hidden", "layers"),
        size=_hidden,
    ),
}
