"""Gradient descent where it can be seen whole: in a valley of two weights, and on data of which one half repeats the other."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, to_input
from mnistlab.train import OPTIMIZERS

STEEPNESS = 25.0  # of the valley's walls; plain gradient descent is stable up to a learning rate of 2 / STEEPNESS
START = (-9.0, 1.6)
BOUNDS = 100.0  # beyond which nobody follows
IMAGES = 400  # in the half that is repeated


def valley(place: Tensor) -> Tensor:
    """(x² + 25 y²) / 2 of places (..., 2): long and flat one way, narrow and steep the other."""
    return (place[..., 0] ** 2 + STEEPNESS * place[..., 1] ** 2) / 2


def descend(optimizer: str, lr: float, momentum: float, steps: int) -> np.ndarray:
    """The way (steps + 1, 2) of PyTorch's own `optimizer` down the valley; it ends early where it leaves all bounds."""
    place = nn.Parameter(torch.tensor(START))
    stepper = OPTIMIZERS[optimizer](TrainConfig(optimizer=optimizer, lr=lr, momentum=momentum), [place])
    way = [place.detach().clone()]
    for _ in range(steps):
        stepper.zero_grad()
        valley(place).backward()
        stepper.step()
        if not bool((place.abs() <= BOUNDS).all()):  # true of a nan too
            break
        way.append(place.detach().clone())
    return torch.stack(way).numpy()


def repeated_half(data: Dataset, passes: int, lr: float = 0.1) -> dict[str, np.ndarray]:
    """Training on images of which the second half repeats the first: the loss (passes + 1,) of each of two ways.

    "whole": one step a pass, from all of it. "halves": two steps a pass, from one half each. Both begin with the same weights.
    """
    config = TrainConfig(dataset=data.name, arch="mlp", hidden=32)
    half, labels = to_input(data.train_images[:IMAGES], config), data.train_labels[:IMAGES]
    x, y = torch.cat([half, half]), torch.cat([labels, labels])
    losses = {}
    for name, size in (("whole", len(x)), ("halves", len(half))):
        model = _seeded(config)
        optimizer = torch.optim.SGD(model.parameters(), lr)
        told = [F.cross_entropy(model(x), y).item()]
        for _ in range(passes):
            for images, classes in zip(x.split(size), y.split(size), strict=True):
                loss = F.cross_entropy(model(images), classes)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            told.append(F.cross_entropy(model(x), y).item())
        losses[name] = np.array(told, np.float32)
    return losses


def _seeded(config: TrainConfig) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return models.build(config)
