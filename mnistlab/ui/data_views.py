"""The views of the page `data`: one image after the other, the classes, the pixels, values and axes, and augmentation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from mnistlab import data
from mnistlab.analysis import dataset as analysis
from mnistlab.analysis.drawing import digit_csv, to_png
from mnistlab.config import DATASET_SIZES, TrainConfig
from mnistlab.data import PIXEL_STATS, Dataset
from mnistlab.figures import data as figures
from mnistlab.figures.grids import Shades
from mnistlab.figures.pictures import gallery
from mnistlab.names import DATASET_NAMES
from mnistlab.train import RandomState
from mnistlab.ui.charts import chart
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _, ngettext
from mnistlab.ui.url import Parameter, one_of, whole

AT_ONCE = 24  # images beside the large one
PARTS = {"train": N_("Training images"), "test": N_("Test images")}
ANY = 10  # stands for "all classes" in the box of classes
SHIFTS, TURNS, CROPS = (0, 1, 2, 3, 4, 6), (0, 5, 10, 15, 30, 90, 180), (0, 1, 2, 3, 4, 6)


@dataclass(frozen=True, eq=False)
class Shown:
    """What the views share."""

    page: Page
    dataset: Dataset
    part: str

    @property
    def images(self) -> torch.Tensor:
        return self.dataset.train_images if self.part == "train" else self.dataset.test_images

    @property
    def labels(self) -> torch.Tensor:
        return self.dataset.train_labels if self.part == "train" else self.dataset.test_labels


def choose_dataset(page: Page) -> Shown:
    """Data set and part; stops the page where the chosen data set is not here. Without a choice, the one that is here."""
    left, right = st.columns(2)
    default = "mnist" if data.problem("mnist") is None else "digits"
    name = page.choose("dataset", _("Data set"), list(DATASET_SIZES), default, widget=left.selectbox, format_func=DATASET_NAMES.__getitem__)
    part = page.choose("part", _("Part"), list(PARTS), widget=right.segmented_control, format_func=lambda part: _(PARTS[part]))
    if default != "mnist" and name == "digits":
        st.caption(_("MNIST is not on this machine yet. These are the small digits, which come with scikit-learn."))
    if not data_ready(name):
        st.stop()
    return Shown(page, data.load_dataset(name), part)


def sizes(shown: Shown) -> None:
    """The sizes, as the tutorials print them."""
    prefix = "train_data" if shown.part == "train" else "test_data"
    st.code(
        f">>> {prefix}.data.size()\n{torch.Size(shown.images.squeeze(1).shape)}\n>>> {prefix}.targets.size()\n{shown.labels.shape}",
        language="python",
    )


def place(shown: Shown) -> int:
    """Which image is looked at: controls for class and number; both are in the URL. Returns its place among all images of the part."""
    page, classes = shown.page, shown.dataset.classes
    left, right = st.columns(2)
    digit = page.query.get("digit")
    names = [*classes, _("all")]
    chosen = left.selectbox(
        _("Class"), range(len(names)), index=ANY if digit is None else digit, format_func=names.__getitem__, key=f"data.class.{digit}"
    )
    if chosen != (ANY if digit is None else digit):
        page.query.set("digit", None if chosen == ANY else chosen)
        page.query.set("index", 0)
        st.rerun()
    places = analysis.members(shown.labels, digit)
    index = page.query.get("index", 0)
    last = len(places) - 1
    if index > last:
        st.warning(_("There are only {count:,} such images: the last one is shown.").format(count=len(places)), icon=":material/link_off:")
        index = last
    at = right.number_input(
        _("Number"), 0, last, index, step=1, key=f"data.index.{shown.dataset.name}.{shown.part}.{digit}.{index}",
        help=_("From 0 to {last:,}.").format(last=last),
    )  # fmt: skip
    if at != index:
        page.query.set("index", int(at))
        st.rerun()
    return int(places[index])


def browse(shown: Shown) -> None:
    """One image large, with its values on hover, and the next ones of its class."""
    left, right = st.columns([5, 6], gap="medium")
    with left:
        at = place(shown)
        image, label = shown.images[at, 0].numpy(), shown.dataset.classes[int(shown.labels[at])]
        title = _("{label}").format(label=label)
        chart(figures.image_figure(image, title, Shades.of(0, 255, gray=True)), "data.image")
        _downloads(shown, image)
    with right:
        sizes(shown)
        digit = shown.page.query.get("digit")
        places = analysis.members(shown.labels, digit)
        begin = int(np.searchsorted(places, at))
        following = places[begin : begin + AT_ONCE]
        words = [f"#{begin + offset}: {shown.dataset.classes[int(shown.labels[index])]}" for offset, index in enumerate(following)]
        st.caption(_("From here on:"))
        st.html(gallery([shown.images[index, 0].numpy() for index in following], words, words, [None] * len(words), side=72))
        _leaf(shown.page, begin, len(places))


def _leaf(page: Page, at: int, count: int) -> None:
    """Buttons to the images before and after those that are shown."""

    def go(index: int) -> None:
        page.query.set("index", index)

    with st.container(horizontal=True):
        before, after = at - AT_ONCE, at + AT_ONCE
        st.button(
            _("{n} back").format(n=AT_ONCE),
            icon=":material/arrow_back:",
            key="data.back",
            disabled=at == 0,
            on_click=go,
            args=(max(0, before),),
        )
        st.button(
            _("{n} on").format(n=AT_ONCE),
            icon=":material/arrow_forward:",
            key="data.on",
            disabled=after >= count,
            on_click=go,
            args=(after,),
        )


def _downloads(shown: Shown, image: np.ndarray) -> None:
    zscored = TrainConfig(dataset=shown.dataset.name, normalize="zscore")
    with st.container(horizontal=True):
        st.download_button("PNG", to_png(image), "digit.png", "image/png", icon=":material/download:", on_click="ignore", key="data.png")
        st.download_button(
            _("CSV, z-scores"),
            digit_csv(image, zscored),
            "digit.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="data.csv",
        )
    low, high = _z_range(shown.dataset.name)
    st.caption(_("The CSV holds z-scores, from {low} for black to {high} for white, not bytes.").format(low=low, high=high))


def _z_range(dataset: str) -> tuple[str, str]:
    """The z-scores of black and of white, in words."""
    mean, deviation = PIXEL_STATS[dataset]
    return f"−{mean / deviation:.2f}", f"{(1 - mean) / deviation:.2f}"


def classes(shown: Shown) -> None:
    """How many of each class, and the mean image of each."""
    counts = _counts(shown.dataset.name)
    chart(figures.balance_figure(*counts, shown.dataset.classes), "data.balance")
    chart(figures.mean_figure(_means(shown.dataset.name, shown.part), shown.dataset.classes), "data.means")


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
    low, high, words = -mean / deviation, (1 - mean) / deviation, _z_range(shown.dataset.name)
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


def augmentation(shown: Shown) -> None:
    """The same image, shifted, turned and zoomed at random as a training would see it."""
    page = shown.page
    at = place(shown)
    names = ("augment_shift", _("Shift by up to (pixels)"), SHIFTS, 2), ("augment_rotation", _("Turn by up to (degrees)"), TURNS, 15), ("augment_crop", _("Crop by up to (pixels)"), CROPS, 2)  # fmt: skip
    chosen = {
        name: page.choose(name, label, list(options), default, widget=column.select_slider)
        for column, (name, label, options, default) in zip(st.columns(3), names, strict=True)
    }
    seed = page.query.get("seed", 1)
    config = TrainConfig(dataset=shown.dataset.name, **chosen)
    with RandomState(torch.device("cpu")).ours():
        torch.manual_seed(seed)
        seen = data.augment(shown.images[at : at + 1].expand(AT_ONCE - 1, -1, -1, -1), config)
    pictures = [shown.images[at, 0].numpy(), *(image[0].numpy() for image in seen)]
    words = [_("as it is"), *(_("epoch {n}").format(n=n) for n in range(1, AT_ONCE))]
    st.html(gallery(pictures, words, words, [None] * AT_ONCE, side=84))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Other random numbers"), icon=":material/casino:", key="data.seed"):
            page.query.set("seed", seed + 1)
            st.rerun()
        changed = {name: value for name, value in chosen.items() if value}
        page.link("train", _("Train with this augmentation"), ":material/arrow_forward:", dataset=shown.dataset.name, **changed)


def summary(shown: Shown) -> str:
    """How large the data set is, in a sentence."""
    train, test = len(shown.dataset.train_images), len(shown.dataset.test_images)
    count = ngettext("{train:,} training image", "{train:,} training images", train).format(train=train)
    return _("**{name}**: {count} and {test:,} test images of 28×28 grey values, in {classes} classes.").format(
        name=DATASET_NAMES[shown.dataset.name], count=count, test=test, classes=len(shown.dataset.classes)
    )


@st.cache_data(max_entries=8, show_spinner="Counting …")
def _counts(name: str) -> tuple[np.ndarray, np.ndarray]:
    found = data.load_dataset(name)
    return analysis.class_counts(found.train_labels), analysis.class_counts(found.test_labels)


@st.cache_data(max_entries=8, show_spinner="Taking the mean of every image …")
def _means(name: str, part: str) -> np.ndarray:
    found = data.load_dataset(name)
    images, labels = (found.train_images, found.train_labels) if part == "train" else (found.test_images, found.test_labels)
    return analysis.mean_images(images, labels)


@st.cache_data(max_entries=8, show_spinner="Counting in every pixel of the training set …")
def _statistics(name: str) -> analysis.PixelStatistics:
    return analysis.pixel_statistics(data.load_dataset(name).train_images)


PARAMETERS: dict[str, Parameter] = {
    "dataset": one_of(*DATASET_SIZES), "part": one_of(*PARTS), "seed": whole(0, 10**6),
    "augment_shift": whole(0, 14), "augment_rotation": whole(0, 180), "augment_crop": whole(0, 10),
}  # fmt: skip
VIEWS: dict[str, tuple[str, Callable[[Shown], None]]] = {
    "browse": (N_("Images"), browse),
    "classes": (N_("Classes"), classes),
    "pixels": (N_("Pixels"), pixels),
    "values": (N_("Values and axes"), values),
    "augment": (N_("Augmentation"), augmentation),
}
