"""An architecture with layers of two kinds: an LSTM that reads the rows of a feature map."""

from collections import OrderedDict

from torch import nn

from mnistlab.choices import Architecture
from mnistlab.config import TrainConfig
from mnistlab.models.layers import LastStep, Rows


def mixed(config: TrainConfig) -> nn.Sequential:
    """One convolution with one kernel, and an LSTM."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, 1, 5),  # (1, 24, 24)
            relu=nn.ReLU(),
            rows=Rows(),  # (24, 24): time steps, activations
            lstm=nn.LSTM(24, config.hidden, batch_first=True),
            last=LastStep(config.hidden),
            out=nn.Linear(config.hidden, 10),
        )
    )


MIXED = Architecture(
    label="Mixed: an LSTM reads a feature map",
    name="Mixed",
    section="lstm",
    network="vocabularies.mixed:mixed",
    settings=("hidden",),
    size=lambda config: str(config.hidden),
)
