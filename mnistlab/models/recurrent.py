"""Recurrent networks: the image is read row by row, 28 time steps of 28 pixels."""

from collections import OrderedDict
from collections.abc import Callable

from torch import nn

from mnistlab.config import TrainConfig
from mnistlab.models.layers import LastStep, Rows
from mnistlab.models.stages import CLASSES, INPUT_SHAPE

KINDS: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def recurrent(config: TrainConfig) -> nn.Sequential:
    """LSTM, GRU or plain (tanh) RNN; its output after the last row goes through one linear layer."""
    between = config.dropout if config.layers > 1 else 0.0  # torch drops units only between layers
    cell = KINDS[config.arch](
        INPUT_SHAPE[2], config.hidden, config.layers, batch_first=True, dropout=between, bidirectional=config.bidirectional
    )
    width = config.hidden * (2 if config.bidirectional else 1)
    return nn.Sequential(OrderedDict([
        ("rows", Rows()), (config.arch, cell), ("last", LastStep(config.hidden, config.bidirectional)), ("out", nn.Linear(width, CLASSES)),
    ]))  # fmt: skip
