"""The command `train` for the presets of the sine experiment: from sine to cosine."""

import json
from argparse import Namespace

from mnistlab import terminal
from mnistlab.config import FIELDS, parse_value
from mnistlab.errors import ConfigError
from mnistlab.experiments.sine_config import SINE_PRESETS, SineConfig
from mnistlab.i18n import message


def train(arguments: Namespace) -> int:
    """Train the sine experiment. It takes only a moment, so it is not kept."""
    config = configured(arguments)
    from mnistlab.experiments.sine import Window, build, final_loss, train_sine

    network = build(config)
    windows = [event for event in train_sine(config, network) if isinstance(event, Window)]
    result = {
        "preset": arguments.preset,
        "config": config.to_dict(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "windows": [{"window": window.index + 1, "loss": window.loss} for window in windows],
        "final_loss": final_loss(windows),
        "cached": False,
    }
    print(json.dumps(result)) if arguments.json else terminal.show_sine(result)
    return 0


def configured(arguments: Namespace) -> SineConfig:
    """The preset with the given flags on top. Raises `ConfigError` for a flag it does not take."""
    names = {"arch": "cell", "hidden": "hidden", "lr": "lr", "seed": "seed"}
    given = {
        name: parse_value(name, text) for name, text in vars(arguments).items() if name in FIELDS
    }
    unknown = [f"--{name.replace('_', '-')}" for name in given if name not in names] + ["--log"] * (
        arguments.log != "none"
    )
    if unknown:
        raise ConfigError(
            message("{preset} does not take {flag}.", preset=arguments.preset, flag=unknown[0]),
            message("It takes --arch (rnn, gru or lstm), --hidden, --lr and --seed."),
        )
    return SINE_PRESETS[arguments.preset].replace(
        **{names[name]: value for name, value in given.items()}
    )
