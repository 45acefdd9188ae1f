"""The command line that trains a configuration again."""

from mnistlab.config import FIELDS, TrainConfig, format_value
from mnistlab.presets import PRESETS

DEFAULT = TrainConfig()


def train_command(config: TrainConfig) -> str:
    """The shortest `mnistlab train` of `config`: from the preset, or the defaults, that it differs
    least from.
    """
    bases = {**PRESETS, "": DEFAULT}
    flags = {name: _flags(config, base) for name, base in bases.items()}
    best = min(flags, key=lambda name: len(flags[name]))
    preset = f" --preset {best}" if best else ""
    return f"mnistlab train{preset}{''.join(flags[best])}"


def _flags(config: TrainConfig, base: TrainConfig) -> list[str]:
    """One for each setting that counts and is another one in `base`, or does not count there."""
    return [
        f" --{name.replace('_', '-')} {format_value(name, getattr(config, name))}"
        for name in FIELDS
        if config.counts(name) and getattr(config, name) != getattr(base, name)
    ]
