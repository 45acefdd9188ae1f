"""What the page `data` looks at: the data set and its part, and in them one image."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from mnistlab import data
from mnistlab.analysis import dataset as analysis
from mnistlab.config import DATASET_SIZES
from mnistlab.data import Dataset
from mnistlab.names import DATASET_NAMES
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _, ngettext

PARTS = {"train": N_("Training images"), "test": N_("Test images")}
ANY = 10  # stands for "all classes" in the box of classes


@dataclass(frozen=True, eq=False)
class Shown:
    """What the views share."""

    page: Page
    dataset: Dataset
    part: str

    @property
    def images(self) -> Tensor:
        return self.dataset.train_images if self.part == "train" else self.dataset.test_images

    @property
    def labels(self) -> Tensor:
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


def summary(shown: Shown) -> str:
    """How large the data set is, in a sentence."""
    train, test = len(shown.dataset.train_images), len(shown.dataset.test_images)
    count = ngettext("{train:,} training image", "{train:,} training images", train).format(train=train)
    return _("**{name}**: {count} and {test:,} test images of 28×28 grey values, in {classes} classes.").format(
        name=DATASET_NAMES[shown.dataset.name], count=count, test=test, classes=len(shown.dataset.classes)
    )


def place(shown: Shown) -> int:
    """Which image is looked at: controls for class and number; both are in the URL. Returns its place among all images of the part."""
    page, classes = shown.page, shown.dataset.classes
    digit, index = page.query.get("digit"), page.query.get("index", 0)
    wanted = (ANY if digit is None else digit, index)
    keys = "data.class", "data.index"  # always the same, so that the box that one types in stays
    if st.session_state.get("data.shown") != wanted or any(key not in st.session_state for key in keys):
        st.session_state[keys[0]], st.session_state[keys[1]] = wanted  # the URL changed: the widgets follow
    names = [*classes, _("all")]
    left, right = st.columns(2)
    chosen = left.selectbox(_("Class"), range(len(names)), key=keys[0], format_func=names.__getitem__)
    places = analysis.members(shown.labels, None if chosen == ANY else chosen)
    last = len(places) - 1
    if chosen != wanted[0]:
        st.session_state[keys[1]] = 0
    elif st.session_state[keys[1]] > last:
        st.warning(_("There are only {count:,} such images: the last one is shown.").format(count=len(places)), icon=":material/link_off:")
        st.session_state[keys[1]] = last
    at = int(right.number_input(_("Number"), 0, last, step=1, key=keys[1], help=_("From 0 to {last:,}.").format(last=last)))
    st.session_state["data.shown"] = chosen, at
    if (chosen, at) != wanted:
        page.query.set("digit", None if chosen == ANY else chosen)
        page.query.set("index", at)
    return int(places[at])
