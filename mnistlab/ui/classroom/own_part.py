"""A student's own part of the class's experiment, and how far everybody is."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from mnistlab.experiments.together import SEED, Experiment, Part
from mnistlab.ui.classroom.looking import look_anew
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit import labels, state
from mnistlab.ui.kit.compute.background import LAST
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.training.race import status
from mnistlab.ui.kit.wish import fulfil, wish_button
from mnistlab.ui.kit.words import literal

MINE = "class.experiment.mine"


def own_part(room: Room, experiment: Experiment, found: Sequence[Part]) -> None:
    """What the student tries, and the button that trains it."""
    assert room.me is not None
    part = next(each for each in found if each.number == room.me.number)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _("Your part: **{field} {value}**").format(
                field=labels.field_label(experiment.field),
                value=literal(_value(experiment, part)),
            )
        )
        if state.startable(part.run):
            _train_button(room, part, experiment)
        elif part.run is not None:
            st.caption(status(part.run))
            room.page.link("train", _("Watch it learn"), run=part.run.id, step=None)


def progress(found: Sequence[Part]) -> None:
    """How many are trained; the bar also grows while one is."""
    done = sum(part.is_finished for part in found)
    text = _("{n} of {total} networks are trained.").format(n=done, total=len(found))
    runs = [part.run for part in found if part.run is not None and not part.is_finished]
    steps = done + sum(LAST * run.step / run.total_steps for run in runs)
    st.progress(min(1.0, steps / len(found)) if found else 0.0, text)


def _train_button(room: Room, part: Part, experiment: Experiment) -> None:
    if not room.of.rules.train:
        st.caption(_("Your teacher starts it."))
        return
    page, label, act = room.page.name, _("Train my part"), partial(_train, part, experiment)
    fulfil(page, MINE)
    wish_button(page, MINE, label, act, MINE, type="primary", icon=":material/play_arrow:")


def _train(part: Part, experiment: Experiment) -> None:
    look_anew()
    state.start(part.config, experiment=experiment.part)


def _value(experiment: Experiment, part: Part) -> str:
    """What a member tries, as text; with the seed where others try the same."""
    value = labels.short_label(experiment.field, getattr(part.config, experiment.field))
    if experiment.field == SEED or part.config.seed == experiment.base.seed:
        return value
    return _("{value} (seed {seed})").format(value=value, seed=part.config.seed)
