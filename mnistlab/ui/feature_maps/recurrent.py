"""Recurrent networks, row by row: predictions after each row, gates and states, hiding a row."""

import streamlit as st

from mnistlab.analysis.recurrent import Trace
from mnistlab.figures.inside import hidden_row_figure, marked_row_figure, reading_figure
from mnistlab.figures.recurrent import beliefs_figure, gates_figure, row_importance_figure
from mnistlab.ui.feature_maps.gate import one_gate
from mnistlab.ui.feature_maps.look import Look, choose_target
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _, sentences

SURE = (0.5, 0.9)  # probabilities from which on a network is rather sure, and sure


def rows(look: Look) -> None:
    """The network's prediction after each row."""
    trace = cached.trace(look.run, look.step, look.picture.pixels)
    chart(reading_figure(trace, look.classes), "reading")
    chart(beliefs_figure(trace, look.classes), "beliefs")
    _sure(trace, look.classes)


def _sure(trace: Trace, classes: tuple[str, ...]) -> None:
    """How many rows the network needs to make up its mind."""
    name, rows = classes[trace.probabilities[-1].argmax()], len(trace.probabilities)
    settled = _("From {n} of {rows} rows on, the prediction stays **{name}**.")
    said = [settled.format(n=trace.settled(), rows=rows, name=name)]
    for share in SURE:
        n = trace.settled(share)
        sentence = (
            _("Even after all rows, the probability of {name} is not above {share:.0f} %.")
            if n is None
            else _("From {n} rows on, the probability of {name} stays above {share:.0f} %.")
        )
        said.append(sentence.format(n=n, name=name, share=100 * share))
        if n is None:
            break
    st.markdown(sentences(*said))


def gates(look: Look) -> None:
    """Gates, cell state and hidden state as heat maps."""
    trace = cached.trace(look.run, look.step, look.picture.pixels)
    layers = {
        f"{part.layer + 1}{'' if part.direction == 'forward' else 'b'}": part
        for part in trace.layers
    }
    name = next(iter(layers))
    if len(layers) > 1:
        names = {
            key: _("layer {n}").format(n=part.layer + 1)
            + ("" if part.direction == "forward" else _(", bottom to top"))
            for key, part in layers.items()
        }
        name = look.page.choose(
            "layer",
            _("Layer"),
            list(layers),
            widget=st.segmented_control,
            format_func=names.__getitem__,
        )
    chart(gates_figure(trace, layers[name].layer, layers[name].direction), "gates")
    one_gate(look.page, trace.kind, layers[name])
    formulas = {
        "LSTM": r"c_t = f \cdot c_{t-1} + i \cdot g \qquad h_t = o \cdot \tanh(c_t)",
        "GRU": r"h_t = (1 - z) \cdot n + z \cdot h_{t-1}",
        "RNN": r"h_t = \tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)",
    }
    st.latex(formulas[trace.kind])


def hide(look: Look) -> None:
    """How the prediction changes when one row is hidden."""
    importance = cached.row_importance(look.run, look.step, look.picture.pixels)
    digit = choose_target(look).digit
    strongest = int(importance.change[:, digit].argmin())
    row = look.page.choose(
        "hide", _("Row to hide"), range(len(importance.hidden)), strongest, widget=st.select_slider
    )
    left, right = st.columns([2, 3])
    with left:
        chart(marked_row_figure(look.maps["input"].array[0], row), "hidden.picture")
    with right:
        chart(hidden_row_figure(importance, row, look.classes), "hidden.answer")
    chart(
        row_importance_figure(importance, digit, look.classes[digit]).update_layout(height=460),
        "importance",
    )
