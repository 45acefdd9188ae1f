"""One image inside a network, stage by stage. C channels, H rows, W columns, K units."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.figures.colors import CLASS_COLORS, scale
from mnistlab.figures.data_table import with_table
from mnistlab.figures.grids import VALUE, Shades, grid, titled
from mnistlab.i18n import N_, _, labelled, ngettext, sentences

COLOR_RANGES = {  # what a grid of maps shares one colour scale over -> its label
    "map": N_("each map"),
    "stage": N_("this stage"),
    "network": N_("the whole network"),
}
QUANTITIES = {  # what a stage shows -> its label, and how its figure is described
    "activation": (
        N_("activation"),
        N_(
            "The activation of stage {stage}: {contents}, with values from {low:.4g} to {high:.4g}."
        ),
    ),
    "gradient": (
        N_("gradient"),
        N_("The gradient of stage {stage}: {contents}, with values from {low:.4g} to {high:.4g}."),
    ),
}


def stage_figure(
    stage: StageMaps,
    color_range: str = "stage",
    network: tuple[float, float] = (0.0, 0.0),
    quantity: str = "activation",
    selectable: bool = False,
) -> go.Figure:
    """A whole stage: its maps (C, H, W) as a grid, its rows (T, H) as a heat map, its units (K,) as
    bars or cells.

    `color_range`: one colour scale for each "map", for the "stage", or for the whole "network",
    whose (lowest, highest) value is `network`. `quantity`: "activation" or "gradient".
    `selectable`: cells of maps can be clicked.
    """
    if stage.array.ndim == 3:
        figure = _maps(stage, color_range, network, quantity, selectable)
    elif stage.array.ndim == 2:
        figure = _sequence(stage, color_range, network, quantity)
    elif len(stage.array) == len(CLASS_COLORS):
        figure = _classes(stage, quantity)
    else:
        figure = _units(stage, color_range, network, quantity)
    return titled(figure, labelled(stage.name, _contents(stage)), describe(stage, quantity))


def describe(stage: StageMaps, quantity: str = "activation") -> str:
    """A stage in words, as the figure's alternative text."""
    low, high = stage.range
    text = _(QUANTITIES[quantity][1]).format(
        stage=stage.name, contents=_contents(stage), low=low, high=high
    )
    if stage.array.ndim == 3 and stage.shape[0] > 1:
        peaks = np.abs(np.nan_to_num(stage.array)).max((1, 2))
        dead = int((peaks == 0).sum())
        peak = _("The value of largest magnitude is in channel {n}.").format(n=int(peaks.argmax()))
        text = sentences(text, peak, _dead(dead) if dead else "")
    elif stage.array.ndim == 1:
        highest = int(np.nan_to_num(stage.array).argmax())
        text = sentences(text, _("The highest is unit {n}.").format(n=highest))
    return text


def _dead(count: int) -> str:
    return ngettext(
        "{n} of the maps is zero everywhere.", "{n} of the maps are zero everywhere.", count
    ).format(n=count)


def _contents(stage: StageMaps) -> str:
    sizes = stage.shape
    if len(sizes) == 3:
        said = ngettext("{n} map of {height}×{width}", "{n} maps of {height}×{width}", sizes[0])
        return said.format(n=sizes[0], height=sizes[1], width=sizes[2])
    if len(sizes) == 2:
        return _("{n} rows of {units} units").format(n=sizes[0], units=sizes[1])
    return ngettext("{n} unit", "{n} units", sizes[0]).format(n=sizes[0])


def _is_picture(stage: StageMaps, quantity: str) -> bool:
    """Whether these are grey values: the input's gradients are signed numbers like any other."""
    return stage.kind == "input" and quantity == "activation"


def _shades(
    stage: StageMaps, color_range: str, network: tuple[float, float], quantity: str
) -> Shades:
    low, high = stage.range
    if _is_picture(stage, quantity):
        return Shades.of(low, high, gray=True)
    if color_range == "network":
        limit = max(abs(value) for value in network)
        low, high = (-limit if low < 0 else 0.0), limit
    return Shades.of(low, high)


