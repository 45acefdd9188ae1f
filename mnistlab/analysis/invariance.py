"""How well a network still recognises digits that are shifted, rotated or scaled. N images."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab.analysis.evaluation import Accuracy, judge
from mnistlab.config import TrainConfig

AMOUNTS: dict[str, tuple[float, ...]] = {  # change -> its amounts
    "right": tuple(range(-8, 9, 1)),  # pixels
    "down": tuple(range(-8, 9, 1)),
    "turn": tuple(range(-90, 91, 15)),  # degrees, anticlockwise positive
    "zoom": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5),  # scale factor
}
UNCHANGED = {"right": 0, "down": 0, "turn": 0, "zoom": 1.0}


def transformed(images: Tensor, change: str, amount: float) -> Tensor:
    """`images` (uint8, (N, 1, 28, 28)) all changed in the same way, uint8 again. `change` is a key
    of `AMOUNTS`.

    Shifts are whole pixels and blur nothing; rotation and scaling about the centre interpolate.
    What comes in from outside is black.
    """
    if amount == UNCHANGED[change]:
        return images
    if change in ("right", "down"):
        distance, dim = int(amount), -1 if change == "right" else -2
        moved = images.roll(distance, dim)
        gap = (
            range(distance)
            if distance > 0
            else range(images.shape[dim] + distance, images.shape[dim])
        )
        return moved.index_fill(dim, torch.tensor(list(gap), device=images.device), 0)
    angle, scale = (math.radians(amount), 1.0) if change == "turn" else (0.0, amount)
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    affine = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=images.device).expand(
        len(images), 2, 3
    )  # output position -> input position
    grid = F.affine_grid(affine, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False).round().to(torch.uint8)


@dataclass(frozen=True, eq=False)
class Robustness:
    """Accuracies of one network under each amount of one change, on the same N images."""

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
    report_progress: Callable[[float], None] = lambda share: None,
) -> Robustness:
    """How many of `images` (uint8, (N, 1, 28, 28)) with `labels` (N,) `model` still gets right
    under each amount of `change`.

    `report_progress` is called with the share of the work done so far. Raises `AnalysisError` if
    the network's outputs are NaN or infinite.
    """
    amounts, accuracies = AMOUNTS[change], []
    for done, amount in enumerate(amounts, start=1):
        moved = transformed(images, change, amount)
        accuracies.append(judge(model, moved, labels, config).accuracy)
        report_progress(done / len(amounts))
    return Robustness(change, amounts, tuple(accuracies))
