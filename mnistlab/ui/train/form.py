"""The form of a training: its widgets are made from the fields of `TrainConfig`, and the URL says
the same as the form.
"""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnistlab.compatibility import RENAMED_SETTINGS, with_new_names
from mnistlab.config import FIELDS, TrainConfig, counts, option, parse_value, value_type
from mnistlab.errors import ConfigError
from mnistlab.models import Stage, describe
from mnistlab.presets import ENTRIES, PRESETS
from mnistlab.run_names import preset_of
from mnistlab.ui.kit import labels
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import literal

ROWS = (  # what is asked first, row by row; the rest is behind "more"
    ("dataset",),
    ("arch",),
    ("channels",),
    ("kernel", "pooling"),
    ("hidden", "layers"),
    ("optimizer", "lr"),
    ("batch_size", "epochs"),
    ("seed",),
    ("device",),
    ("parent",),
    ("drawings",),
)
FIRST = tuple(name for row in ROWS for name in row)
STEPS = {
    "lr": 0.001,
    "weight_decay": 0.0001,
    "momentum": 0.05,
    "dropout": 0.05,
    "label_smoothing": 0.05,
    "schedule_gamma": 0.05,
    "target_accuracy": 0.01,
    "augment_rotation": 1.0,
}
OWN = "own"


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
    texts = _link_texts()
    if not texts:
        return default, None
    try:
        preset = texts.pop("preset", None)
        if preset is not None and preset not in PRESETS:
            raise ConfigError(
                _("There is no preset {name}.").format(name=repr(preset)),
                _("The presets are: {names}.").format(names=", ".join(PRESETS)),
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
    draft = dict(st.session_state["form.draft"])
    generation = st.session_state["form.generation"]
    _fields(draft, generation, devices)
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
    return Form(config, stages, None)


def _presets(draft: dict[str, Any], generation: int) -> None:
    """The presets; the one shown is the one that the form equals."""
    shown = _preset_name(draft)
    names = list(PRESETS) if shown in PRESETS else [OWN, *PRESETS]
    st.selectbox(
        _("Start from"),
        names,
        names.index(shown),
        lambda name: _("Your own settings") if name == OWN else _(ENTRIES[name].label),
        key=_preset_key(generation, shown),
        on_change=_take_preset,
        help=_("Settings known to work. Whatever you change below makes them your own."),
    )


def _preset_key(generation: int, shown: str) -> str:
    return f"form.{generation}.preset.{shown}"


def _fields(draft: dict[str, Any], generation: int, devices: dict[str, str]) -> None:
    """The widgets, which change `draft`. First the few that matter most, then the rest of each
    group behind "more".
    """
    for row in ROWS:
        names = [name for name in row if _is_asked(draft, name)]
        if "channels" in names or len(names) == 1:
            _field(draft, names[0], generation, devices)
        elif names:
            for column, name in zip(st.columns(len(names)), names, strict=True):
                with column:
                    _field(draft, name, generation, devices)
    for group, title in labels.GROUPS.items():
        if any(_is_more(draft, name, group) for name in FIELDS):
            more = st.expander(
                _("More settings for {what}").format(what=_(title).lower()),
                key=f"form.more.{group}",
                on_change="rerun",
            )
            if more.open:  # closed, its twenty widgets would only cost time
                with more:
                    for name in FIELDS:
                        if _is_more(draft, name, group):
                            _field(draft, name, generation, devices)


def _is_asked(draft: dict[str, Any], name: str) -> bool:
    """Whether the form has a widget for it: what refers to the store, only to be taken away."""
    return counts(name, draft) and not (option(name).refers and draft[name] is None)


def _is_more(draft: dict[str, Any], name: str, group: str) -> bool:
    return option(name).group == group and name not in FIRST and counts(name, draft)


def _field(draft: dict[str, Any], name: str, generation: int, devices: dict[str, str]) -> None:
    known, kind, key = option(name), value_type(name), f"form.{generation}.{name}"
    label, help = labels.field_label(name), labels.field_help(name)
    base = st.session_state["form.base"]
    if key not in st.session_state and f"{key}.0" not in st.session_state:
        # a widget that was not there before begins with what the form says; from then on it knows
        # itself
        base[name] = draft[name]
    value = base[name]
    if name == "device":
        names = list(devices) if value in devices else [*devices, value]
        draft[name] = st.selectbox(
            label,
            names,
            names.index(value),
            lambda d: f"{d}: {devices[d]}" if d in devices else d,
            key=key,
            help=help,
        )
    elif known.choices:
        draft[name] = st.selectbox(
            label,
            list(known.choices),
            list(known.choices).index(value),
            lambda choice: labels.choice_label(name, choice),
            key=key,
            help=help,
        )
    elif kind is bool:
        draft[name] = st.checkbox(label, value, key=key, help=help)
    elif kind is tuple:
        for column, part in zip(st.columns(2), range(2), strict=True):
            draft[name] = [
                *draft[name][:part],
                _number(
                    column,
                    _("Channels of convolution {n}").format(n=part + 1),
                    value[part],
                    known,
                    int,
                    f"{key}.{part}",
                    help,
                    name,
                ),
                *draft[name][part + 1 :],
            ]
    elif known.refers:
        draft[name] = st.text_input(label, value, key=key, help=help) or None
    else:
        draft[name] = _number(st, label, value, known, kind, key, help, name)


def _number(
    where: Any, label: str, value: Any, known: Any, kind: type, key: str, help: str, name: str
) -> Any:
    """A number input; where None is a value of the field, an empty box stands for it. It has no
    bounds of its own: the browser would keep what is beyond them to itself, and Start would train
    the number before.
    """
    step = STEPS.get(name, 1) if kind is float else 1
    if known.none and key not in st.session_state:
        # and not as the default, to which an emptied box would go back
        st.session_state[key] = value
    shown = where.number_input(
        label,
        None,
        None,
        None if known.none else value,
        kind(step),
        "%g" if kind is float else None,
        key=key,
        help=help,
        placeholder=_(labels.NONE[known.none]) if known.none else None,
    )
    return value if shown is None and not known.none else shown


# -- the draft and the URL -------------------------------------------------------------------------


def _link_texts() -> dict[str, str]:
    texts = with_new_names(st.query_params, RENAMED_SETTINGS)
    return {name: texts[name] for name in ("preset", *FIELDS) if name in texts}


def _seen(page: Page) -> tuple[Any, ...]:
    return (page.query.get("run"), tuple(sorted(_link_texts().items())))


def _take_link(page: Page, described: TrainConfig) -> None:
    """Let the form follow the URL where that has changed; a draft survives a
    visit to another page.
    """
    state = st.session_state
    known, seen = state.get("form.seen"), _seen(page)
    keeps_draft = known is not None and (
        known == seen or (page.query.entered and known[0] == seen[0] and not seen[1])
    )
    if not keeps_draft:
        _new_draft(described.to_dict())
    elif page.query.entered:
        _new_draft(state["form.draft"])
    state["form.seen"] = seen


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
