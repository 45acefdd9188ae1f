"""What a run is called by people: short, and made from its configuration alone."""

from functools import lru_cache

from mnistlab.config import RECURRENT, TrainConfig
from mnistlab.presets import PRESETS

ARCH_NAMES = {
    "cnn": "CNN",
    "lenet": "LeNet",
    "lenet5": "LeNet-5",
    "pytorch-example": "PyTorch example",
    "lstm": "LSTM",
    "gru": "GRU",
    "rnn": "RNN",
    "mlp": "MLP",
}
OPTIMIZER_NAMES = {
    "sgd": "SGD",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
}
DATASET_NAMES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "kmnist": "KMNIST", "digits": "Digits"}


def preset_of(config: TrainConfig) -> str | None:
    """The preset that `config` equals, or None."""
    return next((name for name, preset in PRESETS.items() if preset == config), None)


@lru_cache(maxsize=4096)
def with_first_seed(config: TrainConfig) -> TrainConfig:
    """`config` with seed 1: equal for runs that are equal but for their seed."""
    return config.replace(seed=1)


@lru_cache(maxsize=4096)
def run_name(config: TrainConfig) -> str:
    """For example "CNN 16–32 · Adam 0.001 · 1 epoch · seed 1"; the preset's name where the configuration is one (but for its seed)."""
    if (preset := preset_of(config)) is not None:
        return preset
    for name, preset_config in PRESETS.items():
        if with_first_seed(preset_config) == with_first_seed(config):
            return f"{name} · seed {config.seed}"
    parts = [network_name(config), f"{OPTIMIZER_NAMES[config.optimizer]} {config.lr:g}", _length(config)]
    if config.dataset != "mnist":
        parts.insert(0, DATASET_NAMES[config.dataset])
    if config.train_size is not None:
        parts.append(f"{config.train_size:,} images")
    return " · ".join([*parts, f"seed {config.seed}"])


def network_name(config: TrainConfig) -> str:
    """The network alone: "CNN 16–32", "LSTM 64×2"."""
    name = ARCH_NAMES[config.arch]
    if config.arch == "cnn":
        return f"{name} {config.channels[0]}–{config.channels[1]}"
    if config.arch == "mlp" or config.arch in RECURRENT:
        return (
            f"{name} {config.hidden}" + (f"×{config.layers}" if config.layers > 1 else "") + (" both ways" if config.bidirectional else "")
        )
    return name


def _length(config: TrainConfig) -> str:
    if config.max_steps is not None and config.max_steps < config.epochs * config.steps_per_epoch:
        return f"{config.max_steps:,} steps"
    return f"{config.epochs} epoch" + ("s" if config.epochs > 1 else "")
