"""Several runs, trained with one click and shown together as they go."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import pandas as pd
import streamlit as st

from mnistlab import data
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.errors import RunStateError
from mnistlab.figures import curves
from mnistlab.figures.intervals import interval_spec, interval_table, series, strokes
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.store.people import Action
from mnistlab.ui.kit import labels, state, words
from mnistlab.ui.kit.charts import vega_chart
from mnistlab.ui.kit.compute.background import LAST
from mnistlab.ui.kit.i18n import _, labelled, listed, ngettext
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.wish import training_button
from mnistlab.ui.kit.words import literal

POLL_SECONDS = 1.0
RACED_DATASETS = ("mnist", "digits")
Racers = dict[str, RunRecord]  # name -> run


def race(
    page: Page,
    configs: Mapping[str, TrainConfig],
    experiment: str,
    show: Callable[[Racers], None],
) -> None:
    """A button that trains those of `configs` (by name) that are not in the store yet, as parts of
    `experiment` (see `experiments`). `show` draws the runs that have started, every second while
    any of them is running.
    """
    if not data_ready(next(iter(configs.values())).dataset):
        return
    busy = any(run.status in ACTIVE for run in stored(configs).values())
    watch = fragment(_watch, run_every=POLL_SECONDS if busy else None)
    watch(page, configs, experiment, show, busy)


def stored(configs: Mapping[str, TrainConfig]) -> Racers:
    """The runs of `configs` that are in the store."""
    runs = {name: state.run_of(config) for name, config in configs.items()}
    return {name: run for name, run in runs.items() if run is not None}


def choose_raced_dataset(page: Page, place: Any, note: str = "") -> str:
    """The choice of the data set to train on, in `place`; `note` says which part of MNIST."""
    return page.choose(
        "dataset",
        _("Data set"),
        RACED_DATASETS,
        default_dataset(),
        place.segmented_control,
        format_func=lambda name: _(DATASETS[name].name) + ("" if name == "digits" else note),
    )


def default_dataset() -> str:
    """The one to train on unless another is chosen: MNIST, if it is available."""
    return "digits" if data.problem("mnist") else "mnist"


def untrained(configs: Mapping[str, TrainConfig], runs: Racers) -> dict[str, TrainConfig]:
    """Those of `configs` that have still to be trained, given the `runs` in the store."""
    return {name: config for name, config in configs.items() if state.startable(runs.get(name))}


def start_button(page: Page, configs: Mapping[str, TrainConfig], key: str, experiment: str) -> None:
    """A button that trains `configs`, as parts of `experiment`."""
    label = ngettext("Train {n} network", "Train {n} networks", len(configs)).format(n=len(configs))
    how = {"type": "primary", "icon": ":material/play_arrow:"}
    with guard():
        if training_button(page.name, label, list(configs.values()), key, experiment, **how):
            st.rerun()


def stop_button(runs: Iterable[RunRecord], key: str) -> None:
    """A button that stops those of `runs` that are running or waiting and that one may stop."""
    active = [
        run for run in runs if run.status in ACTIVE and state.refusal(Action.STOP, run) is None
    ]
    if active and st.button(
        _("Stop"), icon=":material/stop:", disabled=all(run.wanted for run in active), key=key
    ):
        for run in active:
            with suppress(RunStateError):  # it has just ended
                state.store().stop(run.id)
        st.rerun()


def status(run: RunRecord) -> str:
    """The state of `run` in words."""
    if run.status == Status.RUNNING:
        return _("running, step {step:,} of {total:,}").format(step=run.step, total=run.total_steps)
    return _(labels.STATUS[run.status.value])


def accuracy_chart(runs: Racers, colors: Mapping[str, str], key: str) -> None:
    """Test accuracy over the steps, with 95 % intervals."""
    evaluated = {name: state.recorded(run.id).evaluated for name, run in runs.items()}
    y = _("accuracy ({images})").format(images=words.curve_images(runs.values()))
    vega_chart(
        interval_table(evaluated),
        interval_spec(colors, _("step"), y),
        key=key,
        alt=_("Test accuracy of {names} over the steps, each with its 95 % interval").format(
            names=listed(runs)
        ),
    )


def loss_chart(runs: Racers, colors: Mapping[str, str], key: str) -> None:
    """Loss on the test images over the steps, on a logarithmic scale."""
    lines = {
        name: curves.losses([], state.recorded(run.id).evaluated)[1] for name, run in runs.items()
    }
    vega_chart(
        curves.table(lines),
        loss_spec(runs, colors, _("step")),
        key=key,
        zoom=curves.ZOOM,
        alt=_("Test loss of {names} over the steps").format(names=listed(runs)),
    )


def loss_spec(runs: Racers, colors: Mapping[str, str], x: str) -> dict[str, Any]:
    """As `curves.spec`, for losses beside an `accuracy_chart`: on a logarithmic scale, with the
    legend above.
    """
    y = _("loss in nats ({images})").format(images=words.curve_images(runs.values()))
    spec = curves.spec(colors, x, y, "log", height=300)
    names = list(colors)
    spec["encoding"]["color"] = series(names, [colors[name] for name in names])
    spec["encoding"]["strokeDash"] = strokes(names)
    spec["encoding"]["y"]["scale"] = {"type": "log", "nice": False}
    return spec


def results(page: Page, runs: Racers) -> None:
    """The result of each run, as a table; a run that failed says why."""
    finals = {name: run.final for name, run in runs.items()}
    st.dataframe(
        pd.DataFrame(
            {
                _("Name"): list(runs),
                _("Status"): [status(run) for run in runs.values()],
                _("Accuracy, all test images"): [
                    None if final is None else words.percent(final["test_accuracy"])
                    for final in finals.values()
                ],
                _("95 % interval"): [
                    None if final is None else words.interval(final["correct"], final["count"])
                    for final in finals.values()
                ],
                _("Loss, all test images (nats)"): [
                    None if final is None else round(final["test_loss"], 4)
                    for final in finals.values()
                ],
                _("Training time"): [
                    None if final is None else words.duration(final["seconds"]["train"])
                    for final in finals.values()
                ],
            }
        ),
        hide_index=True,
        height="content",
        placeholder="–",
        alt=_("Result of each run"),
        column_config={
            _("Training time"): st.column_config.TextColumn(help=_("Without the evaluations."))
        },
    )
    if words.on_part(runs.values()):
        st.caption(
            _(
                "The curves are measured during training, on the {images}; the table is measured "
                "after it, on all of them."
            ).format(images=words.curve_images(runs.values()))
        )
    for name, run in runs.items():
        if run.status == Status.FAILED:
            st.warning(labelled(f"**{name}**", literal(run.reason)), icon=":material/trending_up:")


def _watch(
    page: Page,
    configs: Mapping[str, TrainConfig],
    experiment: str,
    show: Callable[[Racers], None],
    was_busy: bool,
) -> None:
    with guard():
        if was_busy:
            state.executor().ensure()
        runs = stored(configs)
        busy = any(run.status in ACTIVE for run in runs.values())
        if busy != was_busy:
            st.rerun()
        button, charts = st.container(), st.container()
        with button:
            _progress(page, configs, runs, experiment, busy)
        started = {name: run for name, run in runs.items() if run.started is not None}
        if started:
            with charts:
                show(started)


def _progress(
    page: Page, configs: Mapping[str, TrainConfig], runs: Racers, experiment: str, busy: bool
) -> None:
    """How many of `configs` are trained, or the button that trains them."""
    key = experiment.partition("?")[0]  # the same button, whatever is chosen
    if busy:
        finished = sum(run.status not in ACTIVE for run in runs.values())
        under_way = [run.step / run.total_steps for run in runs.values() if run.status in ACTIVE]
        st.progress(
            min(1.0, (finished + LAST * sum(under_way)) / len(configs)),
            _("{n} of {total} networks trained.").format(n=finished, total=len(configs)),
        )
        stop_button(runs.values(), f"race.stop.{key}")
    elif waiting := untrained(configs, runs):
        start_button(page, waiting, f"race.{key}", experiment)
        st.caption(_what_it_takes(waiting))


def _what_it_takes(waiting: Mapping[str, TrainConfig]) -> str:
    steps = sum(config.total_steps for config in waiting.values())
    names = listed(waiting)
    seconds = [each or 0.0 for each in state.estimates(waiting.values())]
    if not all(seconds):
        sentence = _("{names}: {steps:,} steps in total, in the background.")
        return sentence.format(names=names, steps=steps)
    return _("{names}: {steps:,} steps in total, in the background, in about {time}.").format(
        names=names, steps=steps, time=words.duration(sum(seconds))
    )
