"""The view `invariance`: how well networks with and without pooling recognise shifted, rotated and
zoomed digits.
"""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import streamlit as st

from mnistlab.analysis.invariance import AMOUNTS, Robustness, robustness, transformed
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.data import Dataset
from mnistlab.experiments.race import INVARIANCE, invariance_networks
from mnistlab.figures.convolution import robustness_figure, small_pictures
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.train import model_from
from mnistlab.ui.convolution.inputs import default_dataset, ready
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.background import Job, ReportProgress, worker
from mnistlab.ui.kit.i18n import N_, _, labelled
from mnistlab.ui.kit.inputs import pictures
from mnistlab.ui.kit.inputs.image_choice import say_if_too_high
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.training import race
from mnistlab.ui.kit.training.experiments import part_of

CHANGES = {
    "right": N_("Shift sideways"),
    "down": N_("Shift up or down"),
    "turn": N_("Rotate"),
    "zoom": N_("Zoom"),
}
IMAGES = 1_000  # test images: ten seconds for six networks and one transformation
SHOWN = 11  # examples at most; with more amounts, every other one


def invariance_lab(page: Page) -> None:
    """Train six networks at a click, measure each as it finishes, and draw them together."""
    left, right = st.columns([1, 1], vertical_alignment="bottom")
    with left:
        change = page.choose(
            "change",
            _("Transformation"),
            list(CHANGES),
            widget=st.segmented_control,
            format_func=lambda name: _(CHANGES[name]),
        )
    with right:
        name = page.choose(
            "dataset",
            _("Data set"),
            list(DATASETS),
            default_dataset(page),
            format_func=lambda name: _(DATASETS[name].name),
        )
    dataset = ready(name)
    _examples(page, dataset, change)
    configs = invariance_networks(dataset.name)
    _offer_training(page, configs, part_of("invariance", dataset=dataset.name))
    busy = _busy(configs, change)
    fragment(_watch, run_every=race.POLL_SECONDS if busy else None)(dataset, change, busy)


def _examples(page: Page, dataset: Dataset, change: str) -> None:
    """One digit, transformed by several amounts."""
    say_if_too_high(page, dataset.test_labels)
    image = pictures.picture_of(dataset, pictures.linked_index(page, dataset)).image[None]
    amounts = AMOUNTS[change][:: 2 if len(AMOUNTS[change]) > SHOWN else 1]
    st.html(
        small_pictures(
            [transformed(image, change, amount)[0, 0].numpy() for amount in amounts],
            [f"{amount:g}".replace("-", "−") for amount in amounts],
            68,
        )
    )


def _offer_training(page: Page, configs: dict[str, TrainConfig], experiment: str) -> None:
    missing = race.untrained(configs, race.stored(configs))
    if not missing:
        return
    st.markdown(
        _(
            "Six small networks that differ only in what their names say, each trained in the "
            "background for about {steps:,} steps. This takes one or two minutes."
        ).format(steps=configs["max"].total_steps)
    )
    race.start_button(page, missing, "lab.start", experiment)


def _watch(dataset: Dataset, change: str, watching: bool) -> None:
    """Show the state of the trainings and what is measured so far; updates itself, if
    `watching`, until everything is done.
    """
    configs = invariance_networks(dataset.name)
    with guard():
        if watching:
            state.executor().ensure()
        results: dict[str, Robustness] = {}
        runs = race.stored(configs)
        waiting: list[str] = []
        failed: list[Job] = []
        for name, run in runs.items():
            job = _measuring(run, dataset, change) if run.status == Status.FINISHED else None
            if job is None or not job.finished():
                status = race.status(run) if job is None else _("measuring")
                waiting.append(labelled(_(INVARIANCE[name][0]), status))
            elif job.failed:
                failed.append(job)
            else:
                results[name] = job.result()
        if watching:
            st.progress(_done(runs.values(), len(results), len(configs)), " · ".join(waiting))
            race.stop_button(list(runs.values()), "lab.stop")
        elif waiting:
            st.caption(" · ".join(waiting))
        if results:
            _draw(results, change)
        if watching and not _busy(configs, change):
            st.rerun()  # without the timer
        if not watching:
            for job in failed:
                with guard():
                    job.result()


def _done(runs: Iterable[RunRecord], measured: int, count: int) -> float:
    """The share of the work that is done, for `count` networks: training one counts nine times as
    much as measuring it.
    """
    trained = sum(run.step / run.total_steps for run in runs)
    return min(1.0, (0.9 * trained + 0.1 * measured) / count)


def _draw(results: dict[str, Robustness], change: str) -> None:
    names = {name: _(INVARIANCE[name][0]) for name in results}
    chart(robustness_figure(results, names, change), f"lab.{change}")
    first = next(iter(results.values()))
    st.caption(
        _(
            "{n:,} test images, the same at every point. The bars are 95 % Wilson intervals: the "
            "uncertainty from the limited number of images. Networks trained with other seeds "
            "vary on top of that."
        ).format(n=first.accuracies[0].count)
    )
    numbers = st.expander(_("Table"), icon=":material/table:", key="lab.numbers", on_change="rerun")
    if numbers.open:
        table = pd.DataFrame(
            {
                names[name]: [
                    f"{words.percent(a.share)} ({words.interval(a.correct, a.count)})"
                    for a in each.accuracies
                ]
                for name, each in results.items()
            },
            index=pd.Index([f"{amount:g}" for amount in first.amounts], name=_(CHANGES[change])),
        )
        numbers.dataframe(table, height="content", alt=_("Accuracies and their intervals"))


def _measuring(run: RunRecord, dataset: Dataset, change: str) -> Job:
    """The job that tests the network of a finished run on transformed digits; its result is a
    `Robustness`.
    """
    store = state.store()

    def measure(report_progress: ReportProgress) -> Robustness:
        model = model_from(run.config, store.weights(run.id))
        return robustness(
            model,
            dataset.test_images[:IMAGES],
            dataset.test_labels[:IMAGES],
            run.config,
            change,
            report_progress,
        )

    return worker.job(_job_key(store.url, run, change), measure)


def _job_key(url: str, run: RunRecord, change: str) -> tuple[Any, ...]:
    return "invariance", url, run.id, run.started, change, IMAGES


def _busy(configs: dict[str, TrainConfig], change: str) -> bool:
    """Whether anything is still being trained or measured."""
    url = state.store().url
    for run in race.stored(configs).values():
        if run.status in ACTIVE:
            return True
        if run.status == Status.FINISHED:
            job = worker.find(_job_key(url, run, change))
            if job is None or not job.finished():
                return True
    return False
