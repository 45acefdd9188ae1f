"""How well a network still knows digits that were moved, turned or zoomed. N images."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.evaluation import Accuracy, judge
from mnistlab.config import DATASET_SIZES, TrainConfig

AMOUNTS: dict[str, tuple[float, ...]] = {  # what is done to the images -> how much of it
    "right": tuple(range(-8, 9, 1)),  # pixels
    "down": tuple(range(-8, 9, 1)),
    "turn": tuple(range(-90, 91, 15)),  # degrees, against the clock
    "zoom": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5),  # times as large
}
UNCHANGED = {"right": 0, "down": 0, "turn": 0, "zoom": 1.0}


def transformed(images: Tensor, change: str, amount: float) -> Tensor:
    """`images` (uint8, (N, 1, 28, 28)) all changed in the same way; `change` is a key of `AMOUNTS`. uint8 again.

    Shifts are whole pixels and blur nothing; turning and zooming about the middle interpolate. What comes in from outside is black.
    """
    if amount == UNCHANGED[change]:
        return images
    if change in ("right", "down"):
        distance, dim = int(amount), -1 if change == "right" else -2
        moved = images.roll(distance, dim)
        gap = range(distance) if distance > 0 else range(images.shape[dim] + distance, images.shape[dim])
        return moved.index_fill(dim, torch.tensor(list(gap), device=images.device), 0)
    angle, scale = (math.radians(amount), 1.0) if change == "turn" else (0.0, amount)
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    affine = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=images.device).expand(
        len(images), 2, 3
    )  # output place -> input place
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False).round().to(torch.uint8)


@dataclass(frozen=True, eq=False)
class Robustness:
    """Accuracies of one network under growing amounts of one change, each on the same N images."""

    change: str
    amounts: tuple[float, ...]
    accuracies: tuple[Accuracy, ...]

    @property
    def shares(self) -> np.ndarray:
        """(len(amounts),), from 0 to 1."""
        return np.array([accuracy.share for accuracy in self.accuracies])


def robustness(
    model: nn.Sequential,
    images: Tensor,
    labels: Tensor,
    config: TrainConfig,
    change: str,
    tell: Callable[[float], None] = lambda share: None,
) -> Robustness:
    """How many of `images` (uint8, (N, 1, 28, 28)) with `labels` (N,) `model` still gets right under each amount of `change`.

    `tell` hears which share of the work is done. Raises `AnalysisError` if the network's answers are no numbers.
    """
    amounts, found = AMOUNTS[change], []
    for done, amount in enumerate(amounts, start=1):
        found.append(judge(model, transformed(images, change, amount), labels, config).accuracy)
        tell(done / len(amounts))
    return Robustness(change, amounts, tuple(found))


def lab_configs(dataset: str) -> dict[str, TrainConfig]:
    """The six networks that are compared on `dataset`: short trainings, equal but for the network (and the LSTM's learning rate).

    Name -> configuration.
    """
    short = {"lr": 0.002, "batch_size": 64, "max_steps": 600, "eval_every": 100}
    if DATASET_SIZES[dataset][0] < 10_000:
        short = {"lr": 0.003, "batch_size": 32, "epochs": 6, "eval_every": 50}
    base = TrainConfig(dataset=dataset, channels=(8, 16), kernel=5).replace(**short)
    poolings = {pooling: base.replace(pooling=pooling) for pooling in ("none", "max", "mean", "stochastic")}
    return poolings | {"mlp": base.replace(arch="mlp", hidden=128), "lstm": base.replace(arch="lstm", hidden=64, lr=0.01)}
