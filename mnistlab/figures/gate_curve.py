"""One gate of one unit over the rows of an image."""

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.gate_closing import Closing
from mnistlab.figures.colors import BAD, GOOD, TEST
from mnistlab.figures.grids import titled
from mnistlab.i18n import _


def gate_curve_figure(gate: np.ndarray, found: Closing, name: str) -> go.Figure:
    """The gate called `name` of one unit, (T,), with its furthest fall marked."""
    figure = go.Figure()
    rows = np.arange(len(gate))
    figure.add_scatter(
        x=rows,
        y=gate,
        name=name,
        mode="lines+markers",
        line={"color": TEST, "width": 3},
        hovertemplate=_("after row %{x}: <b>%{y:.4f}</b>") + "<extra></extra>",
        showlegend=False,
    )
    if found.before > found.after:
        for place, label, color in (
            (found.open_row, _("open"), GOOD),
            (found.closed_row, _("closed"), BAD),
        ):
            figure.add_scatter(
                x=[place],
                y=[gate[place]],
                name=label,
                mode="markers+text",
                text=[label],
                textposition="bottom center" if gate[place] > 0.5 else "top center",
                marker={"color": color, "size": 12},
                hoverinfo="skip",
                showlegend=False,
            )
    figure.update_xaxes(title=_("row of the image")).update_yaxes(title=name, range=[-0.05, 1.05])
    figure.update_layout(height=300, margin={"l": 60, "r": 10, "t": 50, "b": 50})
    title = _("{name} of unit {unit}").format(name=name, unit=found.unit)
    alt = _(
        "Line chart over the {rows} rows of the image: {title} lies between {low:.2f} and "
        "{high:.2f}, {before:.2f} after row {open_row} and {after:.2f} after row {closed_row}."
    ).format(
        rows=len(gate),
        title=title,
        low=gate.min(),
        high=gate.max(),
        before=found.before,
        open_row=found.open_row,
        after=found.after,
        closed_row=found.closed_row,
    )
    return titled(figure, title, alt)
