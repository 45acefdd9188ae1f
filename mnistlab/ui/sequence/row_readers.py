"""Recurrent networks that read digits row by row, and how far back their gradients reach."""

import streamlit as st

from mnistlab.analysis import gradient_flow
from mnistlab.choices import ARCHITECTURES
from mnistlab.data import load_dataset
from mnistlab.experiments.race import READERS, readers
from mnistlab.figures import sequence as figures
from mnistlab.store import ACTIVE, RunRecord
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training import race
from mnistlab.ui.kit.training.experiments import part_of

READER_RATES = ("0.01", "0.001")
WHEN = {"start": N_("before training"), "end": N_("after training")}
FLOW_IMAGES = 200  # training images over which gradients are averaged


def rows(page: Page) -> None:
    """RNN, GRU and LSTM reading digits, and how far back their gradients reach."""
    left, right = st.columns(2)
    dataset = race.choose_raced_dataset(page, left)
    rate = page.choose(
        "rate", _("Learning rate of Adam"), READER_RATES, widget=right.segmented_control
    )
    configs = readers(dataset, float(rate))
    race.race(
        page,
        {_(ARCHITECTURES[arch].name): config for arch, config in configs.items()},
        part_of("readers", dataset=dataset, rate=rate),
        lambda runs: _readers(page, runs),
    )


def _readers(page: Page, runs: race.Racers) -> None:
    race.accuracy_chart(
        runs,
        {
            _(ARCHITECTURES[arch].name): figures.CELL_COLORS[arch]
            for arch in READERS
            if _(ARCHITECTURES[arch].name) in runs
        },
        "readers.chart",
    )
    race.results(page, runs)
    snapshot_steps = {
        run.config.arch: page.store.snapshot_steps(run.id)
        for run in runs.values()
        if run.final is not None
    }
    if (
        len(runs) < len(READERS)
        or any(run.status in ACTIVE for run in runs.values())
        or not snapshot_steps
    ):
        return
    st.markdown(f"**{_('How far back does the gradient reach?')}**")
    _gradient_reach(page, runs, snapshot_steps)


def _gradient_reach(page: Page, runs: race.Racers, snapshot_steps: dict[str, list[int]]) -> None:
    when = page.choose(
        "when",
        _("Measured"),
        list(WHEN),
        "end",
        st.segmented_control,
        format_func=lambda name: _(WHEN[name]),
    )
    flows = {
        run.config.arch: _flow(run, snapshot_steps[run.config.arch][0 if when == "start" else -1])
        for run in runs.values()
        if run.config.arch in snapshot_steps
    }
    chart(figures.flow_figure(flows), "flow")
    st.caption(
        _(
            "The size of the gradient of the loss with respect to the state after each row, "
            "averaged over {n} training images. c is the LSTM's cell state."
        ).format(n=FLOW_IMAGES)
    )


@cached.cache_by_run(max_entries=64)
def _flow(run: RunRecord, step: int) -> gradient_flow.GradientFlow:
    data = load_dataset(run.config.dataset)
    images, labels = data.train_images[:FLOW_IMAGES], data.train_labels[:FLOW_IMAGES]
    return gradient_flow.gradient_flow(cached.model(run, step), images, labels, run.config)
