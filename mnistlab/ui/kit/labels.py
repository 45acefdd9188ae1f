"""What settings and their choices are called on the pages. The labels of fields are in the table of
`mnistlab.config`, those of choices in the tables of `mnistlab.choices`.
"""

from typing import Any

from mnistlab.choices import Named
from mnistlab.config import format_value, option
from mnistlab.ui.kit.i18n import N_, _, sentence, sentences

MORE = {  # a group of settings -> the title of those that are folded away
    "data": N_("More settings for the data"),
    "model": N_("More settings for the network"),
    "training": N_("More settings for the training"),
}

NONE = {
    "all": N_("all"),
    "same": N_("same size"),
    "never": N_("never"),
    "epoch": N_("each epoch"),
    "none": N_("none"),
}

STATUS = {
    "queued": N_("waiting"),
    "running": N_("running"),
    "paused": N_("paused"),
    "finished": N_("finished"),
    "stopped": N_("stopped"),
    "failed": N_("failed"),
    "interrupted": N_("interrupted"),
}


def field_label(name: str) -> str:
    """The label of the field `name` of `TrainConfig`."""
    return _(option(name).label)


def field_help(name: str) -> str:
    """What the field `name` of `TrainConfig` does, and which way to turn it."""
    hint = option(name).hint
    return sentences(sentence(_(option(name).help)), _(hint) if hint else "")


def choice_label(name: str, value: Any) -> str:
    """What the value `value` of the field `name` is called."""
    if value is None:
        return _(NONE[option(name).none])
    choices = option(name).choices
    return _(choices[value].label) if choices else format_value(name, value)


def short_label(name: str, value: Any) -> str:
    """As `choice_label`, but as short as a table cell."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    entry = option(name).choices.get(value)
    return _(entry.name) if isinstance(entry, Named) else choice_label(name, value)
