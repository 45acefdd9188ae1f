"""How a recurrent network reads an image: states and gates, predictions after each row, and which
rows matter.
"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.gates import GATES
from mnistlab.analysis.intervals import probability
from mnistlab.analysis.recurrent import LayerTrace, RowImportance, Trace
from mnistlab.figures.colors import BAD, CLASS_COLORS, DIGITS, GOOD, scale
from mnistlab.figures.grids import Shades, titled
from mnistlab.i18n import N_, _, listed

# what `analysis.gates.GATES` calls them -> what they are called here, with their letter
GATE_NAMES = {
    "input": N_("input gate {letter}"),
    "forget": N_("forget gate {letter}"),
    "output": N_("output gate {letter}"),
    "reset": N_("reset gate {letter}"),
    "update": N_("update gate {letter}"),
    "candidate": N_("candidate {letter}"),
}


def gates_figure(trace: Trace, layer: int = 0, direction: str = "forward") -> go.Figure:
    """Gates, cell state and hidden state of one layer as heat maps: image rows from left to right,
    units from top to bottom.

    Gates from 0 to 1; states and candidates white at zero.
    """
    layer_trace = next(
        part for part in trace.layers if (part.layer, part.direction) == (layer, direction)
    )
    panels = _panels(layer_trace, GATES[trace.kind])
    figure = make_subplots(
        rows=-(-len(panels) // 2),
        cols=min(2, len(panels)),
        subplot_titles=list(panels),
        shared_xaxes="all",
        shared_yaxes="all",
        x_title=_("row of the image"),
        y_title=_("unit"),
        vertical_spacing=0.08,
        horizontal_spacing=0.12,
    )
    place_of = _("row %{x}, unit %{y}")
    for place, (name, (values, shades)) in enumerate(panels.items()):
        heatmap = go.Heatmap(
            z=values.T,
            colorscale=scale(shades.colors),
            zmin=shades.low,
            zmax=shades.high,
            name=name,
            hovertemplate=f"{name}<br>{place_of}<br><b>%{{z:.6g}}</b><extra></extra>",
        )
        figure.add_trace(heatmap, row=place // 2 + 1, col=place % 2 + 1)
        _put_bar_beside(figure)
    figure.update_yaxes(autorange="reversed").update_layout(height=220 * -(-len(panels) // 2) + 100)
    figure.update_layout(meta={"axes": {"x": _("row of the image"), "y": _("unit")}})
    title = (
        _("{kind} layer {n}")
        if direction == "forward"
        else _("{kind} layer {n}, reading from the bottom")
    ).format(kind=trace.kind, n=layer + 1)
    hidden = layer_trace.hidden
    alt = _(
        "{title}: heat maps over the {rows} rows of the image of {panels}. The hidden state ends "
        "between {low:.3g} and {high:.3g}."
    ).format(
        title=title,
        rows=len(hidden),
        panels=listed(panels),
        low=hidden[-1].min(),
        high=hidden[-1].max(),
    )
    return titled(figure, title, alt)


def _put_bar_beside(figure: go.Figure) -> None:
    """Put the colour bar of the latest heat map on the right of its panel, as high as that is."""
    trace = figure.data[-1]
    horizontal = figure.layout[(trace.xaxis or "x").replace("x", "xaxis")].domain
    vertical = figure.layout[(trace.yaxis or "y").replace("y", "yaxis")].domain
    trace.colorbar = {
        "x": horizontal[1] + 0.005,
        "y": sum(vertical) / 2,
        "len": vertical[1] - vertical[0],
        "thickness": 8,
    }


def beliefs_figure(trace: Trace, classes: tuple[str, ...] = DIGITS) -> go.Figure:
    """The probability of each class after each row: what the network would predict if the image
    ended there.
    """
    figure = go.Figure()
    rows = np.arange(1, len(trace.probabilities) + 1)
    for digit, (name, color) in enumerate(zip(classes, CLASS_COLORS, strict=True)):
        figure.add_scatter(
            x=rows,
            y=trace.probabilities[:, digit],
            name=name,
            mode="lines",
            line={"color": color, "width": 3},
            hovertemplate=_("{name} after {n} rows: {probability}").format(
                name=name, n="%{x}", probability="<b>%{y:.4f}</b><extra></extra>"
            ),
        )
    figure.update_xaxes(title=_("rows read")).update_yaxes(
        title=_("probability"), range=[0, 1]
    ).update_layout(legend_title=_("class"))
    best = trace.probabilities.argmax(1)
    since = len(best) - int(np.argmin(np.append((best == best[-1])[::-1], False)))
    alt = _(
        "Line chart over the rows read. The prediction is {answer}, unchanged since row {row}; its "
        "final probability is {probability}."
    ).format(
        answer=classes[best[-1]],
        row=since + 1,
        probability=probability(trace.probabilities[-1].max()),
    )
    return titled(figure, _("Prediction after each row"), alt)


def row_importance_figure(
    importance: RowImportance, digit: int, name: str | None = None
) -> go.Figure:
    """How much hiding each row changes the probability of `digit`: bars to the left (it falls) mean
    that the row counts towards it.
    """
    change, name = importance.change[:, digit], str(digit) if name is None else name
    figure = go.Figure(
        go.Bar(
            x=change,
            y=np.arange(len(change)),
            orientation="h",
            marker_color=np.where(change < 0, GOOD, BAD),
            hovertemplate=_("without row %{y}: <b>%{x:+.4f}</b>") + "<extra></extra>",
        )
    )
    title = _("change in the probability of {answer}").format(answer=name)
    figure.update_xaxes(title=title).update_yaxes(title=_("hidden row"), autorange="reversed")
    worst = int(change.argmin())
    alt = _(
        "Bar chart over the rows of the image. Hiding row {row} lowers the probability of {answer} "
        "most: {change:+.3f}."
    ).format(row=worst, answer=name, change=change[worst])
    return titled(figure, _("Which rows matter for {answer}").format(answer=name), alt)


def _panels(layer: LayerTrace, gates: dict[str, str]) -> dict[str, tuple[np.ndarray, Shades]]:
    panels = {}
    for letter, word in gates.items():
        shades = Shades.of(-1, 1) if word == "candidate" else Shades.of(0, 1)
        panels[_(GATE_NAMES[word]).format(letter=letter)] = layer.gates[letter], shades
    if layer.cell is not None:
        limit = float(np.abs(layer.cell).max())
        panels[_("cell state {letter}").format(letter="c")] = layer.cell, Shades.of(-limit, limit)
    panels[_("hidden state {letter}").format(letter="h")] = layer.hidden, Shades.of(-1, 1)
    return panels
