"""Figures of a data set: one image with its values, classes, pixels, axes, and loading times.

K classes, H rows, W columns, C channels.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.dataset import NEARLY_WHITE, PixelStatistics
from mnistlab.experiments.data_loader_timing import Timing
from mnistlab.figures.axes import log_axis
from mnistlab.figures.colors import CLASS_COLORS, GRAY, TEST, TRAIN, scale
from mnistlab.figures.grids import Shades, grid, titled

CHANNELS = (("red", "#d62728"), ("green", "#2ca02c"), ("blue", "#1f77b4"))
KINDS = {
    "light": "cheap samples: a 28×28 image to a tensor",
    "heavy": "expensive samples: rotated twelve times first",
}


def image_figure(
    values: np.ndarray, title: str, shades: Shades, height: int = 420, digits: int = 0
) -> go.Figure:
    """One image (H, W) with the value of each pixel on hover, with `digits` decimals."""
    hover = f"row %{{y}}, column %{{x}}: <b>%{{z:.{digits}f}}</b><extra></extra>"
    colors = {"colorscale": scale(shades.colors), "zmin": shades.low, "zmax": shades.high}
    figure = go.Figure(go.Heatmap(z=values, hovertemplate=hover, showscale=False, **colors))
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_layout(
        height=height, margin={"l": 5, "r": 5, "t": 50, "b": 5}, plot_bgcolor="rgba(0,0,0,0)"
    )
    alt = (
        f"{title}: an image of {values.shape[0]}×{values.shape[1]} pixels with values from "
        f"{values.min():.{digits}f} to {values.max():.{digits}f}."
    )
    return titled(figure, title, alt)


def balance_figure(train: np.ndarray, test: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """The number of training and test images of each class, (K,) each."""
    figure = go.Figure()
    for name, counts, color in (("training images", train, TRAIN), ("test images", test, TEST)):
        hover = "%{x}: <b>%{y:,}</b> " + name + "<extra></extra>"
        figure.add_bar(
            x=list(classes),
            y=counts,
            name=name,
            marker_color=color,
            text=[f"{count:,}" for count in counts],
            hovertemplate=hover,
            textposition="outside",
            textangle=0,
            textfont_size=10,
            cliponaxis=False,
        )
    figure.update_xaxes(title="class", type="category")
    figure.update_yaxes(title="images")
    figure.update_layout(barmode="group", legend={"orientation": "h", "y": -0.25})
    most, least = int(train.argmax()), int(train.argmin())
    alt = (
        f"Bar chart of images per class. Most training images: {classes[most]}, {train[most]:,}; "
        f"fewest: {classes[least]}, {train[least]:,}."
    )
    return titled(figure, "Images per class", alt)


def mean_figure(means: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """The mean image of each class, (K, 28, 28), 0 to 255."""
    hover = "row %{customdata[1]}, column %{customdata[2]}: <b>%{customdata[3]:.0f}</b>"
    figure = grid(means, list(classes), Shades(GRAY, 0, 255), hover, columns=5)
    return titled(
        figure,
        "The mean image of each class",
        f"The mean image of each of {len(means)} classes: blurred where handwriting differs.",
    )


def histogram_figure(pixels: PixelStatistics) -> go.Figure:
    """How many pixels have each byte value, on a logarithmic axis."""
    hover = "value %{x}: <b>%{y:,}</b> pixels<extra></extra>"
    figure = go.Figure(
        go.Bar(
            x=np.arange(256),
            y=pixels.histogram,
            marker_color=TEST,
            marker_line_width=0,
            hovertemplate=hover,
        )
    )
    figure.update_xaxes(title="byte value: 0 black, 255 white")
    figure.update_yaxes(title="pixels (logarithmic)", **log_axis(pixels.histogram))
    figure.update_layout(bargap=0, height=320, margin={"l": 60, "r": 20, "t": 50, "b": 50})
    alt = (
        f"Histogram of all pixels of the training images: {100 * pixels.black:.1f} % are 0; of the "
        f"others, {100 * pixels.nearly_white:.1f} % are at least {NEARLY_WHITE}."
    )
    return titled(figure, "All pixels of the training images", alt)


def settling_figure(pixels: PixelStatistics) -> go.Figure:
    """How mean and standard deviation converge as images are added."""
    figure = go.Figure()
    for name, values, color in (
        ("mean", pixels.means, CLASS_COLORS[0]),
        ("standard deviation", pixels.deviations, CLASS_COLORS[1]),
    ):
        hover = f"{name} of %{{x:,}} images: <b>%{{y:.4f}}</b><extra></extra>"
        figure.add_scatter(
            x=pixels.after,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            hovertemplate=hover,
        )
    figure.update_xaxes(title="number of images (logarithmic)", type="log")
    figure.update_yaxes(title="pixel value from 0 to 1", rangemode="tozero")
    figure.update_layout(
        height=320,
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
        legend={"orientation": "h", "y": -0.3},
    )
    alt = (
        f"Mean and standard deviation of the pixels converge to {pixels.mean:.4f} and "
        f"{pixels.deviation:.4f} after {pixels.after[-1]:,} images."
    )
    return titled(figure, "How the two numbers converge", alt)


def axes_figure(picture: np.ndarray) -> go.Figure:
    """A small colour image, uint8 (H, W, 3), as one image of triples and as three planes of numbers
    (C, H, W).
    """
    titles = ["HWC", *(f"CHW[{index}]<br>{name}" for index, (name, _) in enumerate(CHANNELS))]
    figure = make_subplots(1, 4, subplot_titles=titles, horizontal_spacing=0.04)
    figure.update_annotations(font_size=12)  # on a phone the four are close together
    figure.add_trace(
        go.Image(z=picture, hovertemplate="row %{y}, column %{x}: <b>%{z}</b><extra></extra>"), 1, 1
    )
    for row, line in enumerate(picture):
        for column, triple in enumerate(line):
            figure.add_annotation(
                x=column,
                y=row,
                text="<br>".join(map(str, triple)),
                showarrow=False,
                font={"color": "white"},
                row=1,
                col=1,
            )
    for index, (name, color) in enumerate(CHANNELS):
        plane = picture[:, :, index]
        figure.add_trace(
            go.Heatmap(
                z=plane,
                text=plane,
                texttemplate="%{text}",
                colorscale=[(0, "#000000"), (1, color)],
                zmin=0,
                zmax=255,
                showscale=False,
                xgap=1,
                ygap=1,
                hovertemplate=f"{name}, row %{{y}}, column %{{x}}: <b>%{{z}}</b><extra></extra>",
                textfont={"color": "white"},
            ),
            1,
            index + 2,
        )
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
    return titled(
        figure,
        "",
        "The same colour image twice: as pixels of three numbers each, and as three planes with "
        "one "
        "number per pixel.",
    )


def timing_figure(timings: Sequence[Timing]) -> go.Figure:
    """Seconds for one epoch of light and of heavy samples, by the number of worker processes."""
    figure = go.Figure()
    for (kind, name), color in zip(KINDS.items(), CLASS_COLORS[:2], strict=True):
        points = [each for each in timings if each.kind == kind]
        hover = f"{name}<br>%{{x}} workers: <b>%{{y:.2f}} s</b><extra></extra>"
        figure.add_bar(
            x=[str(each.workers) for each in points],
            y=[each.seconds for each in points],
            name=name,
            marker_color=color,
            text=[f"{each.seconds:.2f} s" for each in points],
            hovertemplate=hover,
            textposition="outside",
            textangle=0,
            cliponaxis=False,
        )
    figure.update_xaxes(title="num_workers", type="category").update_yaxes(
        title="seconds for 2,000 images"
    )
    figure.update_layout(
        barmode="group",
        legend={"orientation": "h", "y": -0.3},
        height=340,
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
    )
    ends = "; ".join(
        f"{each.kind} with {each.workers} workers {each.seconds:.2f} s"
        for each in timings
        if each.kind in KINDS
    )
    return titled(
        figure,
        "One epoch, measured on this machine",
        f"Bar chart of seconds for one epoch: {ends}.",
    )
