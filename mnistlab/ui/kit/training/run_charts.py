"""The curves of a run, which grow while it is trained: loss, accuracy, gradient norms."""

from typing import Any

import streamlit as st

from mnistlab.figures import curves
from mnistlab.figures.colors import CLASS_COLORS, CURVE_COLORS
from mnistlab.store import ACTIVE, RunRecord
from mnistlab.ui.kit import server, state
from mnistlab.ui.kit.charts import offer_data, vega_chart
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _, sentences
from mnistlab.ui.kit.state import Recorded
from mnistlab.ui.kit.training.live_data import live_data

_component = component(__file__, "uPlot", "poll", "progress_bar")


def loss_and_accuracy(run: RunRecord, recorded: Recorded) -> None:
    """How far the training is, both curves over the steps, and below them what they are measured
    on. Where the server has live routes, the browser keeps them up to date by itself, and asks for
    a rerun only when the run's state changes.
    """
    data = {
        "live": live_data(state.store(), run, recorded),
        "url": server.live_address("runs", run.id) if run.status in ACTIVE else None,
        "charts": [
            {
                "name": "loss",
                "title": _("Loss (nats)"),
                "lines": {
                    "train_loss": [_("mini-batch"), CURVE_COLORS["train_loss"], 1],
                    "test_loss": [_("test images"), CURVE_COLORS["test_loss"], 2.5],
                },
            },
            {
                "name": "accuracy",
                "title": _("Accuracy"),
                "share": True,
                "lines": {
                    "test_accuracy": [_("test images"), CURVE_COLORS["test_accuracy"], 2.5],
                    "validation_accuracy": [
                        _("held-out images"),
                        CURVE_COLORS["validation_accuracy"],
                        2.5,
                    ],
                },
            },
        ],
        "step": _("step"),
        "percent": _("{number} %"),
        "empty": _("The curves start with the first evaluation, before the first step."),
        "note": sentences(
            "{measured}",
            _("Loss is in nats: guessing among ten classes costs ln 10 ≈ 2.3."),
            *_smoothing(run),
            _("Drag across a curve to zoom, double-click to see all of it again."),
        ),
    }
    # it is drawn anew by the click of a button, a timer, or what the browser tells: see the script
    _component(key=f"curves.{run.id}", data=data, on_state_change=lambda: None)
    if run.status not in ACTIVE:
        _offer_curves(run, recorded)


def _offer_curves(run: RunRecord, recorded: Recorded) -> None:
    """Tables and files of both curves, which the component has drawn."""
    learned, test = curves.losses(recorded.progress, recorded.evaluated)
    accuracy, held_out = curves.accuracies(recorded.evaluated)
    held = ("validation_accuracy", _("held-out images"), held_out)
    for column, name, y, lines, scale in zip(
        st.columns(2),
        ("loss", "accuracy"),
        (_("Loss (nats)"), _("Accuracy")),
        (
            (("train_loss", _("mini-batch"), learned), ("test_loss", _("test images"), test)),
            (("test_accuracy", _("test images"), accuracy), held),
        ),
        ("linear", "share"),
        strict=True,
    ):
        drawn = {label: points for _curve, label, points in lines if points}
        colors = {label: CURVE_COLORS[curve] for curve, label, points in lines if points}
        spec = curves.spec(colors, _("step"), y, scale)
        with column:
            alt = _("{quantity} over the steps").format(quantity=y)
            offer_data(curves.table(drawn), spec, f"curves.{name}.{run.id}", alt, y)


def _smoothing(run: RunRecord) -> list[str]:
    if not run.config.label_smoothing:
        return []
    return [
        _(
            "That of the mini-batches is higher, and never 0, because this run learns with label "
            "smoothing: the network is not to be entirely certain."
        )
    ]


def gradients(run: RunRecord, recorded: Recorded) -> None:
    """The norm of each layer's gradient over the steps, behind an expander."""
    box = st.expander(
        _("Gradient norms"), icon=":material/ssid_chart:", key="gradients", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        st.caption(
            _(
                "The length of each layer's gradient. Near zero, a layer hardly learns; a sudden "
                "rise often comes before training diverges."
            )
        )
        norms = curves.gradient_norms(recorded.progress)
        if norms:
            colors = dict(zip(norms, CLASS_COLORS, strict=False))
            _chart(
                f"gradients.{run.id}",
                norms,
                curves.spec(colors, _("step"), _("gradient norm"), "log"),
                _("Gradient norm of {n} layers over the steps.").format(n=len(norms)),
            )


def _chart(key: str, lines: dict[str, Any], spec: dict[str, Any], alt: str) -> None:
    """A chart that grows. Its zoom is a selection, because Streamlit resets any other zoom when
    the data change.
    """
    vega_chart(curves.table(lines), spec, key, alt, zoom=curves.ZOOM)
