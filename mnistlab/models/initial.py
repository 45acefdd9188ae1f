"""The weights that a training begins with, without training."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mnistlab import models
from mnistlab.config import TrainConfig


class DrawnFrom(TorchFunctionMode):
    """Within, `torch.nn.init` draws from `generator`, in this thread: others, who draw from torch's
    own random state at the same time, neither change the weights nor are disturbed.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if kwargs.get("generator", self) is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)


def initial_weights(config: TrainConfig) -> dict[str, Tensor]:
    """What a run of `config` has at step 0, by name. Raises `ConfigError` where the network is
    impossible.
    """
    with DrawnFrom(torch.Generator().manual_seed(config.seed)):
        network = models.build(config)
    return network.state_dict()
