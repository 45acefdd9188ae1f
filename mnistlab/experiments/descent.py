"""Gradient descent small enough to draw: in a valley of two weights, and on data whose second half
repeats the first.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, to_input
from mnistlab.train import OPTIMIZERS

# curvature across the valley; plain gradient descent is stable up to a learning rate of
# 2 / STEEPNESS
STEEPNESS = 25.0
START = (-9.0, 1.6)
BOUNDS = 100.0  # the path ends beyond these
IMAGES = 400  # in the half that is repeated


def valley(place: Tensor) -> Tensor:
    """(x² + 25 y²) / 2 at points (..., 2): long and flat one way, narrow and steep the other."""
    return (place[..., 0] ** 2 + STEEPNESS * place[..., 1] ** 2) / 2


def descend(optimizer: str, lr: float, momentum: float, steps: int) -> np.ndarray:
    """The path (steps + 1, 2) of PyTorch's own `optimizer` down the valley; it ends early if it
    leaves `BOUNDS`.
    """
    place = nn.Parameter(torch.tensor(START))
    stepper = OPTIMIZERS[optimizer](
        TrainConfig(optimizer=optimizer, lr=lr, momentum=momentum), [place]
    )
    path = [place.detach().clone()]
    for _ in range(steps):
        stepper.zero_grad()
        valley(place).backward()
        stepper.step()
        if not bool((place.abs() <= BOUNDS).all()):  # also true of NaN
            break
        path.append(place.detach().clone())
    return torch.stack(path).numpy()


def repeated_half(data: Dataset, passes: int, lr: float = 0.1) -> dict[str, np.ndarray]:
    """Train in two ways on images whose second half repeats the first: name -> loss (passes + 1,).

    "whole": one step per pass, on all of them. "halves": two steps per pass, one on each half. Both
    start from the same weights.
    """
    config = TrainConfig(dataset=data.name, arch="mlp", hidden=32)
    half, labels = to_input(data.train_images[:IMAGES], config), data.train_labels[:IMAGES]
    x, y = torch.cat([half, half]), torch.cat([labels, labels])
    losses = {}
    for name, size in (("whole", len(x)), ("halves", len(half))):
        model = _seeded(config)
        optimizer = torch.optim.SGD(model.parameters(), lr)
        curve = [F.cross_entropy(model(x), y).item()]
        for _ in range(passes):
            for images, classes in zip(x.split(size), y.split(size), strict=True):
                loss = F.cross_entropy(model(images), classes)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            curve.append(F.cross_entropy(model(x), y).item())
        losses[name] = np.array(curve, np.float32)
    return losses


def _seeded(config: TrainConfig) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return models.build(config)
