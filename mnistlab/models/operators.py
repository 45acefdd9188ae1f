"""A network as a list of operators, with which a browser computes it (see
`mnistlab/ui/kit/libraries/operators.js`) from the weights of a snapshot.
"""

from torch import nn

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import normalisation
from mnistlab.models.layer_operators import Operator
from mnistlab.models.layer_types import layer_type


def operators(config: TrainConfig) -> tuple[Operator, ...]:
    """The input, then every stage of `config`'s network in order, JSON-safe. Do not change them.

    `name`, `kind`, `shape`  as in `describe`
    `op`       which operator of the library computes it, and what this one needs
    `weights`  name in the layer -> name in a snapshot
    `sizes`    name in the layer -> shape

    Raises `ConfigError` where the network is impossible.
    """
    mean, deviation = normalisation(config)
    first, *rest = _stages(config)
    return ({**first, "mean": mean, "std": deviation}, *rest)


@models.once_a_network
def _stages(config: TrainConfig) -> tuple[Operator, ...]:
    first, *rest = models.describe(config)
    layers = dict(models.without_weights(config).named_children())
    return (
        {**_shown(first), "op": "input"},
        *({**_shown(stage), **_computed(stage.name, layers[stage.name])} for stage in rest),
    )


def _shown(stage: models.Stage) -> Operator:
    return {"name": stage.name, "kind": stage.kind, "shape": list(stage.shape)}


def _computed(stage: str, layer: nn.Module) -> Operator:
    numbers = {
        name: tensor for name, tensor in layer.state_dict().items() if tensor.is_floating_point()
    }
    return {
        **layer_type(layer).operator(layer),
        "weights": {name: f"{stage}.{name}" for name in numbers},
        "sizes": {name: list(tensor.shape) for name, tensor in numbers.items()},
    }
