"""The training of a sweep on its page: what the store tells of it, what is asked for next, and the
buttons.

Only which of its runs this session has still to ask for is kept with the session, as ids. Nothing
is trained because somebody opens a link: the best of a rung go on while a browser looks that asked
for them.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Self

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.errors import MnistlabError, NotAllowed, QueueFull, RunStateError
from mnistlab.experiments.halving import Halving, Standing, has_steps_left, planned_steps
from mnistlab.experiments.sweep import Sweep
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.store.people import Action
from mnistlab.store.runs import CUT_SHORT
from mnistlab.ui.kit import state
from mnistlab.ui.kit.compute.background import LAST
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.wish import fulfil, wish_button
from mnistlab.ui.runs.sweep_results import show_results

BUTTONS = "sweep"  # the place of what they wish


@dataclass(frozen=True)
class Look:
    """A sweep as the store tells of it at one moment."""

    runs: dict[str, RunRecord]  # by id, as all that follows
    standings: list[Standing]
    limits: dict[str, int | None]  # up to which step a run may be trained; None: to its end
    promoted: dict[str, int | None]  # how far those of ours that paused at a rung may go on

    @classmethod
    def at(cls, asked: Sweep) -> Self:
        """Raises `StoreError`."""
        halving = halving_of(asked)
        runs = {run.id: run for run in state.store().runs(ids=asked.configs)}
        standings = halving.standings(state.store(), runs)
        limits = halving.limits(standings)
        ours = {
            run_id: until
            for run_id, until in halving.promotions(limits, runs).items()
            if (asked.id in _started() or state.person().owns(runs[run_id].session))
            and state.refusal(Action.RESUME, runs[run_id]) is None
        }
        return cls(runs, standings, limits, ours)

    def startable(self, run_id: str) -> bool:
        """Whether this run has something to be trained, and is not under way."""
        run = self.runs.get(run_id)
        return state.startable(run) and has_steps_left(run, self.limits[run_id])

    def is_busy(self, asked: Sweep) -> bool:
        """Whether anything is to be trained."""
        under_way = any(run.status in ACTIVE for run in self.runs.values())
        return under_way or bool(self.promoted) or any(map(self.startable, _waiting(asked)))


def halving_of(asked: Sweep) -> Halving:
    """What is known of the rungs of a sweep: shared by all who look at it."""
    return _halving(state.store().url, asked.canonical, asked)


@st.cache_resource(max_entries=32, show_spinner=False)
def _halving(store_url: str, canonical: str, _sweep: Sweep) -> Halving:
    return Halving(_sweep)


def _started() -> dict[str, list[str]]:
    """Id of each sweep that was started here -> ids of the runs that are still to be asked for."""
    started: dict[str, list[str]] = st.session_state.setdefault("sweep.started", {})
    return started


def _waiting(asked: Sweep) -> list[str]:
    return _started().get(asked.id, [])


def watch(page: Page, asked: Sweep, was_busy: bool) -> None:
    with guard():
        look = Look.at(asked)
        if was_busy:
            state.executor().ensure()
            _request(asked, look)
            look = Look.at(asked)
        busy = look.is_busy(asked)
        if busy != was_busy:
            st.rerun()
        _progress(page, asked, look, busy)
        show_results(page, asked, look.runs, halving_of(asked).stopped(look.standings, look.runs))


def _request(asked: Sweep, look: Look) -> None:
    """Have the best of a rung go on, and ask for as many of the waiting runs as one session may
    have at once.
    """
    waiting = _waiting(asked)
    with suppress(QueueFull):
        for run_id, until in look.promoted.items():
            state.promote(run_id, until)
        unasked = [run_id for run_id in waiting if run_id not in look.promoted]
        for run_id in [i for i in unasked if has_steps_left(look.runs.get(i), look.limits[i])]:
            try:
                state.start(asked.configs[run_id], look.limits[run_id], asked.part)
            except NotAllowed:
                if run_id not in look.runs:
                    raise
                # somebody else keeps this one as it is; the others can be trained
            waiting.remove(run_id)


def _progress(page: Page, asked: Sweep, look: Look, busy: bool) -> None:
    """How much there is to train, how much of it is done, and the buttons."""
    configs, runs = asked.configs, look.runs
    st.caption(_size(asked, sum(run.status == Status.FINISHED for run in runs.values())))
    fulfil(page.name, BUTTONS)
    if busy:
        waiting = [i for i in _waiting(asked) if look.startable(i)]
        active = [run.id for run in runs.values() if run.status in ACTIVE]
        rest = {*waiting, *active, *look.promoted}
        done = len(configs) - len(rest)
        st.progress(
            _share(asked, look, rest),
            _("{n} of {total} networks are done.").format(n=done, total=len(configs)),
        )
        if asked.halving is not None:
            st.caption(_("This page keeps training the best ones. Leave it open."))
        elif waiting:
            st.caption(_("This page asks for the others as these finish: leave it open."))
        _stop_button(page, asked, look)
    elif startable := {i: config for i, config in configs.items() if look.startable(i)}:
        cut_short = any(runs[i].status in CUT_SHORT for i in startable if i in runs)
        _start_button(page, asked, startable, cut_short)


def _share(asked: Sweep, look: Look, rest: Collection[str]) -> float:
    """How much of the training is done while `rest` is still to do: by steps, so that it grows
    while a network is trained, and does not fall when one that paused at a rung goes on.
    """
    if asked.halving is not None:
        return min(LAST, sum(run.step for run in look.runs.values()) / planned_steps(asked))
    begun = [look.runs[run_id] for run_id in rest if run_id in look.runs]
    parts = len(asked.configs) - len(rest) + sum(run.step / run.total_steps for run in begun)
    return min(LAST, parts / len(asked.configs))


def _size(asked: Sweep, trained: int) -> str:
    count = len(asked.combinations)
    return _(
        "{combinations} × {seeds}: {networks}, {steps:,} steps in total. Trained: {trained:,}."
    ).format(
        combinations=ngettext("{n} combination", "{n} combinations", count).format(n=count),
        seeds=ngettext("{n} seed", "{n} seeds", len(asked.seeds)).format(n=len(asked.seeds)),
        networks=_networks(len(asked.configs)),
        steps=sum(config.total_steps for config in asked.configs.values()),
        trained=trained,
    )


def _networks(count: int) -> str:
    return ngettext("{n} network", "{n} networks", count).format(n=count)


def _start_button(
    page: Page, asked: Sweep, rest: Mapping[str, TrainConfig], was_cut_short: bool
) -> None:
    label = _("Resume: train {networks}") if was_cut_short else _("Train {networks}")
    wish_button(
        page.name,
        BUTTONS,
        label.format(networks=_networks(len(rest))),
        partial(_start, asked, rest),
        "sweep.start",
        type="primary",
        icon=":material/play_arrow:",
    )


def _start(asked: Sweep, rest: Mapping[str, TrainConfig]) -> None:
    for config in rest.values():
        state.executor().check(config)
    look = Look.at(asked)
    _started()[asked.id] = [i for i in asked.configs if state.startable(look.runs.get(i))]
    try:
        _request(asked, look)
    except MnistlabError:
        del _started()[asked.id]  # or each look at the sweep would ask again, in vain
        raise


def _stop_button(page: Page, asked: Sweep, look: Look) -> None:
    runs = [
        run
        for run in look.runs.values()
        if (run.status in ACTIVE or run.until is not None)
        and state.refusal(Action.STOP, run) is None
    ]
    if not runs and not _waiting(asked):
        return
    stopping = not _waiting(asked) and all(run.wanted for run in runs)
    wish_button(
        page.name,
        BUTTONS,
        _("Stop all"),
        partial(_stop, asked, runs),
        "sweep.stop",
        icon=":material/stop:",
        disabled=stopping,
    )


def _stop(asked: Sweep, runs: Iterable[RunRecord]) -> None:
    _started().pop(asked.id, None)
    for run in runs:
        with suppress(RunStateError):  # it has just ended
            state.store().stop(run.id)
