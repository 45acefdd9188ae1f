"""What earlier versions wrote, so that this one can read it: links, runs and files keep working.

Adding a setting, or a field of an event, with a default takes nothing here, nor does letting a
setting count with one more choice. Renaming one takes one line here. Changing a default, or what a
value means, is not possible: add a new setting instead.
"""

from collections.abc import Mapping
from typing import Any

_FIRST_SETTINGS = """
    dataset train_size validation_size normalize augment_shift augment_rotation augment_crop
    arch channels kernel stride padding pooling activation batch_norm dropout
    hidden layers bidirectional
    optimizer lr momentum weight_decay label_smoothing schedule schedule_gamma batch_size epochs
    max_steps target_accuracy eval_every eval_size log_every precision seed device
"""
# The settings of version 0.1.0, and which of them counted only with some choices of another one.
# What counted then is part of a run id, whatever its value. What came later, be it a setting or one
# more choice that it counts with, is part of it only where it differs from its default, and so
# changes no older id. Nothing is ever added here.
FIRST_SETTINGS = frozenset(_FIRST_SETTINGS.split())
_CNN, _RECURRENT = ("arch", ("cnn",)), ("arch", ("lstm", "gru", "rnn"))
FIRST_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "channels": _CNN,
    "kernel": _CNN,
    "stride": _CNN,
    "padding": _CNN,
    "pooling": _CNN,
    "batch_norm": _CNN,
    "activation": ("arch", ("cnn", "mlp")),
    "dropout": ("arch", ("cnn", "lstm", "gru", "rnn", "mlp")),
    "hidden": ("arch", ("lstm", "gru", "rnn", "mlp")),
    "layers": ("arch", ("lstm", "gru", "rnn", "mlp")),
    "bidirectional": _RECURRENT,
    "momentum": ("optimizer", ("momentum", "nesterov")),
    "schedule_gamma": ("schedule", ("step",)),
}
# the first name of a setting -> its name today; ids and stored configurations keep the first
RENAMED_SETTINGS: dict[str, str] = {}
# a kind of event -> the earlier names of its fields -> their names today
RENAMED_EVENT_FIELDS: dict[str, dict[str, str]] = {}


def first_name(setting: str) -> str:
    """What this setting was called when it was new."""
    return next((old for old, new in RENAMED_SETTINGS.items() if new == setting), setting)


def counted_at_first(setting: str, values: Mapping[str, Any]) -> bool:
    """Whether 0.1.0 had this setting, and it counted beside these `values` of all settings. All are
    called by their names of today.
    """
    name = first_name(setting)
    if name not in FIRST_CHOICES:
        return name in FIRST_SETTINGS
    of, choices = FIRST_CHOICES[name]
    return values[RENAMED_SETTINGS.get(of, of)] in choices


def with_new_names(values: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """`values` by their names of today."""
    return {renamed.get(name, name): value for name, value in values.items()}
