"""The views of the page `data`: one image after the other, the classes, augmentation; those of its numbers are in `data_numbers`."""

from collections.abc import Callable

import numpy as np
import streamlit as st
import torch

from mnistlab import data
from mnistlab.analysis import dataset as analysis
from mnistlab.analysis.drawing import digit_csv, to_png
from mnistlab.config import DATASET_SIZES, TrainConfig
from mnistlab.figures import data as figures
from mnistlab.figures.grids import Shades
from mnistlab.figures.pictures import gallery
from mnistlab.train import RandomState
from mnistlab.ui.charts import chart
from mnistlab.ui.data_choice import PARTS, Shown, place
from mnistlab.ui.data_numbers import pixels, values, z_range
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.url import Parameter, one_of, whole

AT_ONCE = 24  # images beside the large one
SHIFTS, TURNS, CROPS = (0, 1, 2, 3, 4, 6), (0, 5, 10, 15, 30, 90, 180), (0, 1, 2, 3, 4, 6)


def sizes(shown: Shown) -> None:
    """The sizes, as the tutorials print them."""
    prefix = "train_data" if shown.part == "train" else "test_data"
    st.code(
        f">>> {prefix}.data.size()\n{torch.Size(shown.images.squeeze(1).shape)}\n>>> {prefix}.targets.size()\n{shown.labels.shape}",
        language="python",
    )


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
    low, high = z_range(shown.dataset.name)
    st.caption(_("The CSV holds z-scores, from {low} for black to {high} for white, not bytes.").format(low=low, high=high))


def classes(shown: Shown) -> None:
    """How many of each class, and the mean image of each."""
    counts = _counts(shown.dataset.name)
    chart(figures.balance_figure(*counts, shown.dataset.classes), "data.balance")
    chart(figures.mean_figure(_means(shown.dataset.name, shown.part), shown.dataset.classes), "data.means")


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


@st.cache_data(max_entries=8, show_spinner="Counting …")
def _counts(name: str) -> tuple[np.ndarray, np.ndarray]:
    found = data.load_dataset(name)
    return analysis.class_counts(found.train_labels), analysis.class_counts(found.test_labels)


@st.cache_data(max_entries=8, show_spinner="Taking the mean of every image …")
def _means(name: str, part: str) -> np.ndarray:
    found = data.load_dataset(name)
    images, labels = (found.train_images, found.train_labels) if part == "train" else (found.test_images, found.test_labels)
    return analysis.mean_images(images, labels)


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
