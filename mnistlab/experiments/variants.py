"""Variants of an experiment that take more than one changed line of the loop."""

import torch
from torch import nn

from mnistlab.config import TrainConfig
from mnistlab.experiments.loop import Curve, Loop, Outcome, ReportProgress, Variant
from mnistlab.experiments.sine import Broken, train_sine
from mnistlab.experiments.sine_config import SineConfig


def until_it_fails(loop: Loop) -> Variant:
    """`loop`, or Python's error message if it fails."""

    def run(report_progress: ReportProgress) -> Outcome:
        try:
            return loop.run(report_progress)
        except RuntimeError as error:
            return Outcome(error=f"RuntimeError: {error}")

    return run


def with_batch_norm(config: TrainConfig) -> nn.Module:
    """An MLP with batch normalisation."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, config.hidden),
        nn.BatchNorm1d(config.hidden),
        nn.ReLU(),
        nn.Linear(config.hidden, 10),
    )


def sine_training(state: str) -> Variant:
    """Train the sine → cosine regressor; `state`: what happens to its hidden
    state between windows.
    """

    def run(report_progress: ReportProgress) -> Outcome:
        config = SineConfig(state=state)
        losses: Curve = []
        error = ""
        for window in train_sine(config):
            if isinstance(window, Broken):
                error = f"RuntimeError: {window.error}"
            else:
                losses.append((window.index + 1, window.loss))
            report_progress(len(losses) / config.windows)
        last = [loss for _, loss in losses[-10:]]
        return Outcome(
            {"windows": len(losses), "error of last windows": sum(last) / len(last)},
            {"train loss": losses},
            error,
        )

    return run


def sorted_by_class(labels: torch.Tensor, *_: object) -> torch.Tensor:
    """All zeros first, all nines last."""
    return labels.argsort(stable=True)
