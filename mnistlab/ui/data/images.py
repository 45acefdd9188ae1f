"""The images of a data set: one by one, by class, and augmented."""

import numpy as np
import streamlit as st
import torch

from mnistlab import data
from mnistlab.analysis import dataset as analysis
from mnistlab.analysis.drawing import digit_csv, to_png
from mnistlab.config import TrainConfig
from mnistlab.figures import data as figures
from mnistlab.figures.grids import Shades
from mnistlab.figures.pictures import gallery
from mnistlab.train import RandomState
from mnistlab.ui.data.numbers import z_range
from mnistlab.ui.data.selection import DataSelection, choose_index
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute.cached import with_spinner
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.labels import field_label
from mnistlab.ui.kit.page import Page

AT_ONCE = 24  # images beside the large one
AMOUNTS = {  # setting -> (the values offered, the one at first)
    "augment_shift": ((0, 1, 2, 3, 4, 6), 2),
    "augment_rotation": ((0, 5, 10, 15, 30, 90, 180), 15),
    "augment_crop": ((0, 1, 2, 3, 4, 6), 2),
}


def sizes(selection: DataSelection) -> None:
    """The shapes of the images and labels, as Python prints them."""
    prefix = "train_data" if selection.part == "train" else "test_data"
    st.code(
        f">>> {prefix}.data.size()\n{torch.Size(selection.images.squeeze(1).shape)}\n>>> "
        f"{prefix}.targets.size()\n{selection.labels.shape}",
        language="python",
    )


def browse(selection: DataSelection) -> None:
    """One large image with its values on hover, and the next ones of its class."""
    left, right = st.columns([5, 6], gap="medium")
    with left:
        at = choose_index(selection)
        image, label = (
            selection.images[at, 0].numpy(),
            selection.dataset.class_names[int(selection.labels[at])],
        )
        chart(figures.image_figure(image, label, Shades.of(0, 255, gray=True)), "data.image")
        _downloads(selection, image)
    with right:
        sizes(selection)
        digit = selection.page.query.get("digit")
        places = analysis.members(selection.labels, digit)
        begin = int(np.searchsorted(places, at))
        following = places[begin : begin + AT_ONCE]
        captions = [
            f"#{begin + offset}: {selection.dataset.class_names[int(selection.labels[index])]}"
            for offset, index in enumerate(following)
        ]
        st.caption(_("This image and the next ones:"))
        st.html(
            gallery(
                [selection.images[index, 0].numpy() for index in following],
                captions,
                captions,
                [None] * len(captions),
                side=72,
            )
        )
        _previous_and_next(selection.page, begin, len(places))


def _previous_and_next(page: Page, index: int, count: int) -> None:
    """Buttons that lead to the previous and the next images."""

    def go(target: int) -> None:
        page.query.set("index", target)

    with st.container(horizontal=True):
        before, after = index - AT_ONCE, index + AT_ONCE
        st.button(
            _("Previous {n}").format(n=AT_ONCE),
            icon=":material/arrow_back:",
            key="data.back",
            disabled=index == 0,
            on_click=go,
            args=(max(0, before),),
        )
        st.button(
            _("Next {n}").format(n=AT_ONCE),
            icon=":material/arrow_forward:",
            key="data.on",
            disabled=after >= count,
            on_click=go,
            args=(after,),
        )


def _downloads(selection: DataSelection, image: np.ndarray) -> None:
    """The image itself, apart from the figure of it."""
    zscored = TrainConfig(dataset=selection.dataset.name, normalize="zscore")
    with st.popover(
        _("The image as a file"),
        type="tertiary",
        icon=":material/download:",
        key="figure.image-file",  # as quiet as the figure's own
    ):
        st.download_button(
            "PNG",
            to_png(image),
            "digit.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
            key="data.png",
        )
        st.download_button(
            _("CSV, z-scores"),
            digit_csv(image, zscored),
            "digit.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="data.csv",
        )
        low, high = z_range(selection.dataset.name)
        st.caption(
            _("The CSV contains z-scores, not bytes: from {low} (black) to {high} (white).").format(
                low=low, high=high
            )
        )


def classes(selection: DataSelection) -> None:
    """The number of images in each class, and the mean image of each."""
    counts = _counts(selection.dataset.name)
    chart(figures.balance_figure(*counts, selection.dataset.class_names), "data.balance")
    chart(
        figures.mean_figure(
            _means(selection.dataset.name, selection.part), selection.dataset.class_names
        ),
        "data.means",
    )


def augmentation(selection: DataSelection) -> None:
    """One image, randomly shifted, rotated and cropped as it is during training."""
    page = selection.page
    at = choose_index(selection)
    chosen = {
        name: page.choose(
            name, field_label(name), list(options), default, widget=column.select_slider
        )
        for column, (name, (options, default)) in zip(st.columns(3), AMOUNTS.items(), strict=True)
    }
    seed = page.query.get("seed", 1)
    config = TrainConfig(dataset=selection.dataset.name, **chosen)
    with RandomState(torch.device("cpu")).ours():
        torch.manual_seed(seed)
        augmented = data.augment(
            selection.images[at : at + 1].expand(AT_ONCE - 1, -1, -1, -1), config
        )
    pictures = [selection.images[at, 0].numpy(), *(image[0].numpy() for image in augmented)]
    captions = [_("original"), *(_("epoch {n}").format(n=n) for n in range(1, AT_ONCE))]
    st.html(gallery(pictures, captions, captions, [None] * AT_ONCE, side=84))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("New random seed"), icon=":material/casino:", key="data.seed"):
            page.query.set("seed", seed + 1)
            st.rerun()
        changed = {name: value for name, value in chosen.items() if value}
        page.link(
            "train",
            _("Train with this augmentation"),
            ":material/arrow_forward:",
            dataset=selection.dataset.name,
            **changed,
        )


@with_spinner(N_("Counting images …"))
@st.cache_data(max_entries=8, show_spinner=False)
def _counts(name: str) -> tuple[np.ndarray, np.ndarray]:
    dataset = data.load_dataset(name)
    return analysis.class_counts(dataset.train_labels), analysis.class_counts(dataset.test_labels)


@with_spinner(N_("Averaging the images …"))
@st.cache_data(max_entries=8, show_spinner=False)
def _means(name: str, part: str) -> np.ndarray:
    dataset = data.load_dataset(name)
    images, labels = (
        (dataset.train_images, dataset.train_labels)
        if part == "train"
        else (dataset.test_images, dataset.test_labels)
    )
    return analysis.mean_images(images, labels)
