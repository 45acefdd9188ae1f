"""Networks to look into: one of every kind, with weights that leave nothing at zero or one."""

from functools import lru_cache

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from mnistlab.choices import ACTIVATIONS, POOLINGS
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset, to_input
from mnistlab.errors import ConfigError
from mnistlab.events import Snapshot
from mnistlab.models import build, describe
from mnistlab.train import model_from, train

CONFIGS = {
    "cnn": TrainConfig(dataset="digits", channels=(3, 4)),
    "cnn-all": TrainConfig(
        dataset="digits",
        channels=(3, 4),
        kernel=3,
        pooling="mean",
        batch_norm=True,
        dropout=0.5,
        activation="gelu",
        normalize="zscore",
    ),
    "cnn-stochastic": TrainConfig(
        dataset="digits", channels=(3, 4), kernel=4, stride=2, padding=3, pooling="stochastic"
    ),
    "cnn-bare": TrainConfig(
        dataset="digits", channels=(2, 3), kernel=5, padding=0, pooling="none", activation="tanh"
    ),
    "lenet": TrainConfig(dataset="digits", arch="lenet"),
    "lenet5": TrainConfig(dataset="digits", arch="lenet5", normalize="zscore"),
    "pytorch-example": TrainConfig(dataset="digits", arch="pytorch-example"),
    "lstm": TrainConfig(dataset="digits", arch="lstm", hidden=7, normalize="zscore"),
    "lstm-deep": TrainConfig(
        dataset="digits", arch="lstm", hidden=5, layers=3, bidirectional=True, dropout=0.5
    ),
    "gru": TrainConfig(dataset="digits", arch="gru", hidden=6, layers=2),
    "gru-both": TrainConfig(dataset="digits", arch="gru", hidden=6, layers=2, bidirectional=True),
    "rnn": TrainConfig(dataset="digits", arch="rnn", hidden=6),
    "rnn-deep": TrainConfig(dataset="digits", arch="rnn", hidden=6, layers=2, bidirectional=True),
    "mlp": TrainConfig(dataset="digits", arch="mlp", hidden=11, layers=2, dropout=0.5),
}


def _with_layer(kind: str) -> list[str]:
    return [
        name
        for name, config in CONFIGS.items()
        if kind in [stage.kind for stage in describe(config)]
    ]


RECURRENT, CONVOLUTIONAL = _with_layer("recurrent"), _with_layer("conv")


def network(config: TrainConfig, seed: int = 0) -> nn.Sequential:
    """A random network, as after some training: also its batch norms have statistics, scales and
    shifts of their own.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(config).eval()
        for module in model:
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight.data, module.running_var):
                    tensor.uniform_(0.5, 2)
                for tensor in (module.bias.data, module.running_mean):
                    tensor.uniform_(-1, 1)
    return model


def image(index: int = 3) -> Tensor:
    """A digit, uint8 (1, 28, 28)."""
    return load_dataset("digits").test_images[index]


def x_of(config: TrainConfig, index: int = 3) -> Tensor:
    """The same as the network takes it, (1, 1, 28, 28)."""
    return to_input(image(index)[None], config)


@lru_cache
def trained() -> tuple[nn.Sequential, TrainConfig]:
    """A small network that has learned something."""
    config = TrainConfig(
        dataset="digits", channels=(4, 8), batch_norm=True, lr=0.01, max_steps=60, eval_every=None
    )
    weights = [
        event.weights
        for event in train(config, load_dataset("digits"))
        if isinstance(event, Snapshot)
    ]
    return model_from(config, weights[-1]), config


@st.composite
def cnn_configs(draw: st.DrawFn) -> TrainConfig:
    """Any CNN that the form allows and that can be built."""
    config = TrainConfig(
        dataset="digits",
        channels=(draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        kernel=draw(st.integers(1, 7)),
        stride=draw(st.integers(1, 3)),
        padding=draw(st.integers(0, 6)),
        pooling=draw(st.sampled_from(list(POOLINGS))),
        activation=draw(st.sampled_from(list(ACTIVATIONS))),
        batch_norm=draw(st.booleans()),
        dropout=draw(st.sampled_from([0.0, 0.5])),
        normalize=draw(st.sampled_from(["none", "zscore"])),
    )
    try:
        build(config)
    except ConfigError:
        return draw(cnn_configs())
    return config
