"""The experiments that train several networks together: what their runs say they are part of.

A run keeps its experiment as text, "optimisers?dataset=digits&lr=0.01": a key of `EXPERIMENTS` and
the parameters that set up its page.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mnistlab.config import FIELDS, parse_value
from mnistlab.errors import ConfigError
from mnistlab.ui.kit import labels
from mnistlab.ui.kit.i18n import N_, _, listed, ngettext


@dataclass(frozen=True)
class Kind:
    """A kind of experiment: what it is called, and the page and view where it takes place."""

    label: str
    page: str
    view: str


EXPERIMENTS = {
    "optimisers": Kind(N_("Race of the optimisers"), "optimisers", "race"),
    "rates": Kind(N_("Race of learning rates"), "optimisers", "rate"),
    "batches": Kind(N_("Race of batch sizes"), "optimisers", "batch"),
    "readers": Kind(N_("RNN, GRU and LSTM, row by row"), "sequence", "rows"),
    "invariance": Kind(N_("Invariance lab"), "convolution", "invariance"),
    "sweep": Kind(N_("Sweep"), "runs", "sweep"),
    "better": Kind(N_("Is A better than B?"), "runs", "better"),
    "class": Kind(N_("Class experiment"), "class", "experiment"),
}
OTHER = Kind(N_("Other experiment"), "", "")
FIELD_OF = {
    "rate": "lr",
    "raced_batch": "batch_size",
}  # a page's parameter -> the setting that it is
NOT_SHOWN = ("base", "search_seed", "compare", "pairs")


def part_of(kind: str, **query: Any) -> str:
    """What a run keeps that is asked for by the experiment `kind`, set up by `query`. Raises
    `KeyError` for another key than those of `EXPERIMENTS`.
    """
    EXPERIMENTS[kind]
    return f"{kind}?{urlencode(query, safe=',')}"


def link_of(experiment: str) -> tuple[str, dict[str, str]]:
    """The page where `experiment` takes place, and its parameters; ("", {}) if it is unknown."""
    kind, query = _parts(experiment)
    return kind.page, {"view": kind.view, **query} if kind.page else {}


def name_of(experiment: str) -> str:
    """What `experiment` is called: "Race of the optimisers · Small digits · Learning rate 0.01"."""
    kind, query = _parts(experiment)
    shown = [_setting(key, value) for key, value in query.items() if key not in NOT_SHOWN]
    return " · ".join([_(kind.label), *shown])


def _parts(experiment: str) -> tuple[Kind, dict[str, str]]:
    kind, _question_mark, query = experiment.partition("?")
    return EXPERIMENTS.get(kind, OTHER), dict(parse_qsl(query))


def _setting(key: str, text: str) -> str:
    field = FIELD_OF.get(key, key)
    if key == "seeds" and text.isdecimal():
        return ngettext("{n} seed", "{n} seeds", int(text)).format(n=int(text))
    if key == "field" and text in FIELDS:
        return labels.field_label(text)
    if field not in FIELDS:
        return text
    try:
        value = labels.short_label(field, parse_value(field, text))
    except (ConfigError, KeyError, ValueError):  # several values, or those of another version
        value = listed(text.split(","))
    return value if field in ("dataset", "optimizer") else f"{labels.field_label(field)} {value}"
