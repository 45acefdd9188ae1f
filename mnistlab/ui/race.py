"""Several runs that are trained at one click and shown together as they go."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.errors import RunNotFound
from mnistlab.figures import curves
from mnistlab.figures.intervals import LEGEND, interval_spec, interval_table
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.ui import labels, state, words
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import _, ngettext

POLL_SECONDS = 1.0
Racers = dict[str, RunRecord]  # name -> run


def race(page: Page, configs: Mapping[str, TrainConfig], key: str, show: Callable[[Racers], None]) -> None:
    """Train `configs` (name -> what) at a click, unless they are in the store, and let `show` draw those that have begun.

    What `show` draws is drawn anew every second while any of them is running. `key` tells this race's button from others.
    """
    if not data_ready(next(iter(configs.values())).dataset):
        return
    busy = any(run.status in ACTIVE for run in known(page, configs).values())
    st.fragment(_watch, run_every=POLL_SECONDS if busy else None)(page, configs, key, show, busy)


def known(page: Page, configs: Mapping[str, TrainConfig]) -> Racers:
    """Those of `configs` that were asked for before."""
    found = {}
    for name, config in configs.items():
        try:
            found[name] = page.store.get(config.run_id)
        except RunNotFound:
            continue
    return found


def stop_button(runs: Iterable[RunRecord], key: str) -> None:
    """A button that stops those of `runs` that go on or wait."""
    active = [run for run in runs if run.status in ACTIVE]
    if active and st.button(_("Stop"), icon=":material/stop:", disabled=all(run.wanted for run in active), key=key):
        for run in active:
            state.store().stop(run.id)
        st.rerun()


def accuracy_chart(runs: Racers, colors: Mapping[str, str], key: str) -> None:
    """Test accuracy over the steps, with 95 % intervals."""
    evaluated = {name: state.history(run.id)["evaluated"] for name, run in runs.items()}
    st.vega_lite_chart(
        interval_table(evaluated), interval_spec(colors, _("step"), _("test accuracy")), key=key,
        alt=_("Test accuracy of {names} over the steps, each with its 95 % interval").format(names=", ".join(runs)),
    )  # fmt: skip


def loss_chart(runs: Racers, colors: Mapping[str, str], key: str) -> None:
    """Loss on the test images over the steps, on a logarithmic scale."""
    lines = {name: curves.losses([], state.history(run.id)["evaluated"])[1] for name, run in runs.items()}
    st.vega_lite_chart(
        curves.table(lines), loss_spec(colors, _("step")), key=key, on_select="rerun", selection_mode=[curves.ZOOM],
        alt=_("Test loss of {names} over the steps").format(names=", ".join(runs)),
    )  # fmt: skip


def loss_spec(colors: Mapping[str, str], x: str) -> dict[str, Any]:
    """As `curves.spec`, for losses beside an `accuracy_chart`: on a logarithmic scale, with the legend above."""
    spec = curves.spec(colors, x, _("test loss (nats)"), "log", height=300)
    spec["encoding"]["color"]["legend"] = LEGEND
    spec["encoding"]["y"]["scale"] = {"type": "log", "nice": False}
    return spec


def results(page: Page, runs: Racers) -> None:
    """What came of each run, as a table; a run that diverged says why."""
    finals = {name: run.final for name, run in runs.items()}
    st.dataframe(
        pd.DataFrame({
            _("Name"): list(runs),
            _("State"): [_state(run) for run in runs.values()],
            _("Accuracy"): [None if final is None else words.percent(final["test_accuracy"]) for final in finals.values()],
            _("95 % interval"): [None if final is None else words.interval(final["correct"], final["count"]) for final in finals.values()],
            _("Test loss (nats)"): [None if final is None else round(final["test_loss"], 4) for final in finals.values()],
            _("Training took"): [None if final is None else words.duration(final["seconds"]["train"]) for final in finals.values()],
        }),
        hide_index=True, height="content", placeholder="–", alt=_("What came of each run"),
    )  # fmt: skip
    for name, run in runs.items():
        if run.status == Status.FAILED:
            st.warning(f"**{name}**: {run.reason}", icon=":material/trending_up:")


def _state(run: RunRecord) -> str:
    if run.status == Status.RUNNING:
        return _("running, step {step:,} of {total:,}").format(step=run.step, total=run.total_steps)
    return _(labels.STATUS[run.status.value])


def _watch(page: Page, configs: Mapping[str, TrainConfig], key: str, show: Callable[[Racers], None], was_busy: bool) -> None:
    with guard():
        if was_busy:
            state.executor().ensure()
        runs = known(page, configs)
        busy = any(run.status in ACTIVE for run in runs.values())
        if busy != was_busy:
            st.rerun()
        button, shown = st.container(), st.container()
        with button:
            _button(configs, runs, key, busy)
        begun = {name: run for name, run in runs.items() if run.started is not None}
        if begun:
            with shown:
                show(begun)


def _button(configs: Mapping[str, TrainConfig], runs: Racers, key: str, busy: bool) -> None:
    missing = {name: config for name, config in configs.items() if state.startable(runs.get(name))}
    if busy:
        finished = sum(run.status not in ACTIVE for run in runs.values())
        st.progress(finished / len(configs), _("{n} of {total} networks are trained.").format(n=finished, total=len(configs)))
        stop_button(runs.values(), f"race.stop.{key}")
    elif missing:
        steps = sum(config.total_steps for config in missing.values())
        label = ngettext("Train {n} network", "Train {n} networks", len(missing)).format(n=len(missing))
        if st.button(label, type="primary", icon=":material/play_arrow:", key=f"race.{key}"):
            for config in missing.values():
                state.start(config)
            st.rerun()
        st.caption(_("{names}: {steps:,} steps in all, in the background.").format(names=", ".join(missing), steps=steps))
