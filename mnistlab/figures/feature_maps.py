"""One image inside a CNN or an MLP: maps, kernels, receptive fields, top-activating images,
attributions.

C channels, H rows, W columns, K units.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from mnistlab.analysis.attribution import Attribution
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.receptive_field import ReceptiveField
from mnistlab.analysis.top_activations import TopActivations
from mnistlab.figures.colors import BAD, CLASS_COLORS, DIVERGING, GRAY, scale
from mnistlab.figures.data_table import with_table
from mnistlab.figures.grids import BAR, MARGIN, PLAIN, Shades, grid, shaped, titled
from mnistlab.i18n import N_, _, listed, ngettext, sentences

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
VALUE = "<br><b>%{customdata[3]:.6g}</b>"
OUTLINE = {"color": BAD, "width": 2}
DIGITS = tuple("0123456789")


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
    return titled(figure, f"{stage.name}: {_contents(stage)}", describe(stage, quantity))


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


def kernel_figure(kernels: np.ndarray, stage: str, channel: int | None = None) -> go.Figure:
    """The kernels (out, in, kh, kw) of a convolution, all in one colour range, white at zero.

    With `channel`, only those of this output channel, one for each input channel. Otherwise all: a
    row for each output channel or, with only one input channel, a plain grid.
    """
    out, into, height, width = kernels.shape
    shades = Shades.of(-1.0 * float(np.abs(kernels).max()), float(np.abs(kernels).max()))
    hover, size = _("row %{customdata[1]}, column %{customdata[2]}") + VALUE, f"{height}×{width}"
    if channel is not None:
        labels, columns = [_("input {n}").format(n=i) for i in range(into)], None
        shown = kernels[channel]
        title = _("{stage}: the {n} kernels of channel {channel}, {size}").format(
            stage=stage, n=into, channel=channel, size=size
        )
    elif into == 1:
        shown, labels, columns = kernels[:, 0], [str(o) for o in range(out)], None
        title = _("{stage}: {n} kernels of {size}").format(stage=stage, n=out, size=size)
    else:
        shown, labels, columns = (
            kernels.reshape(-1, height, width),
            [f"{i} → {o}" for o in range(out) for i in range(into)],
            into,
        )
        title = _(
            "{stage}: {n} × {inputs} kernels of {size}, a row for each output channel"
        ).format(stage=stage, n=out, inputs=into, size=size)
    figure = grid(shown, labels, shades, hover, columns=columns, bar={"title": _("weight")})
    return titled(figure, title, _weights(title, kernels))


def _weights(title: str, weights: np.ndarray) -> str:
    return _("{title}. The weights range from {low:.4g} to {high:.4g}.").format(
        title=title, low=float(weights.min()), high=float(weights.max())
    )


def weight_image_figure(images: np.ndarray, stage: str) -> go.Figure:
    """The weights (K, 28, 28) of an MLP's first layer, one image for each hidden unit."""
    title = _("{stage}: what each of the {n} units multiplies the image by").format(
        stage=stage, n=len(images)
    )
    limit = float(np.abs(images).max())
    hover = _("unit %{customdata[0]}, row %{customdata[1]}, column %{customdata[2]}") + VALUE
    figure = grid(
        images,
        [_("unit {n}").format(n=i) for i in range(len(images))],
        Shades.of(-limit, limit),
        hover,
        bar={"title": _("weight")},
    )
    return titled(figure, title, _weights(title, images))


def field_figure(image: np.ndarray, field: ReceptiveField, cell: str) -> go.Figure:
    """The input (28, 28) with the receptive field of `cell` ("conv2, channel 3, row 4, column 5")
    outlined.
    """
    figure = _picture(image)
    top, left, bottom, right = field.box
    alt = _("The input image. {cell} sees nothing of it, only padding.").format(cell=cell)
    if bottom > top:
        figure.add_shape(
            type="rect", x0=left - 0.5, x1=right - 0.5, y0=top - 0.5, y1=bottom - 0.5, line=OUTLINE
        )
        alt = _(
            "The input image. {cell} sees rows {top} to {bottom} and columns {left} to {right}."
        ).format(cell=cell, top=top, bottom=bottom - 1, left=left, right=right - 1)
    return titled(figure, _("What {cell} sees").format(cell=cell), alt)


