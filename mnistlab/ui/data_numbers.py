"""The images of a data set as numbers: all pixels together, and one image as bytes, shares and z-scores."""

import streamlit as st

from mnistlab import data
from mnistlab.analysis import dataset as analysis
from mnistlab.config import TrainConfig
from mnistlab.data import PIXEL_STATS
from mnistlab.figures import data as figures
from mnistlab.figures.grids import Shades
from mnistlab.ui.charts import chart
from mnistlab.ui.data_choice import Shown, place
from mnistlab.ui.i18n import _


def pixels(shown: Shown) -> None:
    """All pixels of the training set: their histogram, mean and standard deviation, computed here."""
    found = _statistics(shown.dataset.name)
    mean, deviation = PIXEL_STATS[shown.dataset.name]
    left, right = st.columns(2, gap="medium")
    with left:
        chart(figures.histogram_figure(found), "data.histogram")
        st.latex(rf"\mu = \frac{{1}}{{n}}\sum_i \frac{{x_i}}{{255}} = \mathbf{{{found.mean:.4f}}}")
    with right:
        chart(figures.settling_figure(found), "data.settling")
        st.latex(rf"\sigma = \sqrt{{\frac{{1}}{{n}}\sum_i \left(\frac{{x_i}}{{255}} - \mu\right)^2}} = \mathbf{{{found.deviation:.4f}}}")
    count = f"n = {len(shown.dataset.train_images):,} \\cdot 784 = {int(found.histogram.sum()):,}"
    st.latex(count.replace(",", "{,}"))  # or TeX would leave a gap after the comma
    agree = (round(found.mean, 4), round(found.deviation, 4)) == (mean, deviation)
    sentence = _(
        "Computed just now: {mean:.4f} and {deviation:.4f}. The code says Normalize(({known_mean},), ({known_deviation},))."
    ).format(mean=found.mean, deviation=found.deviation, known_mean=mean, known_deviation=deviation)
    (st.success if agree else st.warning)(sentence, icon=":material/calculate:")


def values(shown: Shown) -> None:
    """Bytes, [0, 1] and z-scores of one image, in pictures and numbers; and the order of the axes."""
    at = place(shown)
    image = shown.images[at : at + 1]
    config = TrainConfig(dataset=shown.dataset.name)
    mean, deviation = PIXEL_STATS[shown.dataset.name]
    unit, scored = (data.to_input(image, config.replace(normalize=how))[0, 0].numpy() for how in ("none", "zscore"))
    bytes_ = image[0, 0].numpy()
    low, high, words = -mean / deviation, (1 - mean) / deviation, z_range(shown.dataset.name)
    forms = (
        (_("Bytes, 0 to 255"), bytes_, Shades.of(0, 255, gray=True), 0, "image  # uint8"),
        (_("Divided by 255: 0 to 1"), unit, Shades.of(0, 1, gray=True), 3, "image / 255  # ToTensor()"),
        (_("z-scores: {low} to {high}").format(low=words[0], high=words[1]), scored, Shades.of(low, high), 3, f"(image / 255 - {mean}) / {deviation}  # Normalize"),
    )  # fmt: skip
    row = int(bytes_.astype(int).sum(1).argmax())
    begin = max(0, int(bytes_[row].argmax()) - 2)
    for column, (title, pixels_of, shades, digits, code) in zip(st.columns(3), forms, strict=True):
        with column:
            chart(figures.image_figure(pixels_of, title, shades, height=330, digits=digits), f"data.values.{digits}.{code[:9]}")
            st.code(code, language="python", wrap_lines=True)
            st.caption(_("Row {row}, columns {first} to {last}:").format(row=row, first=begin, last=begin + 5))
            st.code(
                "  ".join(f"{value:.{digits}f}" for value in pixels_of[row, begin : begin + 6].tolist()), language="text", wrap_lines=True
            )
    st.markdown(f"**{_('From height × width × channels to channels × height × width')}**")
    example = analysis.colour_example()
    chart(figures.axes_figure(example), "data.axes")
    st.code(
        f"hwc = {example.reshape(-1)[:9].tolist()} ...   # shape {example.shape}: three numbers of the first pixel, then of the next\n"
        f"chw = hwc.transpose(2, 0, 1)\n"
        f"chw = {example.transpose(2, 0, 1).reshape(-1)[:9].tolist()} ...   # shape {example.transpose(2, 0, 1).shape}: all the red ones first",
        language="python",
        wrap_lines=True,
    )
    st.caption(_("A grey picture has one channel: (28, 28) in the file, (1, 28, 28) in PyTorch, (N, 1, 28, 28) as a batch."))


def z_range(dataset: str) -> tuple[str, str]:
    """The z-scores of black and of white, in words."""
    mean, deviation = PIXEL_STATS[dataset]
    return f"−{mean / deviation:.2f}", f"{(1 - mean) / deviation:.2f}"


@st.cache_data(max_entries=8, show_spinner="Counting in every pixel of the training set …")
def _statistics(name: str) -> analysis.PixelStatistics:
    return analysis.pixel_statistics(data.load_dataset(name).train_images)
