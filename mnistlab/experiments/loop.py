"""The training loop of a textbook, with every line that one can get wrong open to change; and what comes of it.

N images of a mini-batch.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from mnistlab import models
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset, load_dataset
from mnistlab.events import Diverged, Evaluated, Finished, Progress
from mnistlab.train import OPTIMIZERS, RandomState, train

Tell = Callable[[float], None]  # is told how much is done, 0 to 1
Curve = list[tuple[float, float]]  # (step, value)


def tell_nobody(share: float) -> None:
    """For whoever does not want to hear of the progress."""


@dataclass(frozen=True)
class Outcome:
    """What came of one side of an experiment."""

    numbers: dict[str, float] = field(default_factory=dict)  # a key of `mistakes.MEASURES` -> what was measured
    curves: dict[str, Curve] = field(default_factory=dict)  # "train loss" of each step in nats, "test accuracy" after each epoch (0 to 1)
    error: str = ""  # what Python said, if it went no further


Side = Callable[[Tell], Outcome]  # one side of an experiment


def shuffled(labels: Tensor, random: Generator) -> Tensor:
    """A new random order for each epoch, as indices (N,)."""
    return torch.randperm(len(labels), generator=random)


def scaled(images: Tensor) -> Tensor:
    """Bytes -> float32 in [0, 1]."""
    return images / 255


@dataclass(frozen=True)
class Loop:
    """How to train and test. Each field but the first is one line of the loop, and is right as it stands here."""

    config: TrainConfig
    network: Callable[[TrainConfig], nn.Module] = models.build
    order: Callable[[Tensor, Generator], Tensor] = shuffled
    clear: Callable[[Optimizer], None] = Optimizer.zero_grad
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy
    test_mode: Callable[[nn.Module], Any] = nn.Module.eval
    test_pixels: Callable[[Tensor], Tensor] = scaled
    test_batch: int = 250  # images that are asked about at a time
    test_order: Callable[[Tensor], Tensor] = lambda labels: torch.arange(len(labels))  # labels -> indices (N,)

    def run(self, tell: Tell = tell_nobody) -> Outcome:
        """Train from the seed on, and test after each epoch."""
        with RandomState(torch.device("cpu")).ours():
            return self._run(load_dataset(self.config.dataset), tell)

    def _run(self, data: Dataset, tell: Tell) -> Outcome:
        config, random = self.config, Generator().manual_seed(self.config.seed)
        torch.manual_seed(config.seed)
        images, labels = data.train_images[: config.train_count], data.train_labels[: config.train_count]
        order = self.test_order(data.test_labels)
        test_images, test_labels = data.test_images[order], data.test_labels[order]
        model = self.network(config)
        optimizer = OPTIMIZERS[config.optimizer](config, model.parameters())
        losses: Curve = []
        accuracies: Curve = []
        for _ in range(config.epochs):
            model.train()
            for chosen in self.order(labels, random).split(config.batch_size):
                x, y = scaled(images[chosen]), labels[chosen]  # (N, 1, 28, 28), (N,)
                logits = model(x)  # (N, 10)
                loss = self.loss(logits, y)
                self.clear(optimizer)
                loss.backward()
                optimizer.step()
                losses.append((len(losses) + 1, loss.item()))
            self.test_mode(model)
            answers = self._answers(model, test_images)
            accuracies.append((len(losses), _share(answers.argmax(1), test_labels)))
            tell(len(losses) / config.total_steps)
        other_order = torch.randperm(len(test_images), generator=random)
        again = self._answers(model, test_images[other_order])
        numbers = {
            "accuracy": accuracies[-1][1],
            "test loss": F.cross_entropy(answers, test_labels).item(),
            "train loss": sum(value for _, value in losses[-10:]) / len(losses[-10:]),
            "confidence": answers.softmax(1).amax(1).mean().item(),
            "changed answers": 1 - _share(again.argmax(1), answers[other_order].argmax(1)),  # asked again, in another order
            "answers of one class": answers.argmax(1).bincount(minlength=models.CLASSES).max().item() / len(answers),
        }
        return Outcome(numbers, {"train loss": losses, "test accuracy": accuracies})

    @torch.no_grad()
    def _answers(self, model: nn.Module, images: Tensor) -> Tensor:
        """Logits (N, 10)."""
        return torch.cat([model(self.test_pixels(batch)) for batch in images.split(self.test_batch)])


def trained(config: TrainConfig, tell: Tell = tell_nobody) -> Outcome:
    """What the product's own training makes of `config`: for mistakes that are only a wrong setting."""
    losses: Curve = []
    accuracies: Curve = []
    numbers = {"accuracy": 0.0, "train loss": math.inf, "test loss": math.inf}
    error = ""
    for event in train(config, load_dataset(config.dataset)):
        match event:
            case Progress() if event.step:
                losses.append((event.step, event.loss))
                numbers["train loss"] = event.loss
            case Evaluated() if event.step:
                accuracies.append((event.step, event.test_accuracy))
                numbers |= {"accuracy": event.test_accuracy, "test loss": event.test_loss}
            case Finished():
                numbers |= {"accuracy": event.test_accuracy, "test loss": event.test_loss}
            case Diverged():
                error = event.explanation
        tell(event.step / config.total_steps)
    return Outcome(numbers, {"train loss": losses, "test accuracy": accuracies}, error)


def _share(one: Tensor, other: Tensor) -> float:
    return (one == other).double().mean().item()
