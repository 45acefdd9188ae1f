"""How a recurrent network reads an image: states and gates, predictions after each row, and which
rows matter.
"""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.gates import GATES
from mnistlab.analysis.intervals import probability
from mnistlab.analysis.recurrent import LayerTrace, RowImportance, Trace
from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD, scale
from mnistlab.figures.grids import Shades, titled


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
        x_title="row of the image",
        y_title="unit",
        vertical_spacing=0.08,
        horizontal_spacing=0.12,
    )
    for place, (name, (values, shades)) in enumerate(panels.items()):
        heatmap = go.Heatmap(
            z=values.T,
            colorscale=scale(shades.colors),
            zmin=shades.low,
            zmax=shades.high,
            name=name,
            hovertemplate=f"{name}<br>row %{{x}}, unit %{{y}}<br><b>%{{z:.6g}}</b><extra></extra>",
        )
        figure.add_trace(heatmap, row=place // 2 + 1, col=place % 2 + 1)
        x, y = figure.data[-1].xaxis or "x", figure.data[-1].yaxis or "y"
        horizontal, vertical = (
            figure.layout[x.replace("x", "xaxis")].domain,
            figure.layout[y.replace("y", "yaxis")].domain,
        )
        figure.data[-1].colorbar = {
            "x": horizontal[1] + 0.005,
            "y": sum(vertical) / 2,
            "len": vertical[1] - vertical[0],
            "thickness": 8,
        }
    figure.update_yaxes(autorange="reversed").update_layout(height=220 * -(-len(panels) // 2) + 100)
    title = f"{trace.kind} layer {layer + 1}" + (
        "" if direction == "forward" else ", reading from the bottom"
    )
    return titled(
        figure,
        title,
        f"{title}: heat maps over the {len(layer_trace.hidden)} rows of the image of "
        f"{', '.join(panels)}.",
    )


def beliefs_figure(trace: Trace, classes: tuple[str, ...] = tuple("0123456789")) -> go.Figure:
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
            hovertemplate=f"{name} after %{{x}} rows: <b>%{{y:.4f}}</b><extra></extra>",
        )
    figure.update_xaxes(title="rows read").update_yaxes(
        title="probability", range=[0, 1]
    ).update_layout(legend_title="class")
    best = trace.probabilities.argmax(1)
    since = len(best) - int(np.argmin(np.append((best == best[-1])[::-1], False)))
    alt = (
        f"Line chart over the rows read. The prediction is {classes[best[-1]]}, unchanged since "
        "row "
        f"{since + 1}; its final probability is {probability(trace.probabilities[-1].max())}."
    )
    return titled(figure, "Prediction after each row", alt)


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
            hovertemplate="without row %{y}: <b>%{x:+.4f}</b><extra></extra>",
        )
    )
    figure.update_xaxes(title=f"change in the probability of {name}").update_yaxes(
        title="hidden row", autorange="reversed"
    )
    worst = int(change.argmin())
    alt = (
        f"Bar chart over the rows of the image. Hiding row {worst} lowers the probability of "
        f"{name} most: {change[worst]:+.3f}."
    )
    return titled(figure, f"Which rows matter for {name}", alt)


def _panels(layer: LayerTrace, gates: dict[str, str]) -> dict[str, tuple[np.ndarray, Shades]]:
    panels = {}
    for letter, word in gates.items():
        shades = Shades.of(-1, 1) if word == "candidate" else Shades.of(0, 1)
        panels[f"{word} {'' if word == 'candidate' else 'gate '}{letter}"] = (
            layer.gates[letter],
            shades,
        )
    if layer.cell is not None:
        limit = float(np.abs(layer.cell).max())
        panels["cell state c"] = layer.cell, Shades.of(-limit, limit)
    panels["hidden state h"] = layer.hidden, Shades.of(-1, 1)
    return panels
