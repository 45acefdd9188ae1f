"""From sine to cosine: a network that has to remember, and what happens to its hidden state."""

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab.choices import ARCHITECTURES
from mnistlab.experiments import sine as experiment
from mnistlab.experiments.sine_config import CELLS, STATES, SineConfig
from mnistlab.figures import sequence as figures
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import N_, _, capital
from mnistlab.ui.kit.page import Page
from mnistlab.ui.sequence.code import sine_twin
from mnistlab.ui.sequence.player import player

HIDDEN = ("4", "8", "16", "32", "64", "128")
RATES = ("0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1")
TIME_STEPS = ("2", "5", "10", "20", "40")
LENGTHS = ("1", "2", "5", "10", "20")  # windows
STRETCHES = {
    "0.5": N_("half as long"),
    "1": N_("as in training"),
    "2": N_("twice as long"),
}
LAST_SHOWN = 3  # windows of each treatment
READING = tuple(state for state in STATES if state != "carry")  # after a training that succeeds
HEAD_WAYS = {  # name -> code, and what it does
    "loop": ("torch.stack([head(out[:, t]) for t in range(T)], dim=1)", N_("loop and stack")),
    "reshape": ("head(out.reshape(-1, H)).reshape(1, T, 1)", N_("reshape, apply, reshape")),
    "direct": ("head(out)", N_("apply directly")),
}


def live(page: Page) -> None:
    """Target, input and prediction, window by window."""
    config = _settings(page)
    treatment = page.choose(
        "state",
        _("Hidden state between windows"),
        list(STATES),
        widget=st.segmented_control,
        format_func=_state_names().__getitem__,
    )
    config = config.replace(state=treatment)
    windows, broken = _windows(config)
    with st.container(border=True):
        player(config, windows, _floor(config) if treatment == "reset" else 0.0, "player")
    if broken is not None:
        _show_error(broken)
        st.markdown(_(broken.explanation))
    else:
        st.markdown(
            _(
                "Over the last {n} windows the mean squared error is **{loss:.4f}**. The network "
                "has {count:,} parameters."
            ).format(
                n=experiment.LAST,
                loss=experiment.final_loss(windows),
                count=sum(parameter.numel() for parameter in experiment.build(config).parameters()),
            )
        )
    with st.expander(_("The task over one full period"), icon=":material/show_chart:"):
        chart(figures.task_figure(), "task")
    sine_twin(config)


def states(page: Page) -> None:
    """The three treatments of the hidden state side by side."""
    config = _settings(page)
    losses, error = {}, None
    for column, treatment in zip(st.columns(3), STATES, strict=True):
        windows, broken = _windows(config.replace(state=treatment))
        losses[treatment], error = [window.loss for window in windows], broken or error
        with column, st.container(border=True, height="stretch"):
            name = capital(_(STATES[treatment].label))
            if broken is None:
                st.metric(name, f"{experiment.final_loss(windows):.4f}")
                st.caption(
                    _("mean squared error of the last {n} windows").format(n=experiment.LAST)
                )
                chart(
                    figures.treatment_figure(windows[-LAST_SHOWN:], _("The last windows")),
                    f"treatment.{treatment}",
                )
            else:
                st.metric(name, _("error"))
                st.caption(
                    _("after {n} of {total} windows").format(n=len(windows), total=config.windows)
                )
                st.markdown(_(broken.explanation))
    if error is not None:
        _show_error(error)
    floor = _floor(config)
    chart(figures.treatments_figure(losses, floor, _state_names()), "treatments")
    st.markdown(
        _(
            "With the state reset, the error is **{loss:.4f}**. The floor, the lowest error that "
            "is possible without memory of earlier windows, is **{floor:.4f}** for {steps} steps "
            "per window."
        ).format(
            loss=float(np.mean(losses["reset"][-experiment.LAST :])),
            steps=config.time_steps,
            floor=floor,
        )
    )


