"""One experiment of the whole class: the teacher plans it, everybody trains a part of it, and all
see one picture of it, while it trains.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import streamlit as st

from mnistlab.errors import ConfigError, QueueFull, RunStateError
from mnistlab.experiments.together import SEED, Experiment, Part, parts
from mnistlab.store import ACTIVE
from mnistlab.store.class_experiments import (
    ClassExperiment,
    class_experiments,
    forget_experiment,
)
from mnistlab.store.members import Member, members
from mnistlab.ui.classroom import names, planning
from mnistlab.ui.classroom.committee import committee_of
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.pictures import pictures
from mnistlab.ui.kit import labels, state
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.training.race import status
from mnistlab.ui.kit.url import Parameter, whole
from mnistlab.ui.kit.words import ago, literal

PARAMETERS: dict[str, Parameter] = {
    **planning.PARAMETERS,
    **names.PARAMETERS,
    "experiment": whole(1, 10**9 - 1),
}
BUSY_SECONDS, IDLE_SECONDS = 2.0, 6.0  # between two looks at the store
SHARED_SECONDS = 1.0  # for so long a look serves everybody who watches


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
        st.fragment(_await_the_first, run_every=IDLE_SECONDS)(room)
        return
    experiment = Experiment.from_record(chosen.body)
    st.markdown(planning.in_words(experiment))
    called = names.labels_of(room, everybody)
    is_over = all(part.is_over for part in _look(room, chosen, experiment, everybody))
    seconds = IDLE_SECONDS if is_over else BUSY_SECONDS
    st.fragment(_watch, run_every=seconds)(room, known, chosen, experiment, called, is_over)


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
            kept = planning.start(room, experiment)
            room.page.query.set("experiment", None)
            if at_once:
                _start_all(parts(room.store, experiment, experiment.numbers), everybody)
            st.session_state["class.experiment.kept"] = kept
            st.rerun()


def _start_all(waiting: Sequence[Part], everybody: Sequence[Member]) -> None:
    """Ask for each part in its member's name, so that turns in the queue are theirs. A member who
    has as many runs waiting as one may have gets theirs with another click.
    """
    _shared_look.clear()
    ids = {member.number: member.id for member in everybody}
    for part in waiting:
        with suppress(QueueFull):
            if part.number in ids and state.startable(part.run):
                state.executor().start(part.config, ids[part.number])


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
        found = _look(room, chosen, experiment, everybody)
        is_new = [each.id for each in class_experiments(room.store, room.of.id)] != [
            each.id for each in known
        ]
        joined = {member.number for member in everybody} != set(called)
        if is_new or joined or was_over != all(part.is_over for part in found):
            st.rerun()
        if room.me is None:
            _teacher_buttons(room, chosen, experiment, found, everybody)
        else:
            _own_part(room, experiment, found)
        pictures(room, experiment, found, called)
        committee_of(room, experiment, found, called)


def _look(
    room: Room, chosen: ClassExperiment, experiment: Experiment, everybody: Sequence[Member]
) -> list[Part]:
    numbers = tuple(member.number for member in everybody)
    return _shared_look(room.store.url, chosen.id, numbers, room, experiment)


@st.cache_data(ttl=SHARED_SECONDS, max_entries=64, show_spinner=False)
def _shared_look(
    store_url: str, chosen: int, numbers: tuple[int, ...], _room: Room, _experiment: Experiment
) -> list[Part]:
    return parts(_room.store, _experiment, numbers)


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
    _progress(found)
    with st.container(horizontal=True):
        if waiting and st.button(
            ngettext("Start the {n} that waits", "Start the {n} that wait", len(waiting)).format(
                n=len(waiting)
            ),
            type="primary",
            icon=":material/play_arrow:",
            key="class.experiment.rest",
        ):
            _start_all(waiting, everybody)
            st.rerun()
        if active and st.button(_("Stop all"), icon=":material/stop:", key="class.experiment.stop"):
            _stop(room, active, everybody)
            st.rerun()
        if not active and st.button(
            _("Forget this experiment"),
            icon=":material/delete:",
            type="tertiary",
            key="class.experiment.forget",
            help=_("Its runs stay."),
        ):
            forget_experiment(room.store, room.person, chosen.id)
            st.rerun()


def _stop(room: Room, active: Sequence[Part], everybody: Sequence[Member]) -> None:
    theirs = {member.id for member in everybody} | {room.of.id}
    _shared_look.clear()
    for part in active:
        if part.run is not None and part.run.session in theirs:
            with suppress(RunStateError):  # it has just ended
                room.store.stop(part.run.id)


def _progress(found: Sequence[Part]) -> None:
    done = sum(part.is_finished for part in found)
    text = _("{n} of {total} networks are trained.").format(n=done, total=len(found))
    st.progress(done / len(found) if found else 0.0, text)


def _own_part(room: Room, experiment: Experiment, found: Sequence[Part]) -> None:
    """A student's own part, and the button that trains it."""
    assert room.me is not None
    part = next(each for each in found if each.number == room.me.number)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _("Your part: **{field} {value}**").format(
                field=labels.field_label(experiment.field),
                value=literal(value_of(experiment, part)),
            )
        )
        if state.startable(part.run):
            _train_button(room, part)
        elif part.run is not None:
            st.caption(status(part.run))
            room.page.link("train", _("Watch it learn"), run=part.run.id, step=None)
    _progress(found)


def _train_button(room: Room, part: Part) -> None:
    if not room.of.rules.train:
        st.caption(_("Your teacher starts it."))
    elif st.button(
        _("Train my part"),
        type="primary",
        icon=":material/play_arrow:",
        key="class.experiment.mine",
    ):
        _shared_look.clear()
        state.executor().check(part.config)
        state.start(part.config)
        st.rerun()


def value_of(experiment: Experiment, part: Part) -> str:
    """What a member tries, as text; with the seed where others try the same."""
    value = labels.short_label(experiment.field, getattr(part.config, experiment.field))
    if experiment.field == SEED or part.config.seed == experiment.base.seed:
        return value
    return _("{value} (seed {seed})").format(value=value, seed=part.config.seed)