def top_activations_figure(
    top: TopActivations, images: np.ndarray, cropped: bool = True, what: str = "map"
) -> go.Figure:
    """The top-activating images of a "map" or "unit", the highest activation first; `images`
    (N, 28, 28) are those that were searched.

    `cropped`: only the receptive field of the most active cell; otherwise whole images with it
    outlined.
    """
    chosen = (
        np.asarray(images)[top.indices]
        .reshape(len(top.indices), *np.shape(images)[-2:])
        .astype(np.float32)
    )
    shown = _crops(chosen, top.boxes) if cropped else chosen
    labels = [
        f"#{index}: {value:.3g}" for index, value in zip(top.indices, top.values, strict=True)
    ]
    figure = grid(
        shown,
        labels,
        Shades.of(0, 255, gray=True),
        _("row %{customdata[1]}, column %{customdata[2]}") + ": %{customdata[3]}",
        columns=3,
    )
    if not cropped and what == "map":
        lefts, tops = figure.data[1].x - (shown.shape[2] - 1) / 2, figure.data[1].y + 0.5
        for x, y, (upper, left, lower, right) in zip(lefts, tops, top.boxes, strict=True):
            figure.add_shape(
                type="rect",
                x0=x + left - 0.5,
                x1=x + right - 0.5,
                y0=y + upper - 0.5,
                y1=y + lower - 0.5,
                line=OUTLINE,
            )
    title = (
        _("Top-activating images of {stage}, map {n}")
        if what == "map"
        else _("Top-activating images of {stage}, unit {n}")
    ).format(stage=top.stage, n=top.channel)
    alt = _("{title}: test images {images}, the highest activation first ({values}).").format(
        title=title, images=listed(top.indices), values=listed(labels)
    )
    return titled(figure, title, alt)


def attribution_figure(
    image: np.ndarray, attribution: Attribution, classes: Sequence[str] = DIGITS
) -> go.Figure:
    """The input (28, 28) in grey under the attributions: red pixels count towards the target, blue
    ones against it, transparent ones do not matter.
    """
    pixels, target = attribution.pixels, attribution.target
    limit = float(np.abs(pixels).max()) or 1.0
    figure = _picture(image).update_traces(hoverinfo="skip")
    figure.add_heatmap(
        z=pixels,
        zmin=-limit,
        zmax=limit,
        colorscale=_see_through(DIVERGING),
        colorbar=BAR | {"title": _("attribution")},
        name=_("attribution"),
        customdata=image,
        hovertemplate=_(
            "row %{y}, column %{x}<br>attribution <b>%{z:.4g}</b><br>pixel %{customdata:.3g}"
        )
        + "<extra></extra>",
    )
    row, col = (int(i) for i in np.unravel_index(np.abs(pixels).argmax(), pixels.shape))
    title = _effect(attribution).format(
        answer=classes[target.digit],
        other="" if target.against is None else classes[target.against],
    )
    alt = _(
        "{title}: the image under its attributions. The most important pixel is at row {row}, "
        "column {column}: {value:.4g}."
    ).format(title=title, row=row, column=col, value=pixels[row, col])
    return titled(figure, title, alt)


def _effect(attribution: Attribution) -> str:
    """What the coloured pixels do, with places for the target's classes."""
    target = attribution.target
    if target.loss:
        return _("Pixels that raise the loss if the answer is {answer}")
    if attribution.method == "saliency":  # has no sign
        if target.against is None:
            return _("Pixels that matter for {answer}")
        return _("Pixels that matter for {answer} rather than {other}")
    if target.against is None:
        return _("Pixels that count towards {answer}")
    return _("Pixels that count towards {answer} rather than {other}")


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


def _picture(image: np.ndarray) -> go.Figure:
    figure = go.Figure(
        go.Heatmap(
            z=image,
            colorscale=scale(GRAY),
            showscale=False,
            name=_("image"),
            hovertemplate=_("row %{y}, column %{x}") + "<br><b>%{z:.4g}</b><extra></extra>",
        )
    )
    figure.update_layout(height=PLAIN, margin={"l": 5, "r": 5, "t": MARGIN, "b": MARGIN})
    figure.update_xaxes(visible=False, constrain="domain", range=[-0.5, image.shape[1] - 0.5])
    figure.update_yaxes(
        visible=False, range=[image.shape[0] - 0.5, -0.5], scaleanchor="x", constrain="domain"
    )
    return shaped(figure, *image.shape)


def _crops(images: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The content of each box, centred in tiles (M, H, W) as large as the largest box, with NaN
    around it.
    """
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    tiles = np.full(
        (len(images), max(1, heights.max(initial=1)), max(1, widths.max(initial=1))),
        np.nan,
        np.float32,
    )
    for tile, image, (top, left, bottom, right) in zip(tiles, images, boxes, strict=True):
        down, across = (tile.shape[0] - (bottom - top)) // 2, (tile.shape[1] - (right - left)) // 2
        tile[down : down + bottom - top, across : across + right - left] = image[
            top:bottom, left:right
        ]
    return tiles


def _see_through(colors: tuple[str, ...]) -> list[tuple[float, str]]:
    """A diverging scale that is transparent in the middle and opaque at both ends."""
    places = np.linspace(0, 1, 21)
    solid = sample_colorscale(list(colors), list(places))
    return [
        (float(p), color.replace("rgb(", "rgba(").replace(")", f", {abs(2 * p - 1) ** 0.5:.3f})"))
        for p, color in zip(places, solid, strict=True)
    ]
