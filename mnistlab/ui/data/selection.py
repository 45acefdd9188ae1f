"""What the page `data` shows: the data set, its training or test part, and one image."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from mnistlab import data
from mnistlab.analysis.dataset import members
from mnistlab.choices import DATASETS
from mnistlab.data import Dataset
from mnistlab.ui.kit.i18n import N_, _, ngettext
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.inputs.image_choice import choose_place, linked_place, say_if_too_high
from mnistlab.ui.kit.page import Page

PARTS = {"train": N_("Training images"), "test": N_("Test images")}


@dataclass(frozen=True, eq=False)
class DataSelection:
    """The chosen data set and part, which all views share."""

    page: Page
    dataset: Dataset
    part: str

    @property
    def images(self) -> Tensor:
        return self.dataset.train_images if self.part == "train" else self.dataset.test_images

    @property
    def labels(self) -> Tensor:
        return self.dataset.train_labels if self.part == "train" else self.dataset.test_labels


def choose_data(page: Page) -> DataSelection:
    """The choice of data set and part. Stops the page if the data set has not been downloaded;
    without a choice it is one that is available.
    """
    left, right = st.columns(2)
    default = "mnist" if data.problem("mnist") is None else "digits"
    name = page.choose(
        "dataset",
        _("Data set"),
        list(DATASETS),
        default,
        widget=left.selectbox,
        format_func=lambda name: _(DATASETS[name].name),
    )
    part = page.choose(
        "part",
        _("Split"),
        list(PARTS),
        widget=right.segmented_control,
        format_func=lambda part: _(PARTS[part]),
    )
    if default != "mnist" and name == "digits":
        st.caption(
            _(
                "MNIST has not been downloaded yet. These are the small digits that come with "
                "scikit-learn."
            )
        )
    if not data_ready(name):
        st.stop()
    return DataSelection(page, data.load_dataset(name), part)


def summary(selection: DataSelection) -> str:
    """The size of the data set, in a sentence."""
    train, test = len(selection.dataset.train_images), len(selection.dataset.test_images)
    count = ngettext("{train:,} training image", "{train:,} training images", train).format(
        train=train
    )
    return _(
        "**{name}**: {count} and {test:,} test images of 28×28 greyscale pixels, in "
        "{classes} classes."
    ).format(
        name=_(DATASETS[selection.dataset.name].name),
        count=count,
        test=test,
        classes=len(selection.dataset.class_names),
    )


def linked_index(selection: DataSelection) -> int:
    """The image that the URL asks for, or the first one: its index among all of the part."""
    digit, number = linked_place(selection.page, selection.labels)
    return int(members(selection.labels, digit)[number])


def choose_index(selection: DataSelection) -> int:
    """The choice of an image by class and number: its index among all images of the part."""
    page, labels = selection.page, selection.labels
    say_if_too_high(page, labels)
    place = linked_place(page, labels)
    digit, number = choose_place(
        page, "data", labels, selection.dataset.class_names, place, with_all=True
    )
    return int(members(labels, digit)[number])
