"""Optimisers on tiny problems: a valley of two weights, and data that repeats itself."""

import numpy as np
import streamlit as st

from mnistlab.choices import OPTIMIZERS
from mnistlab.data import load_dataset
from mnistlab.experiments import descent
from mnistlab.experiments.race import RACERS
from mnistlab.figures import optimisers as figures
from mnistlab.i18n import listed
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page

VALLEY_RATES = ("0.005", "0.01", "0.02", "0.04", "0.07", "0.09")
MOMENTA = ("0.0", "0.5", "0.8", "0.9", "0.95")
VALLEY_STEPS = 60
PASSES = 40
GROUPS = {
    "sgd-momentum": N_("SGD and momentum"),
    "momentum-nesterov": N_("momentum and Nesterov"),
    "sgd-adam-rmsprop": N_("SGD, Adam and RMSprop"),
    "all": N_("all five"),
}


def repetition(page: Page) -> None:
    """Why mini-batches: training on data whose second half repeats the first."""
    losses = _repetition_losses()
    chart(figures.repetition_figure(losses), "repetition")
    half = PASSES // 2
    st.markdown(
        _(
            "After {half} passes in two half-batches, the loss is **{halves:.4f}**; after "
            "{passes} passes in one full batch, it is **{whole:.4f}**."
        ).format(
            half=half, halves=losses["halves"][half], passes=PASSES, whole=losses["whole"][PASSES]
        )
    )


def valley(page: Page) -> None:
    """PyTorch's optimisers in a valley of two weights."""
    left, right = st.columns(2)
    rate = page.choose("valley_lr", _("Learning rate"), VALLEY_RATES, "0.02", left.select_slider)
    momentum = page.choose("momentum", _("Momentum"), MOMENTA, "0.9", right.select_slider)
    names = page.choose(
        "ways",
        _("Optimisers"),
        list(GROUPS),
        widget=st.segmented_control,
        format_func=lambda name: _(GROUPS[name]),
    )
    shown = RACERS if names == "all" else names.split("-")
    paths = {name: _path(name, float(rate), float(momentum), VALLEY_STEPS) for name in shown}
    chart(figures.valley_figure(paths), "valley")
    diverged = [
        _(OPTIMIZERS[name].name) for name, path in paths.items() if len(path) <= VALLEY_STEPS
    ]
    if diverged:
        st.warning(
            _("Diverged: {names}.").format(names=listed(diverged)),
            icon=":material/trending_up:",
        )


@st.cache_data(max_entries=256, show_spinner=False)
def _path(optimizer: str, lr: float, momentum: float, steps: int) -> np.ndarray:
    return descent.descend(optimizer, lr, momentum, steps)


@st.cache_data(show_spinner=False)
def _repetition_losses() -> dict[str, np.ndarray]:
    return descent.repeated_half(load_dataset("digits"), PASSES)
