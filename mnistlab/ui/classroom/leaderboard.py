"""Leaderboards: by accuracy, by few parameters, by speed, and by the class's own drawings. Places
that do not differ are shared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab.analysis.places import ranks
from mnistlab.choices import DATASETS
from mnistlab.events import Evaluated, Progress
from mnistlab.experiments.race import seconds_to
from mnistlab.models import describe
from mnistlab.run_names import run_name
from mnistlab.store import RunRecord
from mnistlab.store.members import members
from mnistlab.ui.classroom import names
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.networks import (
    Network,
    best_of_each,
    networks,
    places_job,
    reading_job,
)
from mnistlab.ui.classroom.test_set import drawings
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.url import Parameter, key_of, one_of

GOAL = 0.99  # the accuracy from which on a network may be small, or was fast
MANY = 512  # runs whose seconds are remembered


@dataclass(frozen=True)
class Board:
    """A leaderboard. `show` draws it from the networks of one data set, the best first."""

    label: str  # marked for translation
    show: Callable[[Room, Sequence[Network], Mapping[int, str]], None]
    rule: str  # what is compared, and when a place is shared; marked for translation


def show(room: Room) -> None:
    """The chosen board."""
    everybody = members(room.store, room.of.id)
    called = names.labels_of(room, everybody)
    found = networks(room)
    if not found:
        st.info(_("No student has a trained network yet."), icon=":material/leaderboard:")
        return
    datasets = sorted({each.config.dataset for each in found}, key=list(DATASETS).index)
    board = room.page.choose(
        "board",
        _("By"),
        list(BOARDS),
        widget=st.segmented_control,
        format_func=lambda name: _(BOARDS[name].label),
    )
    dataset = datasets[0]
    if len(datasets) > 1:
        dataset = room.page.choose(
            "dataset", _("Data set"), datasets, format_func=lambda name: _(DATASETS[name].name)
        )
    BOARDS[board].show(room, [each for each in found if each.config.dataset == dataset], called)
    st.caption(_(BOARDS[board].rule))


def _by_accuracy(room: Room, found: Sequence[Network], called: Mapping[int, str]) -> None:
    best = best_of_each(found)
    job = places_job(room, [each.run for each in best])
    standing = wait_for(job, _("Comparing all networks"), patience=0.3)
    if standing is not None:
        _table(
            best,
            standing,
            called,
            {
                _("Accuracy"): [words.percent(each.run.accuracy) for each in best],
                _("95 % interval"): [_interval(each.run) for each in best],
            },
        )


def _by_parameters(room: Room, found: Sequence[Network], called: Mapping[int, str]) -> None:
    counted = [(parameters(each), each) for each in found if (each.run.accuracy or 0) >= GOAL]
    _exact(
        counted,
        called,
        _("Parameters"),
        lambda count: f"{count:,.0f}",
        _("No network has reached {goal} yet.").format(goal=words.percent(GOAL)),
    )


def _by_seconds(room: Room, found: Sequence[Network], called: Mapping[int, str]) -> None:
    timed = [(_seconds(each.run, GOAL), each) for each in found]
    _exact(
        [(round(seconds, 1), each) for seconds, each in timed if seconds is not None],
        called,
        _("Seconds"),
        lambda seconds: f"{seconds:.1f}",
        _("No network has reached {goal} in an evaluation yet.").format(goal=words.percent(GOAL)),
    )


def _by_drawings(room: Room, found: Sequence[Network], called: Mapping[int, str]) -> None:
    drawn, best = drawings(room, members(room.store, room.of.id)), best_of_each(found)
    if not len(drawn) or DATASETS[best[0].config.dataset].classes != DATASETS["mnist"].classes:
        st.info(_("There are no drawings for these networks yet."), icon=":material/draw:")
        return
    job = reading_job(room, [each.run for each in best], drawn)
    reading = wait_for(job, _("All networks read all drawings"), patience=0.3)
    if reading is None:
        return
    right = reading.right.sum(1)
    order = np.argsort(-right, kind="stable")
    _table(
        [best[i] for i in order],
        [reading.places[i] for i in order],
        called,
        {
            _("Drawings read"): [f"{right[i]} / {len(drawn)}" for i in order],
            _("95 % interval"): [words.interval(int(right[i]), len(drawn)) for i in order],
        },
    )


def _exact(
    counted: Sequence[tuple[float, Network]],
    called: Mapping[int, str],
    what: str,
    text: Callable[[float], str],
    none: str,
) -> None:
    """The board of an exact figure, of which less is better: the best of each student."""
    if not counted:
        st.info(none, icon=":material/flag:")
        return
    figure = {each.run.id: value for value, each in counted}
    in_order = [each for _, each in sorted(counted, key=lambda pair: (pair[0], pair[1].number))]
    best = best_of_each(in_order)
    values = [figure[each.run.id] for each in best]
    _table(
        best,
        ranks(values),
        called,
        {
            what: [text(value) for value in values],
            _("Accuracy"): [words.percent(each.run.accuracy) for each in best],
            _("95 % interval"): [_interval(each.run) for each in best],
        },
    )


def _table(
    best: Sequence[Network],
    standing: Sequence[int],
    called: Mapping[int, str],
    columns: Mapping[str, list[str]],
) -> None:
    """One row for each student, in the order of the places."""
    order = sorted(range(len(best)), key=lambda i: (standing[i], i))
    shared = {place: list(standing).count(place) for place in standing}
    rows = {
        _("Place"): [f"{standing[i]}{' =' if shared[standing[i]] > 1 else ''}" for i in order],
        _("Student"): [called[best[i].number] for i in order],
        **{name: [values[i] for i in order] for name, values in columns.items()},
        _("Network"): [run_name(best[i].config) for i in order],
    }
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", alt=_("Leaderboard of the class")
    )


def _interval(run: RunRecord) -> str:
    return "" if run.final is None else words.interval(run.final["correct"], run.final["count"])


def parameters(network: Network) -> int:
    """How many parameters it has."""
    return sum(stage.parameters for stage in describe(network.config))


@cached.cache_by_run(max_entries=MANY)
def _seconds(run: RunRecord, goal: float) -> float | None:
    """Seconds of training until an evaluation reached the accuracy `goal`; None if none did."""
    events = [event for _, event in state.store().events(run.id, [Progress, Evaluated])]
    progress = [event for event in events if isinstance(event, Progress)]
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    return seconds_to(goal, evaluated, progress, run.config.batch_size)


BOARDS: dict[str, Board] = {
    "accuracy": Board(
        N_("Accuracy"),
        _by_accuracy,
        N_(
            "The best network of each student, on all test images. A place is one more than the "
            "number of networks that are better by more than chance explains (McNemar's test of "
            "each pair on the same images, with Holm's correction); nobody stands behind one that "
            "is less accurate. Those marked = share their place."
        ),
    ),
    "parameters": Board(
        N_("Fewest parameters"),
        _by_parameters,
        N_("Networks with 99 % or more on all test images, the smallest of each student."),
    ),
    "seconds": Board(
        N_("Seconds to 99 %"),
        _by_seconds,
        N_(
            "Training time until an evaluation reached 99 %, evaluations left out, the fastest of "
            "each student. Whoever trains while many others do is slower: it is a race against the "
            "machine, too. Times that are the same to a tenth of a second share a place."
        ),
    ),
    "drawings": Board(
        N_("Drawings read"),
        _by_drawings,
        N_(
            "The most accurate network of each student, on all drawings of the class. Places are "
            "shared as for accuracy: with few drawings, hardly any two networks differ."
        ),
    ),
}
PARAMETERS: dict[str, Parameter] = {
    **names.PARAMETERS,
    "board": one_of(*BOARDS),
    "dataset": key_of(DATASETS),
}
