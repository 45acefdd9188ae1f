"""What a cell of a map sees of the input, and which images activate a map or unit most."""

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.receptive_field import ReceptiveField
from mnistlab.analysis.top_activations import TopActivations
from mnistlab.figures.colors import BAD, GRAY, scale
from mnistlab.figures.grids import MARGIN, PLAIN, Shades, grid, shaped, titled
from mnistlab.i18n import _, listed

OUTLINE = {"color": BAD, "width": 2}


def field_figure(image: np.ndarray, field: ReceptiveField, cell: str) -> go.Figure:
    """The input (28, 28) with the receptive field of `cell` ("conv2, channel 3, row 4, column 5")
    outlined.
    """
    figure = input_figure(image)
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


def input_figure(image: np.ndarray) -> go.Figure:
    """The input (H, W) in grey, to draw on."""
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
