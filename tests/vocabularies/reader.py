"""A recurrent architecture of one's own, with a hidden layer behind its last step."""

from collections import OrderedDict

from torch import nn

from mnistlab.choices import Architecture
from mnistlab.config import TrainConfig
from mnistlab.models.layers import LastStep, Rows


def reader(config: TrainConfig) -> nn.Sequential:
    """A GRU that reads the rows in both directions."""
    return nn.Sequential(
        OrderedDict(
            rows=Rows(),  # (28, 28): time steps, pixels
            gru=nn.GRU(28, config.hidden, batch_first=True, bidirectional=True),
            last=LastStep(config.hidden, bidirectional=True),
            hidden=nn.Linear(2 * config.hidden, 16),
            relu=nn.ReLU(),
            out=nn.Linear(16, 10),
        )
    )


READER = Architecture(
    label="Reader: a GRU with a hidden layer",
    name="Reader",
    section="gru",
    network="vocabularies.reader:reader",
    settings=("hidden",),
    size=lambda config: str(config.hidden),
)
