"""Races: ordinary runs that differ in one thing only, from the same start."""

from mnistlab.config import PRESETS, TrainConfig

_SMALL_LSTM = TrainConfig(dataset="digits", arch="lstm", hidden=64, batch_size=64, epochs=8, eval_every=20, eval_size=None)
READERS = ("rnn", "gru", "lstm")  # the recurrent networks, the plainest first


def readers(dataset: str, lr: float) -> dict[str, TrainConfig]:
    """RNN, GRU and LSTM reading images row by row with equal settings: on MNIST those of the tutorial."""
    base = PRESETS["tutorial-lstm"] if dataset == "mnist" else _SMALL_LSTM.replace(dataset=dataset)
    return {arch: base.replace(arch=arch, lr=lr) for arch in READERS}
