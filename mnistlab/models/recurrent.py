"""Recurrent networks: the image is read row by row, 28 time steps of 28 pixels."""

from collections import OrderedDict
from collections.abc import Callable

from torch import nn

from mnistlab.config import TrainConfig
from mnistlab.models.layers import LastStep, Rows
from mnistlab.models.stages import CLASSES, INPUT_SHAPE


def lstm(config: TrainConfig) -> nn.Sequential:
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""
    return _reader("lstm", nn.LSTM, config)


def gru(config: TrainConfig) -> nn.Sequential:
    """Gated recurrent units (Cho et al., 2014)."""
    return _reader("gru", nn.GRU, config)


def rnn(config: TrainConfig) -> nn.Sequential:
    """The plain recurrent network, with tanh and without gates."""
    return _reader("rnn", nn.RNN, config)


def _reader(name: str, layer: Callable[..., nn.RNNBase], config: TrainConfig) -> nn.Sequential:
    """What `layer` gives after the last row goes through one linear layer."""
    between = config.dropout if config.layers > 1 else 0.0  # torch drops units only between layers
    cell = layer(
        INPUT_SHAPE[2],
        config.hidden,
        config.layers,
        batch_first=True,
        dropout=between,
        bidirectional=config.bidirectional,
    )
    width = config.hidden * (2 if config.bidirectional else 1)
    return nn.Sequential(
        OrderedDict(
            [
                ("rows", Rows()),
                (name, cell),
                ("last", LastStep(config.hidden, config.bidirectional)),
                ("out", nn.Linear(width, CLASSES)),
            ]
        )
    )
