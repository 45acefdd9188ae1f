"""Figures of a data set: one image with its values, classes, pixels, axes, and loading times.

K classes, H rows, W columns, C channels.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.dataset import NEARLY_WHITE, PixelStatistics
from mnistlab.analysis.intervals import percent
from mnistlab.experiments.data_loader_timing import IMAGES, Timing
from mnistlab.figures.axes import log_axis
from mnistlab.figures.colors import CLASS_COLORS, GRAY, TEST, TRAIN, scale
from mnistlab.figures.data_table import HELPER
from mnistlab.figures.grids import Shades, grid, titled
from mnistlab.i18n import N_, _, clauses

COLORS = ("#d62728", "#2ca02c", "#1f77b4")
CHANNELS = (N_("red"), N_("green"), N_("blue"))
KINDS = {
    "light": N_("cheap samples: a 28×28 image to a tensor"),
    "heavy": N_("expensive samples: rotated twelve times first"),
}


def image_figure(
    values: np.ndarray, title: str, shades: Shades, height: int = 420, digits: int = 0
) -> go.Figure:
    """One image (H, W) with the value of each pixel on hover, with `digits` decimals."""
    hover = _("row %{y}, column %{x}") + f": <b>%{{z:.{digits}f}}</b><extra></extra>"
    colors = {"colorscale": scale(shades.colors), "zmin": shades.low, "zmax": shades.high}
    figure = go.Figure(go.Heatmap(z=values, hovertemplate=hover, showscale=False, **colors))
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_layout(
        height=height, margin={"l": 5, "r": 5, "t": 50, "b": 5}, plot_bgcolor="rgba(0,0,0,0)"
    )
    alt = _(
        "{title}: an image of {height}×{width} pixels with values from {low} to {high}."
    ).format(
        title=title,
        height=values.shape[0],
        width=values.shape[1],
        low=f"{values.min():.{digits}f}",
        high=f"{values.max():.{digits}f}",
    )
    return titled(figure, title, alt)


def balance_figure(train: np.ndarray, test: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """The number of training and test images of each class, (K,) each."""
    figure = go.Figure()
    for name, hover, counts, color in (
        (_("training images"), _("%{x}: <b>%{y:,}</b> training images"), train, TRAIN),
        (_("test images"), _("%{x}: <b>%{y:,}</b> test images"), test, TEST),
    ):
        figure.add_bar(
            x=list(classes),
            y=counts,
            name=name,
            marker_color=color,
            text=[f"{count:,}" for count in counts],
            hovertemplate=hover + "<extra></extra>",
            textposition="outside",
            textangle=0,
            textfont_size=10,
            cliponaxis=False,
        )
    figure.update_xaxes(title=_("class"), type="category")
    figure.update_yaxes(title=_("images"))
    figure.update_layout(
        barmode="group",
        legend={"orientation": "h", "y": -0.25},
        uniformtext={"minsize": 8, "mode": "hide"},  # on a phone they would be specks
    )
    most, least = int(train.argmax()), int(train.argmin())
    alt = _(
        "Bar chart of images per class. Most training images: {largest}, {most:,}; fewest: "
        "{smallest}, {fewest:,}."
    ).format(largest=classes[most], most=train[most], smallest=classes[least], fewest=train[least])
    return titled(figure, _("Images per class"), alt)


def mean_figure(means: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """The mean image of each class, (K, 28, 28), 0 to 255."""
    hover = _("row %{customdata[1]}, column %{customdata[2]}") + ": <b>%{customdata[3]:.0f}</b>"
    figure = grid(means, list(classes), Shades(GRAY, 0, 255), hover, columns=5)
    alt = _("The mean image of each of {n} classes: blurred where handwriting differs.")
    return titled(figure, _("The mean image of each class"), alt.format(n=len(means)))


def histogram_figure(pixels: PixelStatistics) -> go.Figure:
    """How many pixels have each byte value, on a logarithmic axis."""
    hover = _("value %{x}: <b>%{y:,}</b> pixels") + "<extra></extra>"
    figure = go.Figure(
        go.Bar(
            x=np.arange(256),
            y=pixels.histogram,
            marker_color=TEST,
            marker_line_width=0,
            hovertemplate=hover,
        )
    )
    figure.update_xaxes(title=_("byte value: 0 black, 255 white"))
    figure.update_yaxes(title=_("pixels (logarithmic)"), **log_axis(pixels.histogram))
    figure.update_layout(bargap=0, height=320, margin={"l": 60, "r": 20, "t": 50, "b": 50})
    alt = _(
        "Histogram of all pixels of the training images: {black} are 0; of the others, {white} are "
        "at least {bright}."
    ).format(
        black=percent(pixels.black, 1),
        white=percent(pixels.nearly_white, 1),
        bright=NEARLY_WHITE,
    )
    return titled(figure, _("All pixels of the training images"), alt)


def settling_figure(pixels: PixelStatistics) -> go.Figure:
    """How mean and standard deviation converge as images are added."""
    figure = go.Figure()
    for name, hover, values, color in (
        (_("mean"), _("mean of %{x:,} images"), pixels.means, CLASS_COLORS[0]),
        (
            _("standard deviation"),
            _("standard deviation of %{x:,} images"),
            pixels.deviations,
            CLASS_COLORS[1],
        ),
    ):
        figure.add_scatter(
            x=pixels.after,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            hovertemplate=hover + ": <b>%{y:.4f}</b><extra></extra>",
        )
    figure.update_xaxes(title=_("number of images (logarithmic)"), type="log")
    figure.update_yaxes(title=_("pixel value from 0 to 1"), rangemode="tozero")
    figure.update_layout(
        height=320,
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
        legend={"orientation": "h", "y": -0.3},
    )
    alt = _(
        "Mean and standard deviation of the pixels converge to {mean:.4f} and {deviation:.4f} "
        "after {n:,} images."
    ).format(mean=pixels.mean, deviation=pixels.deviation, n=pixels.after[-1])
    return titled(figure, _("How the two numbers converge"), alt)


def axes_figure(picture: np.ndarray) -> go.Figure:
    """A small colour image, uint8 (H, W, 3), as one image of triples and as three planes of numbers
    (C, H, W).
    """
    names = [_(name) for name in CHANNELS]
    titles = ["HWC", *(f"CHW[{index}]<br>{name}" for index, name in enumerate(names))]
    # on a phone the four are close together, and three numbers of a pixel need more room than one
    widths = [0.4, 0.2, 0.2, 0.2]
    figure = make_subplots(
        1, 4, subplot_titles=titles, horizontal_spacing=0.04, column_widths=widths
    )
    figure.update_annotations(font_size=12)
    _add_triples(figure, picture)
    for index, (name, color) in enumerate(zip(names, COLORS, strict=True)):
        figure.add_trace(_plane(picture[:, :, index], name, color), 1, index + 2)
    figure.update_xaxes(visible=False, constrain="domain")
    for number in range(1, 5):
        figure.update_yaxes(
            visible=False,
            autorange="reversed",
            scaleanchor="x" if number == 1 else f"x{number}",
            constrain="domain",
            row=1,
            col=number,
        )
    figure.update_layout(
        height=240, margin={"l": 5, "r": 5, "t": 70, "b": 5}, plot_bgcolor="rgba(0,0,0,0)"
    )
    alt = _(
        "The same colour image of {height}×{width} pixels twice: as pixels of three numbers each, "
        "and as three planes with one number per pixel."
    ).format(height=picture.shape[0], width=picture.shape[1])
    return titled(figure, "", alt)


def _add_triples(figure: go.Figure, picture: np.ndarray) -> None:
    """The image with the three numbers of each of its pixels, as the first part of `figure`."""
    hover = _("row %{y}, column %{x}") + ": <b>%{z}</b><extra></extra>"
    figure.add_trace(go.Image(z=picture, hovertemplate=hover, meta=HELPER), 1, 1)
    for row, line in enumerate(picture):
        for column, triple in enumerate(line):
            figure.add_annotation(
                x=column,
                y=row,
                text="<br>".join(map(str, triple)),
                showarrow=False,
                font={"color": "white", "size": 10},
                row=1,
                col=1,
            )


def _plane(plane: np.ndarray, name: str, color: str) -> go.Heatmap:
    """One channel (H, W) with its numbers, from black to its colour."""
    place = _("row %{y}, column %{x}")
    return go.Heatmap(
        z=plane,
        text=plane,
        texttemplate="%{text}",
        colorscale=[(0, "#000000"), (1, color)],
        zmin=0,
        zmax=255,
        showscale=False,
        xgap=1,
        ygap=1,
        name=name,
        hovertemplate=f"{name}, {place}: <b>%{{z}}</b><extra></extra>",
        textfont={"color": "white", "size": 10},
    )


def timing_figure(timings: Sequence[Timing]) -> go.Figure:
    """Seconds for one epoch of light and of heavy samples, by the number of worker processes."""
    figure = go.Figure()
    for (kind, name), color in zip(KINDS.items(), CLASS_COLORS[:2], strict=True):
        points = [each for each in timings if each.kind == kind]
        hover = _("{name}<br>{n} workers: {seconds} s").format(
            name=_(name), n="%{x}", seconds="<b>%{y:.2f}</b>"
        )
        figure.add_bar(
            x=[str(each.workers) for each in points],
            y=[each.seconds for each in points],
            name=_(name),
            marker_color=color,
            text=[_("{seconds:.2f} s").format(seconds=each.seconds) for each in points],
            hovertemplate=hover + "<extra></extra>",
            textposition="outside",
            textangle=0,
            cliponaxis=False,
        )
    figure.update_xaxes(title="num_workers", type="category").update_yaxes(
        title=_("seconds for {n:,} images").format(n=IMAGES)
    )
    figure.update_layout(
        barmode="group",
        legend={"orientation": "h", "y": -0.3},
        height=340,
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
    )
    ends = clauses(
        _("{kind}, with {n} workers {seconds:.2f} s").format(
            kind=_(KINDS[each.kind]), n=each.workers, seconds=each.seconds
        )
        for each in timings
        if each.kind in KINDS
    )
    alt = _("Bar chart of seconds for one epoch: {times}.").format(times=ends)
    return titled(figure, _("One epoch, measured on this machine"), alt)
