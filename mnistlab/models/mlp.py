"""The baseline: a network that does not know that pixels have neighbours."""

from collections import OrderedDict
from math import prod

from torch import nn

from mnistlab.choices import ACTIVATIONS
from mnistlab.config import TrainConfig
from mnistlab.models.stages import CLASSES, INPUT_SHAPE


def mlp(config: TrainConfig) -> nn.Sequential:
    """Flatten, then `layers` times linear and activation (and dropout), then the ten logits."""
    parts: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    width = prod(INPUT_SHAPE)
    for layer in range(1, config.layers + 1):
        parts[f"linear{layer}"] = nn.Linear(width, config.hidden)
        parts[f"{config.activation}{layer}"] = ACTIVATIONS[config.activation]()
        if config.dropout:
            parts[f"dropout{layer}"] = nn.Dropout(config.dropout)
        width = config.hidden
    parts["out"] = nn.Linear(width, CLASSES)
    return nn.Sequential(parts)
