"""The form of a training: its widgets are made from the fields of `TrainConfig`, and the URL says
the same as the form.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnistlab.compatibility import RENAMED_SETTINGS, with_new_names
from mnistlab.config import FIELDS, TrainConfig, parse_value
from mnistlab.errors import ConfigError, RunNotFound
from mnistlab.models import Stage, describe
from mnistlab.presets import ENTRIES, PRESETS
from mnistlab.run_names import preset_of
from mnistlab.ui.kit.i18n import _, listed
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import literal
from mnistlab.ui.train.fields import Fields
from mnistlab.ui.train.gpu import does_a_gpu_help
from mnistlab.ui.train.steps import steps_in_words

OWN = "own"
LINK = ("preset", *FIELDS)  # the parameters that describe a configuration


@dataclass(frozen=True)
class Form:
    """What the form says: a configuration and its network's stages, or what is wrong with it."""

    config: TrainConfig | None
    stages: tuple[Stage, ...]
    problem: ConfigError | None


def read_link(default: TrainConfig) -> tuple[TrainConfig, ConfigError | None]:
    """(the configuration that the URL describes, what is wrong with it); `default` if it describes
    none or a wrong one.
    """
    return _described(_link_texts(), default)


def _described(
    texts: dict[str, str], default: TrainConfig
) -> tuple[TrainConfig, ConfigError | None]:
    if not texts:
        return default, None
    try:
        preset = texts.pop("preset", None)
        if preset is not None and preset not in PRESETS:
            raise ConfigError(
                _("There is no preset {name}.").format(name=repr(preset)),
                _("The presets are: {names}.").format(names=listed(PRESETS)),
            )
        base = TrainConfig() if preset is None else PRESETS[preset]
        return base.replace(**{name: parse_value(name, text) for name, text in texts.items()}), None
    except ConfigError as problem:
        return default, problem


def config_form(
    page: Page, default: TrainConfig, devices: dict[str, str], top: DeltaGenerator
) -> Form:
    """Draw the form, its presets into `top`, and say what it says.

    It begins with what the URL describes, or else with the chosen run, or else with `default`.
    """
    base = page.run.config if page.run is not None else default
    described, wrong = read_link(base)
    _take_link(page, described)
    if wrong is not None:
        st.warning(
            _("The link cannot be followed. {problem}").format(problem=literal(str(wrong))),
            icon=":material/link_off:",
        )
    locked = _locked(page, default)
    draft = st.session_state["form.draft"] | locked
    generation = st.session_state["form.generation"]
    fields = Fields(page, draft, st.session_state["form.base"], generation, devices, locked)
    places = fields.draw()
    st.session_state["form.draft"] = draft
    with top:
        _presets(draft, generation)
    try:
        config = TrainConfig.from_dict(draft)
        stages = describe(config)
    except ConfigError as problem:
        return Form(None, (), problem)
    if config != described:
        _write_link(page, config)
    places["batch_size"].caption(steps_in_words(config))
    with places["device"]:
        does_a_gpu_help(config, devices)
    return Form(config, stages, None)


def said_by_form() -> dict[str, Any]:
    """What its widgets say, by their keys."""
    own = f"form.{st.session_state.get('form.generation')}."
    return {key: said for key, said in st.session_state.to_dict().items() if key.startswith(own)}


def _locked(page: Page, default: TrainConfig) -> dict[str, Any]:
    """The fields that nobody in the class may change, as they are in their teacher's form."""
    names = [name for name in FIELDS if page.query.is_locked(name)]
    if not names:
        return {}
    link = page.query.lead.link
    texts = with_new_names(link, RENAMED_SETTINGS)
    try:
        base = page.store.get(link["run"]).config if "run" in link else default
    except RunNotFound:  # it was deleted
        base = default
    config, __ = _described({name: texts[name] for name in LINK if name in texts}, base)
    values = config.to_dict()
    return {name: values[name] for name in names}


def _presets(draft: dict[str, Any], generation: int) -> None:
    """The presets; the one shown is the one that the form equals."""
    shown = _preset_name(draft)
    names = list(PRESETS) if shown in PRESETS else [OWN, *PRESETS]
    st.selectbox(
        _("Start from"),
        names,
        names.index(shown),
        lambda name: _("Your own settings") if name == OWN else ENTRIES[name].in_words(),
        key=_preset_key(generation, shown),
        on_change=_take_preset,
        help=_("Settings known to work. Whatever you change below makes them your own."),
    )


def _preset_key(generation: int, shown: str) -> str:
    return f"form.{generation}.preset.{shown}"


# -- the draft and the URL -------------------------------------------------------------------------


def _link_texts() -> dict[str, str]:
    texts = with_new_names(st.query_params, RENAMED_SETTINGS)
    return {name: texts[name] for name in LINK if name in texts}


def _seen(page: Page) -> tuple[Any, ...]:
    return (page.query.get("run"), tuple(sorted(_link_texts().items())), page.query.lead.brought)


def _take_link(page: Page, described: TrainConfig) -> None:
    """Let the form follow the URL where that says something else than before, and than the draft,
    which survives a visit to another page.
    """
    state = st.session_state
    known, seen = state.get("form.seen"), _seen(page)
    entered = state.get("form.entry") != page.query.entry
    keeps_draft = known is not None and (
        known == seen
        or (entered and known[0::2] == seen[0::2] and not seen[1])
        or described.to_dict() == state["form.draft"]
    )
    if not keeps_draft:
        _new_draft(described.to_dict())
    elif entered:
        _new_draft(state["form.draft"])
    state["form.seen"], state["form.entry"] = seen, page.query.entry


def _new_draft(values: dict[str, Any]) -> None:
    """Show `values` in new widgets: those of a page that was left are gone."""
    state = st.session_state
    state["form.base"], state["form.draft"] = dict(values), dict(values)
    state["form.generation"] = state.get("form.generation", 0) + 1


def _take_preset() -> None:
    state = st.session_state
    chosen = state[_preset_key(state["form.generation"], _preset_name(state["form.draft"]))]
    if chosen in PRESETS:
        _new_draft(PRESETS[chosen].to_dict())


def _preset_name(draft: dict[str, Any]) -> str:
    try:
        return preset_of(TrainConfig.from_dict(draft)) or OWN
    except ConfigError:
        return OWN


def _write_link(page: Page, config: TrainConfig) -> None:
    texts = config.to_query() or {"arch": config.arch}
    for name in {"preset", *FIELDS, *RENAMED_SETTINGS} - texts.keys():
        if name in st.query_params:
            del st.query_params[name]
    for name, text in texts.items():
        if st.query_params.get(name) != text:
            st.query_params[name] = text
    st.session_state["form.seen"] = _seen(page)
