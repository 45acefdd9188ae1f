"""The images of a data set as numbers: statistics of all pixels, and one image as bytes, in [0, 1]
and as z-scores.
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import Tensor

from mnistlab import data
from mnistlab.analysis import dataset as analysis
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.figures import data as figures
from mnistlab.figures.grids import Shades
from mnistlab.ui.data.selection import DataSelection, choose_index
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.cached import with_spinner
from mnistlab.ui.kit.i18n import N_, _


def pixels(selection: DataSelection) -> None:
    """The histogram, mean and standard deviation of all training pixels."""
    statistics = _statistics(selection.dataset.name)
    info = DATASETS[selection.dataset.name]
    mean, deviation = info.mean, info.deviation
    left, right = st.columns(2, gap="medium")
    with left:
        chart(figures.histogram_figure(statistics), "data.histogram")
        st.latex(
            rf"\mu = \frac{{1}}{{n}}\sum_i \frac{{x_i}}{{255}} = \mathbf{{{statistics.mean:.4f}}}"
        )
    with right:
        chart(figures.settling_figure(statistics), "data.settling")
        st.latex(
            rf"\sigma = \sqrt{{\frac{{1}}{{n}}\sum_i \left(\frac{{x_i}}{{255}} - \mu\right)^2}} "
            rf"= \mathbf{{{statistics.deviation:.4f}}}"
        )
    images, pixels = len(selection.dataset.train_images), int(statistics.histogram.sum())
    count = f"n = {images:,} \\cdot 784 = {pixels:,}"
    st.latex(count.replace(",", "{,}"))  # no gap after the comma
    agree = (round(statistics.mean, 4), round(statistics.deviation, 4)) == (mean, deviation)
    sentence = _(
        "Computed just now: {mean:.4f} and {deviation:.4f}. The training code uses "
        "Normalize(({known_mean},), ({known_deviation},))."
    ).format(
        mean=statistics.mean,
        deviation=statistics.deviation,
        known_mean=mean,
        known_deviation=deviation,
    )
    (st.success if agree else st.warning)(sentence, icon=":material/calculate:")


def values(selection: DataSelection) -> None:
    """One image as bytes, in [0, 1] and as z-scores, and the order of the axes."""
    index = choose_index(selection)
    image = selection.images[index : index + 1]
    pixels = image[0, 0].numpy()
    row = int(pixels.astype(int).sum(1).argmax())
    first = max(0, int(pixels[row].argmax()) - 2)
    representations = _representations(image, selection.dataset.name)
    for column, representation in zip(st.columns(3), representations, strict=True):
        with column:
            _show_representation(representation, row, first)
    _axes()


@dataclass(frozen=True, eq=False)
class Representation:
    """One way to represent an image."""

    title: str
    values: np.ndarray  # (28, 28)
    shades: Shades
    digits: int  # after the point
    code: str


def _representations(
    image: Tensor, dataset: str
) -> tuple[Representation, Representation, Representation]:
    """`image`, uint8 (1, 1, 28, 28), as bytes, in [0, 1] and as z-scores."""
    config = TrainConfig(dataset=dataset)
    info = DATASETS[dataset]
    mean, deviation = info.mean, info.deviation
    unit, scored = (
        data.to_input(image, config.replace(normalize=normalize))[0, 0].numpy()
        for normalize in ("none", "zscore")
    )
    low, high = z_range(dataset)
    return (
        Representation(
            _("Bytes, 0 to 255"),
            image[0, 0].numpy(),
            Shades.of(0, 255, gray=True),
            0,
            "image  # uint8",
        ),
        Representation(
            _("Divided by 255: 0 to 1"),
            unit,
            Shades.of(0, 1, gray=True),
            3,
            "image / 255  # ToTensor()",
        ),
        Representation(
            _("z-scores: {low} to {high}").format(low=low, high=high),
            scored,
            Shades.of(-mean / deviation, (1 - mean) / deviation),
            3,
            f"(image / 255 - {mean}) / {deviation}  # Normalize",
        ),
    )


def _show_representation(representation: Representation, row: int, first: int) -> None:
    """`representation` as a picture, as code, and six of its values as numbers."""
    figure = figures.image_figure(
        representation.values,
        representation.title,
        representation.shades,
        height=330,
        digits=representation.digits,
    )
    chart(figure, f"data.values.{representation.digits}.{representation.code[:9]}")
    st.code(representation.code, language="python", wrap_lines=True)
    last = first + 5
    st.caption(_("Row {row}, columns {first} to {last}:").format(row=row, first=first, last=last))
    numbers = representation.values[row, first : last + 1].tolist()
    text = "  ".join(f"{value:.{representation.digits}f}" for value in numbers)
    st.code(text, language="text", wrap_lines=True)


def _axes() -> None:
    """A small colour image, before and after its axes are reordered."""
    st.markdown(f"**{_('From height × width × channels to channels × height × width')}**")
    example = analysis.colour_example()
    chart(figures.axes_figure(example), "data.axes")
    planes = example.transpose(2, 0, 1)
    pixels = _("shape {shape}: three numbers of the first pixel, then of the next")
    reds = _("shape {shape}: all red values first")
    st.code(
        f"hwc = {example.reshape(-1)[:9].tolist()} ...   # {pixels.format(shape=example.shape)}\n"
        f"chw = hwc.transpose(2, 0, 1)\n"
        f"chw = {planes.reshape(-1)[:9].tolist()} ...   # {reds.format(shape=planes.shape)}",
        language="python",
        wrap_lines=True,
    )
    st.caption(
        _(
            "A greyscale image has one channel: (28, 28) in the file, (1, 28, 28) in PyTorch, (N, "
            "1, 28, 28) as a batch."
        )
    )


def z_range(dataset: str) -> tuple[str, str]:
    """The z-scores of black and white, as text."""
    info = DATASETS[dataset]
    mean, deviation = info.mean, info.deviation
    return f"−{mean / deviation:.2f}", f"{(1 - mean) / deviation:.2f}"


@with_spinner(N_("Reading every pixel of the training set …"))
@st.cache_data(max_entries=8, show_spinner=False)
def _statistics(name: str) -> analysis.PixelStatistics:
    return analysis.pixel_statistics(data.load_dataset(name).train_images)
