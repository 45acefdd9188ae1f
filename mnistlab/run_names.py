"""What a run is called by people: short, and made from its configuration alone."""

from functools import lru_cache

from mnistlab.choices import ARCHITECTURES, DATASETS, OPTIMIZERS
from mnistlab.config import TrainConfig
from mnistlab.drawing_set import counts
from mnistlab.presets import PRESETS


def preset_of(config: TrainConfig) -> str | None:
    """The preset that `config` equals, or None."""
    return next((name for name, preset in PRESETS.items() if preset == config), None)


@lru_cache(maxsize=4096)
def with_first_seed(config: TrainConfig) -> TrainConfig:
    """`config` with seed 1: equal for runs that are equal but for their seed."""
    return config.replace(seed=1)


@lru_cache(maxsize=4096)
def run_name(config: TrainConfig) -> str:
    """For example "CNN 16–32 · Adam 0.001 · 1 epoch · seed 1"; the preset's name where the
    configuration is one (but for its precision and seed).
    """
    for name, preset in PRESETS.items():
        if preset.replace(precision=config.precision, seed=config.seed) == config:
            precision = config.precision if config.precision != preset.precision else ""
            seed = f"seed {config.seed}" if config.seed != preset.seed else ""
            return " · ".join(filter(None, [name, precision, seed]))
    parts = [
        network_name(config) + _origin(config),
        f"{OPTIMIZERS[config.optimizer].name} {config.lr:g}",
        _length(config),
    ]
    if config.dataset != "mnist":
        parts.insert(0, DATASETS[config.dataset].name)
    if config.train_size is not None:
        parts.append(f"{config.train_size:,} images")
    return " · ".join([*parts, f"seed {config.seed}"])


def network_name(config: TrainConfig) -> str:
    """The network alone: "CNN 16–32", "LSTM 64×2"."""
    architecture = ARCHITECTURES[config.arch]
    return f"{architecture.name} {architecture.size(config)}".rstrip()


def _origin(config: TrainConfig) -> str:
    """What the network begins with, and learns from, besides the usual: " fine-tuned on 18 of 24
    drawings".
    """
    if config.drawings is None:
        return f" from run {config.parent[:4]}" if config.parent else ""
    drawings = "{} of {} drawings".format(*counts(config.drawings))
    return f" fine-tuned on {drawings}" if config.parent else f" with {drawings}"


def _length(config: TrainConfig) -> str:
    if config.max_steps is not None and config.max_steps < config.epochs * config.steps_per_epoch:
        return f"{config.max_steps:,} steps"
    return f"{config.epochs} epoch" + ("s" if config.epochs > 1 else "")
