"""Which parameters each page takes: what a link to it may say. The pages themselves pass the same
tables to `ui.page`, which a test compares.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pkgutil import resolve_name
from typing import Any

from mnistlab.compatibility import RENAMED_SETTINGS, with_new_names
from mnistlab.config import FIELDS, TrainConfig, parse_value
from mnistlab.errors import ConfigError
from mnistlab.i18n import Text, listed, message
from mnistlab.presets import PRESETS
from mnistlab.ui.kit import texts
from mnistlab.ui.kit.i18n import DEFAULT
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.url import EVERYWHERE, Parameter, merged, one_of, text
from mnistlab.ui.kit.views import View, parameters_of

TRAIN = "train"  # whose form takes the settings of a training out of its link
_VIEWS: dict[str, str] = {  # page -> "module:table" of its views
    "data": "mnistlab.ui.data.views:VIEWS",
    "convolution": "mnistlab.ui.convolution.views:VIEWS",
    "runs": "mnistlab.ui.runs.views:VIEWS",
    "feature_maps": "mnistlab.ui.feature_maps.views:VIEWS",
    "backpropagation": "mnistlab.ui.backpropagation.views:VIEWS",
    "embeddings": "mnistlab.ui.embeddings.views:VIEWS",
    "evaluation": "mnistlab.ui.evaluation.views:VIEWS",
    "ablation": "mnistlab.ui.ablation.views:VIEWS",
    "sequence": "mnistlab.ui.sequence.views:VIEWS",
    "class": "mnistlab.ui.classroom.views:VIEWS",
    "optimisers": "mnistlab.ui.optimisers.views:VIEWS",
}
_TABLES: dict[str, str] = {  # page -> "module:table" of what all of its views share
    "data": "mnistlab.ui.data.views:PARAMETERS",
    "convolution": "mnistlab.ui.convolution.views:PARAMETERS",
    "runs": "mnistlab.ui.runs.views:PARAMETERS",
    "feature_maps": "mnistlab.ui.feature_maps.views:PARAMETERS",
    "backpropagation": "mnistlab.ui.backpropagation.views:PARAMETERS",
    "embeddings": "mnistlab.ui.embeddings.views:PARAMETERS",
    "ablation": "mnistlab.ui.ablation.views:PARAMETERS",
    "sequence": "mnistlab.ui.sequence.views:PARAMETERS",
    "draw": "mnistlab.ui.draw.parameters:PARAMETERS",
    "class": "mnistlab.ui.classroom.membership:PARAMETERS",
    "optimisers": "mnistlab.ui.optimisers.views:PARAMETERS",
    "mistakes": "mnistlab.ui.mistakes.quiz:PARAMETERS",
}


def _glossary() -> dict[str, Parameter]:
    return {"term": one_of(*texts.sections(DEFAULT, "glossary")), "q": text()}


_MADE: dict[str, Callable[[], dict[str, Parameter]]] = {"glossary": _glossary}


@cache
def views_of(page: str) -> Mapping[str, View[Any]]:
    """The views of `page`; none if it shows everything at once."""
    views: Mapping[str, View[Any]] = resolve_name(_VIEWS[page]) if page in _VIEWS else {}
    return views


@cache
def own_parameters(page: str) -> dict[str, Parameter]:
    """The parameters of `page`, without those of `EVERYWHERE` and the settings of a training."""
    shared: Mapping[str, Parameter] = resolve_name(_TABLES[page]) if page in _TABLES else {}
    made = _MADE[page]() if page in _MADE else {}
    return merged(shared, made, parameters_of(views_of(page)))


def names_of(page: str) -> frozenset[str]:
    """The names of all parameters of `page`, by which its controls are locked."""
    settings = {"preset", *FIELDS} if page == TRAIN else set()
    return frozenset({*EVERYWHERE, *own_parameters(page), *settings})


def problem_of(page: str, query: Mapping[str, str]) -> Text:
    """What is wrong with a link to `page`, in a sentence; "" if nothing is."""
    if page not in PAGES:
        pages = listed(name or "home" for name in PAGES)
        return message("There is no page {page}: the pages are {names}.", page=page, names=pages)
    if page == TRAIN:
        settings = {"preset", *FIELDS, *RENAMED_SETTINGS}
        problem = _problem_of_settings({k: v for k, v in query.items() if k in settings})
        query = {name: value for name, value in query.items() if name not in settings}
        if problem:
            return problem
    table = {**EVERYWHERE, **own_parameters(page)}
    for name, value in query.items():
        if name not in table:
            return message(
                "The page {page} has no {name}, but {names}.",
                page=page or "home",
                name=name,
                names=sorted(names_of(page)),
            )
        try:
            table[name].parse(value)
        except ValueError:
            return message(
                "The link says {name}={text}, but it has to be {wanted}.",
                name=name,
                text=value,
                wanted=table[name].wanted_instead_of(value),
            )
    return ""


def _problem_of_settings(query: Mapping[str, str]) -> Text:
    settings = with_new_names(query, RENAMED_SETTINGS)
    try:
        preset = settings.pop("preset", None)
        if preset is not None and preset not in PRESETS:
            return message(
                "There is no preset {preset}: the presets are {names}.",
                preset=preset,
                names=tuple(PRESETS),
            )
        base = TrainConfig() if preset is None else PRESETS[preset]
        base.replace(**{name: parse_value(name, text) for name, text in settings.items()})
    except ConfigError as error:
        return error.message
    return ""
