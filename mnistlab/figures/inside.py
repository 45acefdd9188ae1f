"""One map with one of its cells chosen, and a recurrent network reading an image. H rows, W
columns, T rows of the image.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.intervals import probability
from mnistlab.analysis.recurrent import RowImportance, Trace
from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD, GRAY, SEQUENTIAL, scale
from mnistlab.figures.data_table import HELPER
from mnistlab.figures.grids import Shades, outline, shaped, titled
from mnistlab.i18n import _, listed

MARKER = 22  # pixels: about the size of a cell, so that a click anywhere on it counts


def cell_figure(
    stage: StageMaps, channel: int, row: int, col: int, shades: Shades | None = None
) -> go.Figure:
    """One map, large, with one cell outlined. A click on a cell selects a point whose customdata
    are channel, row, column, value.
    """
    values = stage.array[channel]
    low, high = stage.range
    shades = shades or Shades.of(low, high, gray=stage.kind == "input")
    figure = go.Figure(
        go.Heatmap(
            z=values,
            colorscale=scale(shades.colors),
            zmin=shades.low,
            zmax=shades.high,
            showscale=False,
            hoverinfo="skip",
        )
    )
    rows, cols = (part.ravel() for part in np.mgrid[: values.shape[0], : values.shape[1]])
    figure.add_scatter(
        x=cols,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": MARKER, "opacity": 0},
        showlegend=False,
        customdata=np.stack(
            [np.full(values.size, channel, np.float32), rows, cols, values.ravel()], axis=-1
        ).astype(np.float32),
        hovertemplate=_("row %{customdata[1]}, column %{customdata[2]}")
        + "<br><b>%{customdata[3]:.6g}</b><extra></extra>",
        meta=HELPER,
    )
    for width, color in ((5, "white"), (2.5, BAD)):  # an outline visible on any background
        outline(figure, row, col, color, width)
    _square(figure, values)
    alt = _(
        "Channel {channel} of {stage}, {height}×{width}. Row {row}, column {column} is chosen: "
        "{value:.5g}."
    ).format(
        channel=channel,
        stage=stage.name,
        height=values.shape[0],
        width=values.shape[1],
        row=row,
        column=col,
        value=values[row, col],
    )
    title = _("{stage}, map {n}").format(stage=stage.name, n=channel)
    return titled(figure, title, alt)


def reading_figure(trace: Trace, classes: tuple[str, ...]) -> go.Figure:
    """The image, and beside each row what the network would predict if the image ended there."""
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[_("image"), _("probability of each class")],
    )
    figure.add_trace(
        go.Heatmap(
            z=trace.image,
            name=_("image"),
            colorscale=scale(GRAY),
            showscale=False,
            hovertemplate=_("row %{y}, column %{x}") + ": %{z:.4g}<extra></extra>",
        ),
        row=1,
        col=1,
    )
    belief = go.Heatmap(
        z=trace.probabilities,
        x=list(classes),
        name=_("probability of each class"),
        colorscale=scale(SEQUENTIAL),
        zmin=0,
        zmax=1,
        colorbar={"title": "", "thickness": 10},
        hovertemplate=_("after row %{y}: %{x} <b>%{z:.4f}</b>") + "<extra></extra>",
    )
    figure.add_trace(belief, row=1, col=2)
    figure.update_xaxes(type="category", title=_("class"), row=1, col=2).update_xaxes(
        showticklabels=False, row=1, col=1
    )
    figure.update_yaxes(autorange="reversed", showgrid=False).update_yaxes(
        title=_("row"), row=1, col=1
    )
    figure.update_annotations(font_size=12)  # the titles stay apart on a phone, too
    figure.update_layout(height=460, margin={"l": 55, "r": 55, "t": 80, "b": 45})
    shaped(figure, 4, 5)  # on a phone the image is rather narrow, so that rows stay apart
    predicted = [classes[digit] for digit in trace.probabilities.argmax(1)]
    alt = _(
        "The image, and a heat map of the ten probabilities after each of its {n} rows. Prediction "
        "after each row: {predictions}."
    ).format(n=len(predicted), predictions=listed(predicted))
    return titled(figure, _("Reading row by row"), alt)


def hidden_row_figure(importance: RowImportance, row: int, classes: tuple[str, ...]) -> go.Figure:
    """The ten probabilities for the whole image (pale) and with one row hidden (full colour)."""
    figure = _pale_and_full(
        importance.probabilities,
        importance.hidden[row],
        (_("whole image"), _("row {n} hidden").format(n=row)),
        classes,
    ).update_layout(height=320)
    before, after = (
        int(values.argmax()) for values in (importance.probabilities, importance.hidden[row])
    )
    alt = _(
        "Bar chart of the ten probabilities. The prediction is {before} ({sure}); without row "
        "{row} it is {after} ({surely})."
    ).format(
        before=classes[before],
        sure=probability(importance.probabilities[before]),
        row=row,
        after=classes[after],
        surely=probability(importance.hidden[row][after]),
    )
    title = _("Without row {row} (pale: the whole image)").format(row=row)
    return titled(figure, title, alt)


def two_answers_figure(
    before: np.ndarray, after: np.ndarray, names: tuple[str, str], classes: Sequence[str]
) -> go.Figure:
    """The ten probabilities before (pale) and after a change (full colour); `names` says what each
    of them is.
    """
    figure = _pale_and_full(before, after, names, classes)
    figure.update_layout(height=300, margin={"l": 50, "r": 10, "t": 50, "b": 45})
    said = [
        f"{name}: {classes[int(values.argmax())]} ({probability(float(values.max()))})"
        for name, values in zip(names, (before, after), strict=True)
    ]
    alt = _("Bar chart of the ten probabilities. The answer, {before}; {after}.").format(
        before=said[0], after=said[1]
    )
    title = _("{after} (pale: {before})").format(before=names[0], after=names[1])
    return titled(figure, title, alt)


def _pale_and_full(
    pale: np.ndarray, full: np.ndarray, names: tuple[str, str], classes: Sequence[str]
) -> go.Figure:
    """Bars of two times ten probabilities, side by side."""
    figure = go.Figure()
    for name, values, opacity in ((names[1], full, 1.0), (names[0], pale, 0.35)):
        figure.add_bar(
            x=list(classes),
            y=values,
            name=name,
            marker_color=list(CLASS_COLORS),
            opacity=opacity,
            hovertemplate=f"{name}: %{{x}} <b>%{{y:.4f}}</b><extra></extra>",
        )
    figure.update_xaxes(title=_("class"), type="category")
    figure.update_yaxes(title=_("probability"), range=[0, 1])
    return figure.update_layout(showlegend=False, bargap=0.25)


def marked_row_figure(image: np.ndarray, row: int) -> go.Figure:
    """The image (T, W) with one row outlined."""
    figure = go.Figure(
        go.Heatmap(
            z=image,
            colorscale=scale(GRAY),
            showscale=False,
            hovertemplate=_("row %{y}, column %{x}") + ": %{z:.4g}<extra></extra>",
        )
    )
    figure.add_shape(
        type="rect",
        x0=-0.5,
        x1=image.shape[1] - 0.5,
        y0=row - 0.5,
        y1=row + 0.5,
        line={"color": GOOD, "width": 2},
    )
    _square(figure, image)
    alt = _("The image with row {row} outlined.").format(row=row)
    return titled(figure, _("The hidden row"), alt)


def _square(figure: go.Figure, pixels: np.ndarray) -> None:
    shaped(figure, *pixels.shape)
    figure.update_xaxes(visible=False, constrain="domain", range=[-0.5, pixels.shape[1] - 0.5])
    figure.update_yaxes(
        visible=False, range=[pixels.shape[0] - 0.5, -0.5], scaleanchor="x", constrain="domain"
    )
    figure.update_layout(
        height=340, margin={"l": 5, "r": 5, "t": 45, "b": 5}, clickmode="event+select"
    )
