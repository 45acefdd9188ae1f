"""Sequences: a network that has to remember (sine → cosine), and networks that read digits row by row. For the page `sequence`."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab import data
from mnistlab.analysis import gradient_flow
from mnistlab.data import load_dataset
from mnistlab.experiments import sine
from mnistlab.experiments.race import READERS, readers
from mnistlab.experiments.sine_config import CELLS, STATES, SineConfig
from mnistlab.figures import sequence as figures
from mnistlab.names import ARCH_NAMES, DATASET_NAMES
from mnistlab.store import ACTIVE, RunRecord
from mnistlab.ui import cached, race, state
from mnistlab.ui.charts import chart
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.sineplayer import player
from mnistlab.ui.twin import sine_twin
from mnistlab.ui.url import one_of

HIDDEN = ("4", "8", "16", "32", "64", "128")
RATES = ("0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1")
TIME_STEPS = ("2", "5", "10", "20", "40")
LENGTHS = ("1", "2", "5", "10", "20")  # windows at one go
STRETCHES = {"0.5": N_("half as far apart"), "1": N_("as in training"), "2": N_("twice as far apart")}
READER_RATES = ("0.01", "0.001")
WHEN = {"start": N_("before training"), "end": N_("after training")}
DATASETS = ("mnist", "digits")
FLOW_IMAGES = 200  # training images over which gradients are averaged
LAST_SHOWN = 3  # windows of each treatment
STATE_NAMES = {
    "carry+detach": N_("carried, and detached"),
    "carry": N_("carried, not detached"),
    "reset": N_("reset for each window"),
}
HEAD_CODE = """torch.stack([head(out[:, t]) for t in range(T)], dim=1)  # loop and stack
head(out.reshape(-1, H)).reshape(1, T, 1)                # reshape, apply, reshape
head(out)                                                # apply directly
"""


def choose_view(page: Page) -> str:
    """Which view is shown; only that one is computed."""
    return page.choose(
        "view", _("View"), list(VIEWS), widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )


# -- from sine to cosine -------------------------------------------------------------------------------------------------------


def live(page: Page) -> None:
    """Target, input and prediction, window by window."""
    config = _settings(page)
    treatment = page.choose(
        "state", _("The hidden state between two windows is"), STATES, widget=st.segmented_control, format_func=_state_names().__getitem__
    )
    config = config.replace(state=treatment)
    windows, broken = _windows(config)
    with st.container(border=True):
        player(config, windows, _floor(config) if treatment == "reset" else 0.0, "player")
    if broken is not None:
        _said(broken)
        st.markdown(_(broken.explanation))
    else:
        st.markdown(
            _("Over the last ten windows the mean squared error is **{loss:.4f}**. The network has {count:,} parameters.").format(
                loss=sine.final_loss(windows), count=sum(parameter.numel() for parameter in sine.build(config).parameters())
            )
        )
    with st.expander(_("The task, over one whole turn"), icon=":material/show_chart:"):
        chart(figures.task_figure(), "task")
    sine_twin(config)


def states(page: Page) -> None:
    """The three treatments of the hidden state side by side."""
    config = _settings(page)
    losses, refused = {}, None
    for column, treatment in zip(st.columns(3), STATES, strict=True):
        windows, broken = _windows(config.replace(state=treatment))
        losses[treatment], refused = [window.loss for window in windows], broken or refused
        with column, st.container(border=True, height="stretch"):
            name = _(STATE_NAMES[treatment]).capitalize()
            if broken is None:
                st.metric(name, f"{sine.final_loss(windows):.4f}")
                st.caption(_("mean squared error of the last ten windows"))
                chart(figures.treatment_figure(windows[-LAST_SHOWN:], _("The last windows")), f"treatment.{treatment}")
            else:
                st.metric(name, _("error"))
                st.caption(_("after {n} of {total} windows").format(n=len(windows), total=config.windows))
                st.markdown(_(broken.explanation))
    if refused is not None:
        _said(refused)
    floor = _floor(config)
    chart(figures.treatments_figure(losses, floor, _state_names()), "treatments")
    st.markdown(
        _("Measured with the reset: **{loss:.4f}**; the floor for {steps} steps is **{floor:.4f}**.").format(
            loss=float(np.mean(losses["reset"][-sine.LAST :])), steps=config.time_steps, floor=floor
        )
    )


def head(page: Page) -> None:
    """Three ways to apply the head, and their numbers."""
    config = _settings(page)
    ways = sine.three_heads(_network(config), config)
    st.code(HEAD_CODE, language="python")
    names = {"loop": _("loop and stack"), "reshape": _("reshape, apply, reshape"), "direct": _("apply directly")}
    table = pd.DataFrame({_("step"): range(1, config.time_steps + 1)} | {names[name]: values for name, values in ways.items()})
    digits = {name: st.column_config.NumberColumn(format="%.7f") for name in names.values()}
    st.dataframe(table, hide_index=True, height="content", column_config=digits, alt=_("The prediction of each step in three ways"))
    gap = max(float(np.abs(values - ways["direct"]).max()) for values in ways.values())
    st.markdown(
        _("The largest difference between any two is **{gap:.1e}**: at most the last digit of a 32-bit number.").format(gap=gap)
        if gap
        else _("They agree to the last bit.")
    )


def longer(page: Page) -> None:
    """A trained network reads a longer sequence than any that it was trained on."""
    config = _settings(page)
    left, right = st.columns(2)
    length = page.choose("length", _("Length of the sequence, in windows"), LENGTHS, "5", left.select_slider)
    stretch = page.choose(
        "stretch", _("Steps are"), list(STRETCHES), "1", right.segmented_control, format_func=lambda name: _(STRETCHES[name])
    )  # fmt: skip
    steps = config.time_steps * int(length)
    trained = {treatment: _network(config.replace(state=treatment)) for treatment in STATES if treatment != "carry"}
    readings = {treatment: sine.extrapolate(network, config, steps, float(stretch)) for treatment, network in trained.items()}
    chart(figures.reading_figure(readings, config.time_steps, _state_names()), "reading")
    for treatment, reading in readings.items():
        errors = (reading.prediction - reading.target) ** 2
        sentence = _("Trained with the state {state}: mean squared error **{first:.4f}** in the first window").format(
            state=_(STATE_NAMES[treatment]), first=errors[: config.time_steps].mean()
        )
        if int(length) > 1:
            sentence += _(", **{later:.4f}** after it").format(later=errors[config.time_steps :].mean())
        st.markdown(f"{sentence}.")


# -- digits, row by row --------------------------------------------------------------------------------------------------------


def rows(page: Page) -> None:
    """RNN, GRU and LSTM reading digits, and how far back they hear of their mistakes."""
    left, right = st.columns(2)
    dataset = page.choose(
        "dataset", _("Data set"), DATASETS, "digits" if data.problem("mnist") else "mnist", left.segmented_control,
        format_func=DATASET_NAMES.__getitem__,
    )  # fmt: skip
    rate = page.choose("rate", _("Learning rate of Adam"), READER_RATES, widget=right.segmented_control)
    configs = readers(dataset, float(rate))
    race.race(page, {ARCH_NAMES[arch]: config for arch, config in configs.items()}, "readers", lambda runs: _readers(page, runs))


def _readers(page: Page, runs: race.Racers) -> None:
    race.accuracy_chart(
        runs, {ARCH_NAMES[arch]: figures.CELL_COLORS[arch] for arch in READERS if ARCH_NAMES[arch] in runs}, "readers.chart"
    )
    race.results(page, runs)
    kept = {run.config.arch: page.store.snapshot_steps(run.id) for run in runs.values() if run.final is not None}
    if len(runs) < len(READERS) or any(run.status in ACTIVE for run in runs.values()) or not kept:
        return
    st.markdown(f"**{_('How far back is a mistake heard?')}**")
    when = page.choose("when", _("Measured"), list(WHEN), "end", st.segmented_control, format_func=lambda name: _(WHEN[name]))
    flows = {
        run.config.arch: _flow(run, kept[run.config.arch][0 if when == "start" else -1]) for run in runs.values() if run.config.arch in kept
    }
    chart(figures.flow_figure(flows), "flow")
    st.caption(
        _("The gradient of the loss at the state after each row, averaged over {n} training images. c is the LSTM's cell state.").format(
            n=FLOW_IMAGES
        )
    )


VIEWS = {
    "live": N_("Learning, live"),
    "state": N_("The state between windows"),
    "head": N_("The head at each step"),
    "longer": N_("A longer sequence"),
    "rows": N_("Digits, row by row"),
}
SHOW: dict[str, Callable[[Page], None]] = {"live": live, "state": states, "head": head, "longer": longer, "rows": rows}
PARAMETERS = {
    "view": one_of(*VIEWS), "cell": one_of(*CELLS), "hidden": one_of(*HIDDEN), "lr": one_of(*RATES), "time_steps": one_of(*TIME_STEPS),
    "state": one_of(*STATES), "length": one_of(*LENGTHS), "stretch": one_of(*STRETCHES), "dataset": one_of(*DATASETS),
    "rate": one_of(*READER_RATES), "when": one_of(*WHEN),
}  # fmt: skip


# -- what is computed ----------------------------------------------------------------------------------------------------------


def _settings(page: Page) -> SineConfig:
    """The four settings that every view of the sine experiment shares."""
    columns = st.columns([4, 3, 3, 3])
    cell = page.choose("cell", _("Network"), CELLS, "rnn", columns[0].segmented_control, format_func=ARCH_NAMES.__getitem__)
    hidden = page.choose("hidden", _("Hidden units"), HIDDEN, "32", columns[1].select_slider)
    rate = page.choose("lr", _("Learning rate of Adam"), RATES, "0.02", columns[2].select_slider)
    steps = page.choose("time_steps", _("Steps in a window"), TIME_STEPS, "10", columns[3].select_slider)
    return SineConfig(cell=cell, hidden=int(hidden), lr=float(rate), time_steps=int(steps))


def _state_names() -> dict[str, str]:
    return {name: _(words) for name, words in STATE_NAMES.items()}


def _said(broken: sine.Broken) -> None:
    st.markdown(_("Without detach, PyTorch says in window {n}:").format(n=broken.index + 1))
    st.code(broken.error, language=None, wrap_lines=True)


def _windows(config: SineConfig) -> tuple[list[sine.Window], sine.Broken | None]:
    """The windows that were learned, and how PyTorch refused to go on, if it did."""
    _model, windows, broken = _trained(config)
    return windows, broken


def _network(config: SineConfig) -> sine.SineNetwork:
    """The trained network. Never change it."""
    return _trained(config)[0]


@st.cache_resource(max_entries=128, show_spinner=False)
def _trained(config: SineConfig) -> tuple[sine.SineNetwork, list[sine.Window], sine.Broken | None]:
    network = sine.build(config)
    events = list(sine.train_sine(config, network))
    windows = [event for event in events if isinstance(event, sine.Window)]
    return network, windows, next((event for event in events if isinstance(event, sine.Broken)), None)


@st.cache_data(max_entries=64, show_spinner=False)
def _floor(config: SineConfig) -> float:
    return sine.reset_floor(config)


def _flow(run: RunRecord, step: int) -> gradient_flow.GradientFlow:
    return _cached_flow(state.store().url, run.id, run.started, step, run)


@st.cache_data(max_entries=64, show_spinner=False)
def _cached_flow(url: str, run_id: str, started: float | None, step: int, _run: RunRecord) -> gradient_flow.GradientFlow:
    known = load_dataset(_run.config.dataset)
    images, labels = known.train_images[:FLOW_IMAGES], known.train_labels[:FLOW_IMAGES]
    return gradient_flow.gradient_flow(cached.model(_run, step), images, labels, _run.config)
