"""Races: ordinary runs that differ in one thing only, from the same start."""

from collections.abc import Sequence
from itertools import pairwise

from mnistlab.config import TrainConfig
from mnistlab.events import Progress
from mnistlab.presets import PRESETS

_SMALL_LSTM = TrainConfig(dataset="digits", arch="lstm", hidden=64, batch_size=64, epochs=8, eval_every=20, eval_size=None)
READERS = ("rnn", "gru", "lstm")  # the recurrent networks, the plainest first
RACERS = ("sgd", "momentum", "nesterov", "adam", "rmsprop")
GOOD_RATES = {"sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "adam": 0.01, "rmsprop": 0.003}  # ten times as much is too much
BATCH_SIZES = (5, 20, 50, 200)
BATCH_EPOCHS = 5


def readers(dataset: str, lr: float) -> dict[str, TrainConfig]:
    """RNN, GRU and LSTM reading images row by row with equal settings: on MNIST those of the tutorial."""
    base = PRESETS["tutorial-lstm"] if dataset == "mnist" else _SMALL_LSTM.replace(dataset=dataset)
    return {arch: base.replace(arch=arch, lr=lr) for arch in READERS}


def optimizers(dataset: str, lr: float) -> dict[str, TrainConfig]:
    """The five classic optimisers at one learning rate; same seed, so the same initial weights and the same batches."""
    return {optimizer: _small(dataset).replace(optimizer=optimizer, lr=lr) for optimizer in RACERS}


def rates(dataset: str, optimizer: str) -> dict[str, TrainConfig]:
    """One optimiser at a tenth of a good learning rate, at the good one, and at ten times as much; named by the rate."""
    base = _small(dataset).replace(optimizer=optimizer)
    names = [f"{GOOD_RATES[optimizer] * factor:g}" for factor in (0.1, 1, 10)]
    return {name: base.replace(lr=float(name)) for name in names}


def batches(dataset: str) -> dict[str, TrainConfig]:
    """Plain gradient descent with batches of several sizes, the last one the whole training set; as many epochs for each."""
    base = _small(dataset).replace(optimizer="sgd", lr=0.1, epochs=BATCH_EPOCHS, max_steps=None)
    sizes = [*BATCH_SIZES, base.train_count]
    steps = {
        size: max(1, base.replace(batch_size=size).steps_per_epoch // 4) for size in sizes
    }  # four evaluations an epoch, if there are steps
    return {f"{size:,}": base.replace(batch_size=size, eval_every=steps[size], log_every=steps[size]) for size in sizes}


def seconds_of(progress: Sequence[Progress], batch_size: int) -> dict[int, float]:
    """Step -> seconds of training since step 1, evaluations aside, from what the run told of its speed."""
    told, seconds = {}, 0.0
    for before, event in pairwise(progress):
        if event.images_per_second:
            seconds += (event.step - before.step) * batch_size / event.images_per_second
        told[event.step] = seconds
    return told


def _small(dataset: str) -> TrainConfig:
    """A network of which hundreds of versions can be looked at in a second."""
    return TrainConfig(
        dataset=dataset, train_size=5_000 if dataset != "digits" else None, arch="mlp", hidden=32, batch_size=50,
        epochs=20, max_steps=256, eval_every=16, log_every=1,
    )  # fmt: skip
