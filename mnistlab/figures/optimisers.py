"""Optimisers at work: their paths over a loss surface, down a valley, and on data that repeat
themselves.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
import torch

from mnistlab.analysis.loss_surface import Surface
from mnistlab.choices import OPTIMIZERS
from mnistlab.experiments.descent import START, valley
from mnistlab.experiments.race import RACERS
from mnistlab.figures.colors import CLASS_COLORS, DASHES, GOOD, SEQUENTIAL, scale
from mnistlab.figures.data_table import HELPER, columns_of
from mnistlab.figures.grids import titled
from mnistlab.i18n import N_, _, clauses, listed

OPTIMIZER_COLORS = dict(zip(RACERS, (CLASS_COLORS[i] for i in (8, 0, 4, 6, 2)), strict=True))
OPTIMIZER_DASHES = dict(zip(RACERS, DASHES, strict=True))
LEGEND = {"orientation": "h", "y": -0.2}
PASSES = {
    "whole": N_("one step per pass, on everything"),
    "halves": N_("two steps per pass, one on each half"),
}
VIEW = ((-10.5, 4.5), (-2.6, 2.6))  # of the valley, x and y


def surface_figure(surface: Surface) -> go.Figure:
    """The loss on the plane, on a logarithmic scale, and the optimisers' paths across it."""
    figure = go.Figure(_contours(surface))
    for name, path in surface.paths.items():
        _add_path(
            figure,
            name,
            path.places,
            np.stack([path.steps, path.losses, path.distances], axis=-1),
            (_("step"), _("loss"), _("distance from the plane")),
            _(
                "step %{customdata[0]}<br>its loss <b>%{customdata[1]:.4f}</b>"
                "<br>%{customdata[2]:.3g} away from the plane"
            ),
            marker=2,
        )
    start = next(iter(surface.paths.values())).places[0]
    figure.add_scatter(
        x=start[:1],
        y=start[1:],
        mode="markers",
        marker={
            "symbol": "star",
            "size": 16,
            "color": "white",
            "line": {"color": "black", "width": 1.5},
        },
        name=_("start"),
        hoverinfo="skip",
    )
    figure.update_xaxes(title=_("direction in which the paths differ most"), constrain="domain")
    # both axes in the same units
    figure.update_yaxes(title=_("second direction"), scaleanchor="x", constrain="domain")
    figure.update_layout(height=620, margin={"l": 60, "r": 10, "t": 50, "b": 60}, legend=LEGEND)
    ends = listed(
        _("{optimiser} at loss {loss:.3g}").format(
            optimiser=_(OPTIMIZERS[name].name), loss=path.losses[-1]
        )
        for name, path in surface.paths.items()
    )
    alt = _("A map of the loss, from {low:.3g} to {high:.3g}. The paths end: {ends}.").format(
        low=surface.loss.min(), high=surface.loss.max(), ends=ends
    )
    return titled(figure, _("The loss, and the paths across it"), alt)


def _contours(surface: Surface) -> go.Contour:
    """The loss on a logarithmic scale, with round numbers at the ticks."""
    exponents = np.log10(np.maximum(surface.loss, 1e-6))
    levels = [digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5)]
    ticks = [level for level in levels if exponents.min() <= np.log10(level) <= exponents.max()]
    return go.Contour(
        x=surface.x,
        y=surface.y,
        z=exponents,
        customdata=surface.loss,
        meta=columns_of(_("loss")),
        colorscale=scale(SEQUENTIAL),
        ncontours=24,
        line={"width": 0.4, "color": "white"},
        colorbar={
            "title": _("loss"),
            "thickness": 10,
            "tickvals": np.log10(ticks),
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        hovertemplate=_("loss here: <b>%{customdata:.4f}</b>") + "<extra></extra>",
        name=_("loss"),
    )


def _add_path(
    figure: go.Figure,
    name: str,
    points: np.ndarray,
    details: np.ndarray,
    columns: Sequence[str],
    hover: str,
    marker: int,
) -> None:
    """The path of the optimiser `name` through `points` (S, 2), with a white outline. `hover` says
    what `details` are, `columns` names them; a point is `marker` wider than the line.
    """
    for width, color, dash in (
        (6, "white", "solid"),
        (3, OPTIMIZER_COLORS[name], OPTIMIZER_DASHES[name]),
    ):
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="lines+markers",
            line={"width": width, "color": color, "dash": dash},
            marker={"size": width + marker, "color": color},
            name=_(OPTIMIZERS[name].name),
            showlegend=width == 3,
            customdata=details,
            meta=HELPER if width == 6 else columns_of(*columns),
            hovertemplate=f"{_(OPTIMIZERS[name].name)}, {hover}<extra></extra>",
        )


def valley_figure(paths: Mapping[str, np.ndarray]) -> go.Figure:
    """Paths (optimiser -> points (S, 2)) down a long narrow valley."""
    x, y = (np.linspace(low, high, 81, dtype=np.float32) for low, high in VIEW)
    heights = valley(torch.from_numpy(np.stack(np.meshgrid(x, y), axis=-1))).numpy()
    figure = go.Figure(
        go.Contour(
            x=x,
            y=y,
            z=np.sqrt(heights),
            customdata=heights,
            meta=columns_of(_("height")),
            name=_("height"),
            colorscale=scale(SEQUENTIAL),
            ncontours=22,
            showscale=False,
            hoverinfo="skip",
            line={"width": 0.4, "color": "white"},
            opacity=0.75,
        )
    )
    for name, path in paths.items():
        _add_path(
            figure, name, path, np.arange(len(path)), [_("step")], _("step %{customdata}"), marker=1
        )
    figure.add_scatter(
        x=[0],
        y=[0],
        mode="markers",
        marker={"symbol": "x", "size": 12, "color": GOOD},
        name=_("the lowest point"),
        hoverinfo="skip",
    )
    figure.update_xaxes(title=_("first weight"), range=list(VIEW[0])).update_yaxes(
        title=_("second weight"), range=list(VIEW[1])
    )
    figure.update_layout(height=460, margin={"l": 60, "r": 10, "t": 50, "b": 60}, legend=LEGEND)
    ends = listed(
        _("{optimiser} at height {height:.3g}").format(
            optimiser=_(OPTIMIZERS[name].name), height=valley(torch.from_numpy(path[-1])).item()
        )
        for name, path in paths.items()
    )
    alt = _("Paths from {start} towards (0, 0). They end: {ends}.").format(start=START, ends=ends)
    return titled(figure, _("Down a valley"), alt)


def repetition_figure(losses: Mapping[str, np.ndarray]) -> go.Figure:
    """The loss after each pass: one step on all of the data, or a step on each half."""
    figure, names = go.Figure(), {name: _(text) for name, text in PASSES.items()}
    for (name, values), color in zip(
        losses.items(), (CLASS_COLORS[3], CLASS_COLORS[0]), strict=True
    ):
        figure.add_scatter(
            x=np.arange(len(values)),
            y=values,
            name=names[name],
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            hovertemplate=_("after %{x} passes: <b>%{y:.4f}</b>") + "<extra></extra>",
        )
    figure.update_xaxes(title=_("passes over the data")).update_yaxes(title=_("loss (nats)"))
    figure.update_layout(height=360, margin={"l": 60, "r": 10, "t": 50, "b": 60}, legend=LEGEND)
    ends = clauses(f"{names[name]}: {values[-1]:.3g}" for name, values in losses.items())
    alt = _("Line chart of the loss over {n} passes. At the end: {ends}.").format(
        n=len(losses["whole"]) - 1, ends=ends
    )
    return titled(figure, _("When one half repeats the other"), alt)
