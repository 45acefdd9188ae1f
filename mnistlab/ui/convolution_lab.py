"""The third view of the page `convolution`: networks with and without pooling, asked about moved, turned and zoomed digits."""

from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.analysis.invariance import AMOUNTS, Robustness, lab_configs, robustness, transformed
from mnistlab.config import DATASET_SIZES, TrainConfig
from mnistlab.data import Dataset
from mnistlab.errors import RunNotFound
from mnistlab.figures.convolution import robustness_figure, small_pictures
from mnistlab.names import DATASET_NAMES
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.train import model_from
from mnistlab.ui import labels, pictures, state, words
from mnistlab.ui.background import Job, Tell, worker
from mnistlab.ui.charts import chart
from mnistlab.ui.convolution_choice import default_dataset, ready
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import N_, _, ngettext
from mnistlab.ui.race import known, stop_button

NAMES = {
    "none": N_("CNN without pooling"), "max": N_("CNN, max pooling"), "mean": N_("CNN, mean pooling"),
    "stochastic": N_("CNN, stochastic pooling"), "mlp": N_("MLP"), "lstm": N_("LSTM, row by row"),
}  # fmt: skip
CHANGES = {"right": N_("Shift sideways"), "down": N_("Shift up and down"), "turn": N_("Turn"), "zoom": N_("Zoom")}
IMAGES = 1_000  # test images; ten seconds of work for all six networks and one change
SHOWN = 11  # of a digit's changes, or else every other one
POLL_SECONDS = 1.0


def show(page: Page) -> None:
    """The six networks: started at a click, measured as they finish, drawn together."""
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    with left:
        change = page.choose("change", _("What is done to the digits"), list(CHANGES), widget=st.segmented_control, format_func=lambda name: _(CHANGES[name]))  # fmt: skip
    with right:
        name = page.choose("dataset", _("Data set"), list(DATASET_SIZES), default_dataset(page), format_func=DATASET_NAMES.__getitem__)
    dataset = ready(name)
    _examples(page, dataset, change)
    configs = lab_configs(dataset.name)
    _start_button(page, configs)
    busy = _busy(page, configs, change)
    st.fragment(_watch, run_every=POLL_SECONDS if busy else None)(page, dataset, change, busy)


def _examples(page: Page, dataset: Dataset, change: str) -> None:
    """One digit under some amounts of the change."""
    image = pictures.picture_of(dataset, *pictures.chosen_place(page, dataset)).image[None]
    amounts = AMOUNTS[change][:: 2 if len(AMOUNTS[change]) > SHOWN else 1]
    st.html(
        small_pictures(
            [transformed(image, change, amount)[0, 0].numpy() for amount in amounts],
            [f"{amount:g}".replace("-", "−") for amount in amounts],
            68,
        )
    )


def _start_button(page: Page, configs: dict[str, TrainConfig]) -> None:
    missing = {name: config for name, config in configs.items() if state.startable(_run_of(page, config))}
    if not missing:
        return
    st.markdown(
        _("Six small networks, equal but for what is named, each trained for about {steps:,} steps in the background. It takes one or two minutes.").format(
            steps=configs["max"].total_steps
        )
    )  # fmt: skip
    label = ngettext("Train the network that is missing", "Train the {n} networks", len(missing)).format(n=len(missing))
    if st.button(label, type="primary", icon=":material/play_arrow:", key="lab.start"):
        with guard():
            for config in missing.values():
                state.start(config)
            st.rerun()


def _watch(page: Page, dataset: Dataset, change: str, watching: bool) -> None:
    """State of the trainings, and what is measured so far; drawn anew by itself, if it is `watching`, until all is there."""
    configs = lab_configs(dataset.name)
    with guard():
        if watching:
            state.executor().ensure()
        found: dict[str, Robustness] = {}
        runs = known(page, configs)
        waiting: list[str] = []
        failed: list[Job] = []
        for name, run in runs.items():
            job = _measuring(run, dataset, change) if run.status == Status.FINISHED else None
            if job is None or not job.finished():
                waiting.append(f"{_(NAMES[name])}: {_state(run)}")
            elif job.failed:
                failed.append(job)
            else:
                found[name] = job.result()
        if watching:
            st.progress(_done(page, configs, found), " · ".join(waiting))
            stop_button(list(runs.values()), "lab.stop")
        elif waiting:
            st.caption(" · ".join(waiting))
        if found:
            _draw(found, change)
        if watching and not _busy(page, configs, change):
            st.rerun()  # once more, without the timer
        if not watching:
            for job in failed:
                with guard():
                    job.result()


def _done(page: Page, configs: dict[str, TrainConfig], found: dict[str, Robustness]) -> float:
    """Which share of all the work is done: a training counts nine times as much as the questions after it."""
    runs = [_run_of(page, config) for config in configs.values()]
    trained = sum(run.step / run.total_steps for run in runs if run is not None)
    return min(1.0, (0.9 * trained + 0.1 * len(found)) / len(configs))


def _draw(found: dict[str, Robustness], change: str) -> None:
    names = {name: _(NAMES[name]) for name in found}
    chart(robustness_figure(found, names, change), f"lab.{change}")
    first = next(iter(found.values()))
    st.caption(
        _(
            "{n:,} test images, the same for every point. The bars are 95 % Wilson intervals: how sure these images make the accuracy of this very network. Other seeds would give other networks."
        ).format(n=first.accuracies[0].count)
    )
    numbers = st.expander(_("In numbers"), icon=":material/table:", key="lab.numbers", on_change="rerun")
    if numbers.open:
        table = pd.DataFrame(
            {
                names[name]: [f"{words.percent(a.share)} ({words.interval(a.correct, a.count)})" for a in each.accuracies]
                for name, each in found.items()
            },
            index=pd.Index([f"{amount:g}" for amount in first.amounts], name=_(CHANGES[change])),
        )
        numbers.dataframe(table, height="content", alt=_("Accuracies and their intervals"))


def _measuring(run: RunRecord, dataset: Dataset, change: str) -> Job:
    """The job that asks the network of a finished run about changed digits: it results in a `Robustness`."""
    store = state.store()

    def measure(tell: Tell) -> Robustness:
        model = model_from(run.config, store.weights(run.id))
        return robustness(model, dataset.test_images[:IMAGES], dataset.test_labels[:IMAGES], run.config, change, tell)

    return worker.job(_job_key(store.url, run, change), measure)


def _job_key(url: str, run: RunRecord, change: str) -> tuple[Any, ...]:
    return "invariance", url, run.id, run.started, change, IMAGES


def _busy(page: Page, configs: dict[str, TrainConfig], change: str) -> bool:
    """Whether anything is still being trained or measured."""
    url = state.store().url
    for config in configs.values():
        run = _run_of(page, config)
        if run is not None and run.status in ACTIVE:
            return True
        if run is not None and run.status == Status.FINISHED:
            job = worker.find(_job_key(url, run, change))
            if job is None or not job.finished():
                return True
    return False


def _run_of(page: Page, config: TrainConfig) -> RunRecord | None:
    try:
        return page.store.get(config.run_id)
    except RunNotFound:
        return None


def _state(run: RunRecord) -> str:
    if run.status == Status.FINISHED:
        return _("being measured")
    if run.status == Status.RUNNING:
        return _("step {step:,} of {total:,}").format(step=run.step, total=run.total_steps)
    return _(labels.STATUS[run.status.value])
