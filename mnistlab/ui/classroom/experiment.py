"""One experiment of the whole class: the teacher plans it, everybody trains a part of it, and all
see one picture of it, while it trains.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import streamlit as st

from mnistlab.errors import ConfigError, QueueFull, RunStateError
from mnistlab.experiments.together import Experiment, Part, parts
from mnistlab.store import ACTIVE
from mnistlab.store.class_experiments import (
    ClassExperiment,
    class_experiments,
    forget_experiment,
)
from mnistlab.store.members import Member, members
from mnistlab.ui.classroom import names, planning
from mnistlab.ui.classroom.committee import committee_of
from mnistlab.ui.classroom.looking import look, look_anew
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.own_part import own_part, progress
from mnistlab.ui.classroom.pictures import pictures
from mnistlab.ui.kit import labels, state
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.url import Parameter, whole
from mnistlab.ui.kit.wish import fulfil, wish_button
from mnistlab.ui.kit.words import ago

PARAMETERS: dict[str, Parameter] = {
    **planning.PARAMETERS,
    **names.PARAMETERS,
    "experiment": whole(1, 10**9 - 1),
}
TEACHER = "class.experiment.teacher"  # where the teacher's buttons are
BUSY_SECONDS, IDLE_SECONDS = 2.0, 6.0  # between two looks at the store


def show(room: Room) -> None:
    """The plan, for the teacher; and the chosen experiment, or else the latest."""
    everybody = members(room.store, room.of.id)
    known = class_experiments(room.store, room.of.id)
    if room.me is None:
        with st.expander(_("Plan an experiment"), icon=":material/science:", expanded=not known):
            _plan(room, everybody)
    chosen = _choose(room, known)
    if chosen is None:
        if room.me is not None:
            st.info(_("Your teacher has not planned one yet."), icon=":material/hourglass_empty:")
        fragment(_await_the_first, run_every=IDLE_SECONDS)(room)
        return
    experiment = Experiment.from_record(chosen.body)
    st.markdown(planning.in_words(experiment))
    called = names.labels_of(room, everybody)
    is_over = all(part.is_over for part in look(room, chosen, experiment, everybody))
    seconds = IDLE_SECONDS if is_over else BUSY_SECONDS
    fragment(_watch, run_every=seconds)(room, known, chosen, experiment, called, is_over)


def _await_the_first(room: Room) -> None:
    with guard():
        if class_experiments(room.store, room.of.id):
            st.rerun()


def _choose(room: Room, known: Sequence[ClassExperiment]) -> ClassExperiment | None:
    by_id = {each.id: each for each in known}
    if len(known) < 2:
        return known[0] if known else None

    def describe(experiment_id: int) -> str:
        each = by_id[experiment_id]
        field = labels.field_label(each.body["field"])
        return _("{field}, planned {ago}").format(field=field, ago=ago(each.created))

    return by_id[room.page.choose("experiment", _("Experiment"), list(by_id), format_func=describe)]


# -- planning and starting -------------------------------------------------------------------------


def _plan(room: Room, everybody: Sequence[Member]) -> None:
    try:
        experiment = planning.plan(room, everybody)
    except ConfigError as error:
        planning.impossible(error)
        return
    if experiment is None:
        return
    with st.container(horizontal=True):
        at_once = st.button(
            _("Start for everybody"),
            type="primary",
            icon=":material/play_arrow:",
            key="class.experiment.start",
        )
        offered = st.button(
            _("Let everybody start their own part"),
            icon=":material/front_hand:",
            key="class.experiment.offer",
        )
    if at_once or offered:
        with guard():
            planning.start(room, experiment)
            room.page.query.set("experiment", None)
            if at_once:
                waiting = parts(room.store, experiment, experiment.numbers)
                _start_all(waiting, everybody, experiment.part)
            st.rerun()


def _start_all(waiting: Sequence[Part], everybody: Sequence[Member], part_of: str) -> None:
    """Ask for each part in its member's name, so that turns in the queue are theirs. A member who
    has as many runs waiting as one may have gets theirs with another click.
    """
    look_anew()
    ids = {member.number: member.id for member in everybody}
    for part in waiting:
        with suppress(QueueFull):
            if part.number in ids and state.startable(part.run):
                state.executor().start(part.config, ids[part.number], experiment=part_of)


# -- watching --------------------------------------------------------------------------------------


def _watch(
    room: Room,
    known: Sequence[ClassExperiment],
    chosen: ClassExperiment,
    experiment: Experiment,
    called: Mapping[int, str],
    was_over: bool,
) -> None:
    with guard():
        everybody = members(room.store, room.of.id)
        state.executor().ensure()
        found = look(room, chosen, experiment, everybody)
        is_new = [each.id for each in class_experiments(room.store, room.of.id)] != [
            each.id for each in known
        ]
        joined = {member.number for member in everybody} != set(called)
        if is_new or joined or was_over != all(part.is_over for part in found):
            st.rerun()
        if room.me is None:
            progress(found)
            _teacher_buttons(room, chosen, experiment, found, everybody)
        else:
            own_part(room, experiment, found)
            progress(found)
        pictures(room, experiment, found, called)
        committee_of(room, experiment, found, called)


def _teacher_buttons(
    room: Room,
    chosen: ClassExperiment,
    experiment: Experiment,
    found: Sequence[Part],
    everybody: Sequence[Member],
) -> None:
    """How many are trained, and what there is to do."""
    waiting = [part for part in found if state.startable(part.run)]
    active = [part for part in found if part.run is not None and part.run.status in ACTIVE]
    fulfil(room.page.name, TEACHER)
    button = partial(wish_button, room.page.name, TEACHER)
    with st.container(horizontal=True):
        if waiting:
            label = ngettext("Start the {n} that waits", "Start the {n} that wait", len(waiting))
            button(
                label.format(n=len(waiting)),
                partial(_start_all, waiting, everybody, experiment.part),
                "class.experiment.rest",
                type="primary",
                icon=":material/play_arrow:",
            )
        if active:
            stop = partial(_stop, room, active, everybody)
            button(_("Stop all"), stop, "class.experiment.stop", icon=":material/stop:")
        else:
            button(
                _("Forget this experiment"),
                partial(_forget, room, chosen),
                "class.experiment.forget",
                icon=":material/delete:",
                type="tertiary",
                help=_("Its runs stay."),
            )


def _forget(room: Room, chosen: ClassExperiment) -> None:
    forget_experiment(room.store, room.person, chosen.id)


def _stop(room: Room, active: Sequence[Part], everybody: Sequence[Member]) -> None:
    theirs = {member.id for member in everybody} | {room.of.id}
    look_anew()
    for part in active:
        if part.run is not None and part.run.session in theirs:
            with suppress(RunStateError):  # it has just ended
                room.store.stop(part.run.id)
