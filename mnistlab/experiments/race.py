"""Races: ordinary runs from the same start that differ in one thing."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.events import Evaluated, Progress
from mnistlab.i18n import N_
from mnistlab.presets import PRESETS

_SMALL_LSTM = TrainConfig(
    dataset="digits", arch="lstm", hidden=64, batch_size=64, epochs=8, eval_every=20, eval_size=None
)
READERS = ("rnn", "gru", "lstm")  # the recurrent networks, the plainest first
RACERS = ("sgd", "momentum", "nesterov", "adam", "rmsprop")
# ten times these rates is too high
GOOD_RATES = {"sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "adam": 0.01, "rmsprop": 0.003}
# networks to test on changed digits -> (label, the settings that set it apart)
INVARIANCE: dict[str, tuple[str, dict[str, Any]]] = {
    "none": (N_("CNN without pooling"), {"pooling": "none"}),
    "max": (N_("CNN, max pooling"), {"pooling": "max"}),
    "mean": (N_("CNN, mean pooling"), {"pooling": "mean"}),
    "stochastic": (N_("CNN, stochastic pooling"), {"pooling": "stochastic"}),
    "mlp": (N_("MLP"), {"arch": "mlp", "hidden": 128}),
    "lstm": (N_("LSTM, row by row"), {"arch": "lstm", "hidden": 64, "lr": 0.01}),
}
BATCH_SIZES = (5, 20, 50, 200)
BATCH_EPOCHS = 5


def readers(dataset: str, lr: float) -> dict[str, TrainConfig]:
    """RNN, GRU and LSTM, reading images row by row with the same settings: on MNIST those of the
    tutorial.
    """
    base = PRESETS["tutorial-lstm"] if dataset == "mnist" else _SMALL_LSTM.replace(dataset=dataset)
    return {arch: base.replace(arch=arch, lr=lr) for arch in READERS}


def optimizers(dataset: str, lr: float, batch_size: int = 50) -> dict[str, TrainConfig]:
    """The five classic optimisers at one learning rate and batch size; same seed, so the same
    initial weights and the same batches.
    """
    base = _small(dataset).replace(lr=lr, batch_size=batch_size)
    return {optimizer: base.replace(optimizer=optimizer) for optimizer in RACERS}


def rates(dataset: str, optimizer: str) -> dict[str, TrainConfig]:
    """One optimiser at a tenth of a good learning rate, at the good one and at ten times it, named
    by the rate.
    """
    base = _small(dataset).replace(optimizer=optimizer)
    names = [f"{GOOD_RATES[optimizer] * factor:g}" for factor in (0.1, 1, 10)]
    return {name: base.replace(lr=float(name)) for name in names}


def batches(dataset: str) -> dict[str, TrainConfig]:
    """Plain SGD with several batch sizes up to the whole training set, for the same number of
    epochs.
    """
    base = _small(dataset).replace(optimizer="sgd", lr=0.1, epochs=BATCH_EPOCHS, max_steps=None)
    sizes = [*BATCH_SIZES, base.train_count]
    steps = {
        size: max(1, base.replace(batch_size=size).steps_per_epoch // 4) for size in sizes
    }  # four evaluations per epoch, if it has that many steps
    return {
        f"{size:,}": base.replace(batch_size=size, eval_every=steps[size], log_every=steps[size])
        for size in sizes
    }


def invariance_networks(dataset: str) -> dict[str, TrainConfig]:
    """The networks of `INVARIANCE`, small, to test on shifted, turned and scaled digits.

    Short trainings that differ only in the network (and the LSTM's learning rate).
    """
    short = {"lr": 0.002, "batch_size": 64, "max_steps": 600, "eval_every": 100}
    if DATASETS[dataset].train_count < 10_000:
        short = {"lr": 0.003, "batch_size": 32, "epochs": 6, "eval_every": 50}
    base = TrainConfig(dataset=dataset, channels=(8, 16), kernel=5).replace(**short)
    return {name: base.replace(**settings) for name, (_, settings) in INVARIANCE.items()}


def seconds_of(progress: Sequence[Progress], batch_size: int) -> dict[int, float]:
    """Step -> seconds of training since step 1, without evaluations, from the speeds that the run
    reported.
    """
    elapsed, seconds = {}, 0.0
    for before, event in pairwise(progress):
        if event.images_per_second:
            seconds += (event.step - before.step) * batch_size / event.images_per_second
        elapsed[event.step] = seconds
    return elapsed


def seconds_to(
    accuracy: float,
    evaluated: Sequence[Evaluated],
    progress: Sequence[Progress],
    batch_size: int,
) -> float | None:
    """Seconds of training, without evaluations, until the first evaluation with at least this
    accuracy, in step with `seconds_of`; None if there was none, or nothing was timed.
    """
    step = next((each.step for each in evaluated if each.test_accuracy >= accuracy), None)
    seconds = seconds_of(progress, batch_size)
    if step is None or not seconds:
        return None
    return float(np.interp(step, list(seconds), list(seconds.values())))


def _small(dataset: str) -> TrainConfig:
    """A network small enough to evaluate hundreds of versions of it in a second."""
    return TrainConfig(
        dataset=dataset,
        train_size=5_000 if dataset != "digits" else None,
        arch="mlp",
        hidden=32,
        batch_size=50,
        epochs=20,
        max_steps=256,
        eval_every=16,
        log_every=1,
    )
