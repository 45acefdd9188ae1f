"""The image to look at: a test image, a mistake of the network, an upload, or the last drawing.

    page = ui.page("feature_maps", VIEWS, pictures.PARAMETERS)
    picture = pictures.choose_picture(page, page.require_run())  # draws the controls

A drawing is kept in `st.session_state["drawing"]`: 28x28 grey values on a black background. Once it
is handed over, it is the picture of every page until the reader chooses another one.
"""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import Tensor

from mnistlab.analysis.dataset import members
from mnistlab.analysis.drawing import read_digit
from mnistlab.analysis.intervals import probability
from mnistlab.choices import DATASETS
from mnistlab.data import Dataset, load_dataset
from mnistlab.errors import DrawingError
from mnistlab.figures.thumbnails import data_url
from mnistlab.store import RunRecord
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.inputs.image_choice import (
    Place,
    choose_place,
    keep_place,
    linked_place,
    place_of,
    say_if_too_high,
)
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import forget_choices, one_of
from mnistlab.ui.kit.widgets import bound
from mnistlab.ui.kit.words import literal

SOURCES = {
    "data": N_("A test image"),
    "mistakes": N_("One of this network's mistakes"),
    "upload": N_("My own image file"),
    "drawing": N_("My drawing"),
}
PARAMETERS = {"source": one_of(*SOURCES)}
MISTAKES_LISTED = 100
LARGE_PIXELS = 240  # at most
DRAWN_AT = "drawing.place"  # in the session: the URL's digit and index when it was handed over


@dataclass(frozen=True)
class Picture:
    """28x28 grey values, row by row, from 0 (black) to 255 (white). Only a test image has a `label`
    and an `index` (among all test images).
    """

    pixels: bytes
    name: str
    label: int | None = None
    index: int | None = None

    @property
    def image(self) -> Tensor:
        """uint8 (1, 28, 28)."""
        return cached.image_of(self.pixels)

    @property
    def array(self) -> np.ndarray:
        """uint8 (28, 28)."""
        return self.image[0].numpy()


def choose_picture(page: Page, run: RunRecord) -> Picture:
    """The controls, and the image they choose. Stops the page if there is none."""
    if not data_ready(run.config.dataset):
        st.stop()
    dataset = load_dataset(run.config.dataset)
    source = page.choose(
        "source",
        _("Image"),
        list(SOURCES),
        "drawing" if st.session_state.get(DRAWN_AT) == _place(page) else "data",
        format_func=lambda name: _(SOURCES[name]),
    )
    if source == "upload":
        return _uploaded()
    if source == "drawing":
        return _drawn(page)
    return _mistake(page, run, dataset) if source == "mistakes" else by_class(page, dataset)


def hand_over(page: Page, drawing: np.ndarray) -> None:
    """Make `drawing`, uint8 (28, 28), the picture of this page and of those opened from now on,
    unless a link names a test image.
    """
    st.session_state["drawing"] = drawing.tolist()
    st.session_state[DRAWN_AT] = _place(page)
    for each in PAGES:
        forget_choices(each, ["source"])
    if "source" in page.query.table:
        page.query.set("source", "drawing")


def _place(page: Page) -> Place:
    """The test image in the URL, as `linked_place` reads it."""
    return page.query.get("digit"), page.query.get("index", 0)


def large(picture: Picture) -> str:
    """`picture` as HTML, as wide as its card allows."""
    return (
        f'<img src="{data_url(picture.array)}" alt="{html.escape(picture.name)}" '
        f'style="width:100%;max-width:{LARGE_PIXELS}px;image-rendering:pixelated;'
        f'border-radius:8px;display:block">'
    )


def picture_of(dataset: Dataset, index: int) -> Picture:
    """Test image `index`."""
    label = int(dataset.test_labels[index])
    name = _("Test image {index} of {dataset}, labelled {label}").format(
        index=index, dataset=_(DATASETS[dataset.name].name), label=dataset.class_names[label]
    )
    return Picture(dataset.test_images[index].numpy().tobytes(), name, label, index)


def linked_index(page: Page, dataset: Dataset) -> int:
    """The test image that the URL asks for, or the first one."""
    labels = dataset.test_labels
    digit, number = linked_place(page, labels)
    return int(members(labels, digit)[number])


def by_class(page: Page, dataset: Dataset) -> Picture:
    """The controls for a test image, and the one they choose."""
    labels = dataset.test_labels
    say_if_too_high(page, labels)
    place = place_of(labels, linked_index(page, dataset))
    digit, number = choose_place(page, "picture", labels, dataset.class_names, place)
    return picture_of(dataset, int(members(labels, digit)[number]))


def _mistake(page: Page, run: RunRecord, dataset: Dataset) -> Picture:
    assert page.step is not None
    judgement = cached.judgement(run, page.step)
    labels, index = dataset.test_labels, linked_index(page, dataset)
    say_if_too_high(page, labels)
    wrong = judgement.mistakes()[:MISTAKES_LISTED].tolist()
    if not wrong:
        message = _("At this step the network gets all {count:,} test images right.")
        st.success(message.format(count=len(labels)))
        return picture_of(dataset, index)
    if page.query.get("index") is None:
        keep_place(page, place_of(labels, index), place_of(labels, wrong[0]))
        index = wrong[0]
    if index not in wrong:
        wrong.insert(0, index)

    def describe(index: int) -> str:
        truth = dataset.class_names[judgement.labels[index]]
        answer = dataset.class_names[judgement.predictions[index]]
        sentence = (
            _("#{index}: {truth}, correct at this step")
            if truth == answer
            else _("#{index}: {truth}, classified as {answer} ({share})")
        )
        share = probability(float(judgement.confidence[index]))
        return sentence.format(index=index, truth=truth, answer=answer, share=share)

    label = _("Mistakes, the most confident first")
    how = page.offer("index", label)
    chosen = bound(
        "picture.mistake",
        index,
        lambda key: st.selectbox(label, wrong, key=key, format_func=describe, **how),
        lambda shown: shown in wrong,
        page.query.is_locked("index"),
    )
    keep_place(page, place_of(labels, index), place_of(labels, chosen))
    return picture_of(dataset, chosen)


def _uploaded() -> Picture:
    file = st.file_uploader(
        _("A photo or image of one digit"), key="picture.upload", label_visibility="collapsed"
    )
    if file is not None:
        try:
            st.session_state["upload"] = read_digit(file.getvalue()).tobytes()
        except DrawingError as error:
            st.session_state["upload"] = None
            st.error(literal(str(error)), icon=":material/error:")
            st.stop()
    if st.session_state.get("upload") is None:
        st.info(
            _(
                "Choose an image of one digit, dark on light or light on dark. It stays on this "
                "server and is not saved."
            )
        )
        st.stop()
    return Picture(st.session_state["upload"], _("Your image"))


def _drawn(page: Page) -> Picture:
    drawing = st.session_state.get("drawing")
    if drawing is None:
        st.info(_("You have not drawn anything in this browser tab yet."), icon=":material/draw:")
        page.link("draw")
        st.stop()
    return Picture(np.asarray(drawing, np.uint8).tobytes(), _("Your drawing"))
