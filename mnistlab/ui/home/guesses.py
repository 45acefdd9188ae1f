"""The first test images, and what the network on the home page takes them for."""

import base64
from typing import Any

import streamlit as st

from mnistlab import data
from mnistlab.data import load_dataset
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.store import RunRecord
from mnistlab.ui.kit import chosen_run, state
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _

COUNT = 10  # images, as in `Finished.predictions`
_component = component(__file__, "operators")


def source_of(run: RunRecord | None) -> str:
    """The network that the page shows for `run`, as `kit/network` calls it."""
    if run is None or not state.store().snapshot_steps(run.id):
        return f"preset {chosen_run.first_preset()}"
    return f"run {run.id}"


def guesses(run: RunRecord | None) -> None:
    """The images, with the guesses of the network that the page shows: that of `run`, or one that
    was never trained. The browser computes them whenever that network changes.
    """
    config = chosen_run.first_config() if run is None else run.config
    if data.problem(config.dataset) is not None:
        return
    dataset = load_dataset(config.dataset)
    contents: dict[str, Any] = {
        "source": source_of(run),
        "predictions": None if run is None or run.final is None else run.final["predictions"],
        "pixels": base64.b64encode(dataset.test_images[:COUNT].numpy().tobytes()).decode("ascii"),
        "labels": dataset.test_labels[:COUNT].tolist(),
        "classes": list(dataset.classes),
        "colors": {"right": GOOD, "wrong": BAD},
        "words": {
            "open": _("Test image of {label}: no guess yet"),
            "right": _("Test image of {label}: the network says {guess}, which is right"),
            "wrong": _("Test image of {label}: the network says {guess}, which is wrong"),
            "score": _("{correct} of {count} correct"),
        },
    }
    with st.container(border=True):
        st.markdown(
            _("**The first {n} test images**, which it never learns from, and its guesses").format(
                n=COUNT
            )
        )
        _component(key="home.guesses", data=contents)
