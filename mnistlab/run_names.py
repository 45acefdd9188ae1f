"""What a run is called by people: short, and made from its configuration alone."""

from functools import lru_cache

from mnistlab.choices import ARCHITECTURES, DATASETS, OPTIMIZERS
from mnistlab.config import TrainConfig
from mnistlab.drawing_set import counts
from mnistlab.i18n import _, language, ngettext
from mnistlab.presets import ENTRIES, PRESETS


def preset_of(config: TrainConfig) -> str | None:
    """The preset that `config` equals, or None."""
    return next((name for name, preset in PRESETS.items() if preset == config), None)


@lru_cache(maxsize=4096)
def with_first_seed(config: TrainConfig) -> TrainConfig:
    """`config` with seed 1: equal for runs that are equal but for their seed."""
    return config.replace(seed=1)


def run_name(config: TrainConfig) -> str:
    """For example "CNN 16–32 · Adam 0.001 · 1 epoch · seed 1", in the language that is spoken here;
    the preset's name where the configuration is one (but for its precision and seed).
    """
    return _run_name(config, language())


def keyed_name(config: TrainConfig) -> str:
    """The same for programs: a preset is called by its key, as the command line calls it."""
    return _run_name(config, language(), keyed=True)


@lru_cache(maxsize=4096)
def _run_name(config: TrainConfig, language: str, keyed: bool = False) -> str:
    for key, entry in ENTRIES.items():
        preset = entry.config
        if preset.replace(precision=config.precision, seed=config.seed) == config:
            precision = config.precision if config.precision != preset.precision else ""
            seed = _seed(config) if config.seed != preset.seed else ""
            return " · ".join(filter(None, [key if keyed else _(entry.name), precision, seed]))
    parts = [
        _network_and_origin(config),
        f"{_(OPTIMIZERS[config.optimizer].name)} {config.lr:g}",
        _length(config),
    ]
    if config.dataset != "mnist":
        parts.insert(0, _(DATASETS[config.dataset].name))
    if config.train_size is not None:
        parts.append(_("{count:,} images").format(count=config.train_size))
    return " · ".join([*parts, _seed(config)])


def network_name(config: TrainConfig) -> str:
    """The network alone: "CNN 16–32", "LSTM 64×2"."""
    architecture = ARCHITECTURES[config.arch]
    return f"{_(architecture.name)} {architecture.size(config)}".rstrip()


def _network_and_origin(config: TrainConfig) -> str:
    """The network, what it begins with, and what it learns from besides the usual: "CNN 16–32
    fine-tuned on 18 of 24 drawings".
    """
    values: dict[str, object] = {"network": network_name(config)}
    if config.drawings is None:
        if not config.parent:
            return network_name(config)
        return _("{network} from run {parent}").format(**values, parent=config.parent[:4])
    values["count"], values["total"] = counts(config.drawings)
    if config.parent:
        return _("{network} fine-tuned on {count} of {total} drawings").format(**values)
    return _("{network} with {count} of {total} drawings").format(**values)


def _length(config: TrainConfig) -> str:
    if config.max_steps is not None and config.max_steps < config.epochs * config.steps_per_epoch:
        return _("{count:,} steps").format(count=config.max_steps)
    return ngettext("{n} epoch", "{n} epochs", config.epochs).format(n=config.epochs)


def _seed(config: TrainConfig) -> str:
    return _("seed {seed}").format(seed=config.seed)
