"""A textbook training loop in which every line that one can get wrong can be replaced.

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
from mnistlab.i18n import Text
from mnistlab.train import OPTIMIZERS, RandomState, train

ReportProgress = Callable[[float], None]  # called with the share done so far, 0 to 1
Curve = list[tuple[float, float]]  # (step, value)


def ignore_progress(share: float) -> None:
    """For callers who do not need the progress."""


@dataclass(frozen=True)
class Outcome:
    """The result of one variant of an experiment."""

    # a key of `mistakes.MEASURES` -> what was measured
    numbers: dict[str, float] = field(default_factory=dict)
    # "train loss" after each step in nats, "test accuracy" after each epoch (0 to 1)
    curves: dict[str, Curve] = field(default_factory=dict)
    error: Text = ""  # what went wrong, if it failed: in Python's words, or in ours


Variant = Callable[[ReportProgress], Outcome]  # one variant of an experiment


def shuffled(labels: Tensor, random: Generator) -> Tensor:
    """A new random order for each epoch, as indices (N,)."""
    return torch.randperm(len(labels), generator=random)


def scaled(images: Tensor) -> Tensor:
    """Bytes -> float32 in [0, 1]."""
    return images / 255


@dataclass(frozen=True)
class Loop:
    """How to train and test. Each field but the first is one line of the loop; its default is the
    correct one.
    """

    config: TrainConfig
    network: Callable[[TrainConfig], nn.Module] = models.build
    order: Callable[[Tensor, Generator], Tensor] = shuffled
    clear: Callable[[Optimizer], None] = Optimizer.zero_grad
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy
    test_mode: Callable[[nn.Module], Any] = nn.Module.eval
    test_pixels: Callable[[Tensor], Tensor] = scaled
    test_batch: int = 250  # images per batch
    # labels -> indices (N,)
    test_order: Callable[[Tensor], Tensor] = lambda labels: torch.arange(len(labels))

    def run(self, report_progress: ReportProgress = ignore_progress) -> Outcome:
        """Train from scratch, and test after each epoch."""
        with RandomState(torch.device("cpu")).ours():
            return self._run(load_dataset(self.config.dataset), report_progress)

    def _run(self, data: Dataset, report_progress: ReportProgress) -> Outcome:
        config, random = self.config, Generator().manual_seed(self.config.seed)
        torch.manual_seed(config.seed)
        images, labels = (
            data.train_images[: config.train_count],
            data.train_labels[: config.train_count],
        )
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
            report_progress(len(losses) / config.total_steps)
        other_order = torch.randperm(len(test_images), generator=random)
        again = self._answers(model, test_images[other_order])
        numbers = {
            "accuracy": accuracies[-1][1],
            "test loss": F.cross_entropy(answers, test_labels).item(),
            "train loss": sum(value for _, value in losses[-10:]) / len(losses[-10:]),
            "confidence": answers.softmax(1).amax(1).mean().item(),
            # asked again in another order
            "changed answers": 1 - _share(again.argmax(1), answers[other_order].argmax(1)),
            "answers of one class": answers.argmax(1)
            .bincount(minlength=models.CLASSES)
            .max()
            .item()
            / len(answers),
        }
        return Outcome(numbers, {"train loss": losses, "test accuracy": accuracies})

    @torch.no_grad()
    def _answers(self, model: nn.Module, images: Tensor) -> Tensor:
        """Logits (N, 10)."""
        return torch.cat(
            [model(self.test_pixels(batch)) for batch in images.split(self.test_batch)]
        )


def trained(config: TrainConfig, report_progress: ReportProgress = ignore_progress) -> Outcome:
    """Train `config` with `mnistlab.train`: for mistakes that are just a wrong setting."""
    losses: Curve = []
    accuracies: Curve = []
    numbers = {"accuracy": 0.0, "train loss": math.inf, "test loss": math.inf}
    error: Text = ""
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
                error = event.why
        report_progress(event.step / config.total_steps)
    return Outcome(numbers, {"train loss": losses, "test accuracy": accuracies}, error)


def _share(one: Tensor, other: Tensor) -> float:
    return (one == other).double().mean().item()
