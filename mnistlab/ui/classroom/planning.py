"""A teacher plans an experiment: what everybody trains, and what differs from one to the next."""

from collections.abc import Sequence

import streamlit as st

from mnistlab.config import TrainConfig, option, value_type
from mnistlab.errors import ConfigError
from mnistlab.experiments.together import SEED, VARIED, Experiment, planned
from mnistlab.experiments.values import LOGARITHMIC
from mnistlab.presets import ENTRIES, PRESETS
from mnistlab.run_names import run_name
from mnistlab.store.class_experiments import keep_experiment
from mnistlab.store.members import Member
from mnistlab.train import emulates_bfloat16
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit import labels, state
from mnistlab.ui.kit.chosen_run import first_preset
from mnistlab.ui.kit.i18n import N_, _, listed, ngettext
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.url import Parameter, one_of
from mnistlab.ui.kit.url import text as any_text
from mnistlab.ui.kit.words import literal

NAMED = 12  # values that are named one by one
RUN = "run"  # the base is the chosen run
SCALES = {"linear": N_("equal steps"), "log": N_("equal factors")}
PARAMETERS: dict[str, Parameter] = {
    "base": one_of(*PRESETS, RUN),
    "field": one_of(*VARIED),
    "values": any_text(),
    "scale": one_of(*SCALES),
}


def plan(room: Room, members: Sequence[Member]) -> Experiment | None:
    """What the teacher plans, as the page's link says; None while it is impossible or its data set
    is not here. Raises `ConfigError`.
    """
    page = room.page
    first, second = st.columns(2)
    base = _choose_base(room, first)
    fields = [name for name in VARIED if base.counts(name)]
    field = page.choose(
        "field",
        _("What differs"),
        fields,
        SEED,
        second.selectbox,
        resets=("values", "scale"),
        format_func=lambda name: labels.field_label(name),
    )
    text, logarithmic = ("", False) if field == SEED else _ask_values(room, field)
    if field != SEED and not text:
        st.caption(_("Say which values to try."))
        return None
    numbers = [member.number for member in members]
    experiment = planned(base, field, text, numbers, logarithmic)
    st.markdown(in_words(experiment))
    return experiment if data_ready(base.dataset) else None


def start(room: Room, experiment: Experiment) -> int:
    """Keep the experiment, and return its id. Raises `ConfigError` where a part of it cannot be
    trained here, `NotAllowed`, `StoreError`.
    """
    for config in experiment.configs:
        state.executor().check(config)
    return keep_experiment(room.store, room.person, experiment.to_record())


def in_words(experiment: Experiment) -> str:
    """What is trained, and how it is split, as Markdown."""
    network = literal(run_name(experiment.base))
    if experiment.field == SEED:
        return _("**{network}**, with another seed for everybody, from {first} on.").format(
            network=network, first=experiment.base.seed
        )
    values = [labels.short_label(experiment.field, value) for value in experiment.values]
    count = ngettext("{n} value", "{n} values", len(values)).format(n=len(values))
    field = labels.field_label(experiment.field)
    if len(values) > NAMED:
        return _("**{network}**, with {count} of **{field}**, from {first} to {last}.").format(
            network=network, count=count, field=field, first=values[0], last=values[-1]
        )
    return _("**{network}**, with {count} of **{field}**: {values}.").format(
        network=network, count=count, field=field, values=literal(listed(values))
    )


def _choose_base(room: Room, place: st.delta_generator.DeltaGenerator) -> TrainConfig:
    page = room.page
    options = [*PRESETS, *([] if page.run is None else [RUN])]

    def describe(name: str) -> str:
        if name == RUN and page.run is not None:
            return _("the chosen run: {name}").format(name=run_name(page.run.config))
        return ENTRIES[name].in_words()

    chosen = page.choose(
        "base",
        _("Everybody trains"),
        options,
        first_preset(),
        place.selectbox,
        format_func=describe,
    )
    if chosen == RUN and page.run is not None:
        return page.run.config
    config = PRESETS[chosen]
    return config.replace(precision="float32") if emulates_bfloat16(config) else config


def _ask_values(room: Room, field: str) -> tuple[str, bool]:
    """The values as text: some, with commas, or a range, which is split among all; and whether by
    equal factors.
    """
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    kind, choices = value_type(field), option(field).choices
    is_number = kind in (int, float)
    hint = (
        _("With commas; or a range, such as {low}..{high}, which is split among all.").format(
            low="0.0001" if kind is float else 1, high=1 if kind is float else 16
        )
        if is_number
        else _("With commas.")
        + (" " + _("Out of: {choices}.").format(choices=listed(choices)) if choices else "")
    )
    with left:
        text = room.page.search("values", _("Values"), help=hint, placeholder=hint)
    if not is_number or ".." not in text:
        return text, False
    scale = room.page.choose(
        "scale",
        _("Split in"),
        list(SCALES),
        "log" if field in LOGARITHMIC else "linear",
        right.segmented_control,
        format_func=lambda name: _(SCALES[name]),
    )
    return text, scale == "log"


def impossible(error: ConfigError) -> None:
    """Why the plan cannot be trained."""
    st.warning(literal(str(error)), icon=":material/edit_off:")