def head(page: Page) -> None:
    """Three ways to apply the head, and their outputs."""
    config = _settings(page)
    ways = experiment.three_heads(_network(config), config)
    names = {name: _(what) for name, (_code, what) in HEAD_WAYS.items()}
    lines = (f"{code:<55}  # {names[name]}" for name, (code, _what) in HEAD_WAYS.items())
    st.code("\n".join(lines), language="python")
    table = pd.DataFrame(
        {_("step"): range(1, config.time_steps + 1)}
        | {names[name]: values for name, values in ways.items()}
    )
    digits = {name: st.column_config.NumberColumn(format="%.7f") for name in names.values()}
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=digits,
        alt=_("The prediction at each step, computed in three ways"),
    )
    gap = float(np.ptp(np.stack(list(ways.values())), axis=0).max())
    st.markdown(
        _("They differ by at most **{gap:.1e}**: rounding in 32-bit floating point.").format(
            gap=gap
        )
        if gap
        else _("They are equal to the last bit.")
    )


def longer(page: Page) -> None:
    """A trained network reads a longer sequence than it was trained on."""
    config = _settings(page)
    left, right = st.columns(2)
    page.choose("length", _("Sequence length (windows)"), LENGTHS, "5", left.select_slider)
    page.choose(
        "stretch",
        _("Time step"),
        list(STRETCHES),
        "1",
        right.segmented_control,
        format_func=lambda name: _(STRETCHES[name]),
    )
    steps, stretch = shown_length(page, config)
    readings = {
        treatment: experiment.extrapolate(
            _network(config.replace(state=treatment)), config, steps, stretch
        )
        for treatment in READING
    }
    chart(figures.reading_figure(readings, config.time_steps, _state_names()), "reading")
    for treatment, reading in readings.items():
        errors = (reading.prediction - reading.target) ** 2
        first, later = np.split(errors, [config.time_steps])
        said = {"state": _(STATES[treatment].label), "first": first.mean()}
        st.markdown(
            _(
                "Trained with the state {state}: mean squared error **{first:.4f}** in the first "
                "window, **{later:.4f}** after it."
            ).format(**said, later=later.mean())
            if len(later)
            else _(
                "Trained with the state {state}: mean squared error **{first:.4f}** in the first "
                "window."
            ).format(**said)
        )


def shown_length(page: Page, config: SineConfig) -> tuple[int, float]:
    """What the controls of a longer sequence choose: its steps, and how long each is."""
    windows, stretch = page.query.get("length", "5"), page.query.get("stretch", "1")
    return config.time_steps * int(windows), float(stretch)


def _settings(page: Page) -> SineConfig:
    """The four settings that every view of the sine experiment shares."""
    columns = st.columns([4, 3, 3, 3])
    page.choose(
        "cell",
        _("Network"),
        CELLS,
        widget=columns[0].segmented_control,
        format_func=lambda name: _(ARCHITECTURES[name].name),
    )
    page.choose("hidden", _("Hidden units"), HIDDEN, "32", columns[1].select_slider)
    page.choose("lr", _("Learning rate of Adam"), RATES, "0.02", columns[2].select_slider)
    page.choose("time_steps", _("Steps per window"), TIME_STEPS, "10", columns[3].select_slider)
    return shown_config(page)


def shown_config(page: Page) -> SineConfig:
    """What these controls, once they are drawn, choose."""
    query = page.query
    return SineConfig(
        cell=query.get("cell", CELLS[0]),
        hidden=int(query.get("hidden", "32")),
        lr=float(query.get("lr", "0.02")),
        time_steps=int(query.get("time_steps", "10")),
    )


def _state_names() -> dict[str, str]:
    return {name: _(each.label) for name, each in STATES.items()}


def _show_error(broken: experiment.Broken) -> None:
    st.markdown(
        _("Without detach, PyTorch raises an error in window {n}:").format(n=broken.index + 1)
    )
    st.code(broken.error, language=None, wrap_lines=True)


def _windows(config: SineConfig) -> tuple[list[experiment.Window], experiment.Broken | None]:
    """The windows of the training, and the error that stopped it, if any."""
    _model, windows, broken = _trained(config)
    return windows, broken


def _network(config: SineConfig) -> experiment.SineNetwork:
    """The trained network. Never change it."""
    return _trained(config)[0]


@st.cache_resource(max_entries=128, show_spinner=False)
def _trained(
    config: SineConfig,
) -> tuple[experiment.SineNetwork, list[experiment.Window], experiment.Broken | None]:
    network = experiment.build(config)
    events = list(experiment.train_sine(config, network))
    windows = [event for event in events if isinstance(event, experiment.Window)]
    return (
        network,
        windows,
        next((event for event in events if isinstance(event, experiment.Broken)), None),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _floor(config: SineConfig) -> float:
    return experiment.reset_floor(config)