def _maps(
    stage: StageMaps,
    color_range: str,
    network: tuple[float, float],
    quantity: str,
    selectable: bool,
) -> go.Figure:
    labels, shades, colors = (
        [str(channel) for channel in range(stage.shape[0])],
        _shades(stage, color_range, network, quantity),
        None,
    )
    bar: dict[str, Any] = {"title": _(QUANTITIES[quantity][0])}
    if color_range == "map" and not _is_picture(stage, quantity):
        peaks = np.abs(np.nan_to_num(stage.array)).max((1, 2), keepdims=True)
        colors = stage.array / np.where(peaks > 0, peaks, 1)
        shades = Shades.of(-1.0 if stage.range[0] < 0 else 0.0, 1.0)
        ticks = {0: "0", 1: _("largest in its map")}
        if shades.low < 0:
            ticks = {-1: _("−largest in its map")} | ticks
        bar |= {"tickvals": list(ticks), "ticktext": list(ticks.values())}
    cell = _("channel %{customdata[0]}, row %{customdata[1]}, column %{customdata[2]}") + VALUE
    return grid(stage.array, labels, shades, cell, colors, bar=bar, selectable=selectable)


def _sequence(
    stage: StageMaps, color_range: str, network: tuple[float, float], quantity: str
) -> go.Figure:
    shades = _shades(stage, color_range, network, quantity)
    figure = go.Figure(
        go.Heatmap(
            z=stage.array,
            colorscale=scale(shades.colors),
            zmin=shades.low,
            zmax=shades.high,
            colorbar={"title": _(QUANTITIES[quantity][0])},
            hovertemplate=_("row %{y}, unit %{x}") + "<br><b>%{z:.6g}</b><extra></extra>",
        )
    )
    return figure.update_xaxes(title=_("unit")).update_yaxes(
        title=_("row of the image"), autorange="reversed"
    )


def _classes(stage: StageMaps, quantity: str) -> go.Figure:
    digits = [str(digit) for digit in range(len(stage.array))]
    figure = go.Figure(
        go.Bar(
            x=digits,
            y=stage.array,
            marker_color=CLASS_COLORS,
            hovertemplate="%{x}: <b>%{y:.6g}</b><extra></extra>",
        )
    )
    figure.update_xaxes(title=_("class"), type="category")
    return figure.update_yaxes(
        title=_("probability") if stage.kind == "softmax" else _(QUANTITIES[quantity][0]),
        range=[0, 1] if stage.kind == "softmax" else None,
    )


def _units(
    stage: StageMaps, color_range: str, network: tuple[float, float], quantity: str
) -> go.Figure:
    """Units without spatial position, wrapped into a rectangle."""
    count = len(stage.array)
    columns = min(count, 64)
    z = np.full(-(-count // columns) * columns, np.nan, np.float32)
    z[:count] = stage.array
    shades = _shades(stage, color_range, network, quantity)
    figure = go.Figure(
        go.Heatmap(
            z=z.reshape(-1, columns),
            customdata=np.arange(len(z)).reshape(-1, columns),
            colorscale=scale(shades.colors),
            zmin=shades.low,
            zmax=shades.high,
            colorbar={"title": _(QUANTITIES[quantity][0])},
            hoverongaps=False,
            hovertemplate=_("unit %{customdata}") + "<br><b>%{z:.6g}</b><extra></extra>",
        )
    )
    with_table(figure, {_("unit"): range(count), _(QUANTITIES[quantity][0]): stage.array})
    if count == columns:
        return figure.update_xaxes(title=_("unit")).update_yaxes(visible=False)
    return figure.update_xaxes(title=_("unit, {n} per line").format(n=columns)).update_yaxes(
        title=_("line"), autorange="reversed"
    )
