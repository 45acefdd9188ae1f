"""The picture to look at: a test image by class and place, one that this network gets wrong, an upload, or the last drawing.

    page = ui.page("feature_maps", {**pictures.PARAMETERS, ...}, scrubber=True)
    run = page.require_run()
    picture = pictures.choose_picture(page, run)      # draws the controls

In the URL, `digit` and `index` are the class and the place among the test images of that class, counted from 0; `index` without
`digit` is the place among all test images (so a page that knows only that links to `index=247`, `digit=None`).
A drawing lies in `st.session_state["drawing"]`, 28x28 grey values as the network would be given them (black ground).
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import Tensor

from mnistlab.analysis.drawing import read_digit
from mnistlab.data import Dataset, load_dataset
from mnistlab.errors import DrawingError
from mnistlab.names import DATASET_NAMES
from mnistlab.store import RunRecord
from mnistlab.ui import cached, words
from mnistlab.ui.dataset import data_ready
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.url import one_of

SOURCES = {
    "data": N_("A test image"),
    "mistakes": N_("A mistake of this network"),
    "upload": N_("A picture file of mine"),
    "drawing": N_("My drawing"),
}
PARAMETERS = {"source": one_of(*SOURCES)}
MISTAKES_LISTED = 100


@dataclass(frozen=True)
class Picture:
    """28x28 grey values, 0 black to 255 white, row by row. `label` and `index` (among all test images): of a test image only."""

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
    """The controls, and the picture that they choose. Stops the page where there is none."""
    if not data_ready(run.config.dataset):
        st.stop()
    dataset = load_dataset(run.config.dataset)
    source = page.choose("source", _("Picture"), list(SOURCES), format_func=lambda name: _(SOURCES[name]))
    if source == "upload":
        return _uploaded()
    if source == "drawing":
        return _drawn(page)
    digit, place = chosen_place(page, dataset)
    return _mistake(page, run, dataset, digit, place) if source == "mistakes" else by_class(page, dataset, digit, place)


def picture_of(dataset: Dataset, digit: int, place: int) -> Picture:
    """The test image number `place` (from 0) of class `digit`."""
    index = int(members(dataset, digit)[place])
    name = _("Test image {index} of {dataset}, labelled {label}").format(
        index=index, dataset=DATASET_NAMES[dataset.name], label=dataset.classes[digit]
    )
    return Picture(dataset.test_images[index].numpy().tobytes(), name, digit, index)


def members(dataset: Dataset, digit: int) -> np.ndarray:
    """Which test images are of class `digit`."""
    return np.flatnonzero(dataset.test_labels.numpy() == digit)


def place_of(dataset: Dataset, index: int) -> tuple[int, int]:
    """Test image `index` as (class, place among the test images of that class): what `digit` and `index` of a link say."""
    digit = int(dataset.test_labels[index])
    return digit, int(np.searchsorted(members(dataset, digit), index))


def chosen_place(page: Page, dataset: Dataset) -> tuple[int, int]:
    """(class, place in it) that the URL asks for, the first test image if it does not; one that there is not is said to be missing."""
    digit, index = page.query.get("digit"), page.query.get("index", 0)
    count = len(dataset.test_images) if digit is None else len(members(dataset, digit))
    if index >= count:
        st.warning(
            _("The link says index={index}, but there are only {count:,} such test images: the last one is shown.").format(
                index=index, count=count
            ),
            icon=":material/link_off:",
        )
        index = count - 1
    return place_of(dataset, index) if digit is None else (digit, index)


def by_class(page: Page, dataset: Dataset, digit: int, place: int) -> Picture:
    """The controls for a test image, at first number `place` of class `digit`, and the one that they choose."""
    keys = "picture.digit", "picture.index"
    if st.session_state.get("picture.shown") != (digit, place) or any(key not in st.session_state for key in keys):
        st.session_state[keys[0]], st.session_state[keys[1]] = digit, place  # the URL changed: the widgets follow
    left, right = st.columns(2)
    chosen = left.selectbox(_("Class"), range(len(dataset.classes)), key=keys[0], format_func=dataset.classes.__getitem__)
    last = len(members(dataset, chosen)) - 1
    st.session_state[keys[1]] = min(st.session_state[keys[1]], last)
    at = right.number_input(_("Number"), 0, last, step=1, key=keys[1], help=_("From 0 to {last:,}.").format(last=last))
    _put(page, (digit, place), (chosen, int(at)))
    return picture_of(dataset, chosen, int(at))


def _mistake(page: Page, run: RunRecord, dataset: Dataset, digit: int, place: int) -> Picture:
    assert page.step is not None
    probabilities = cached.probabilities(run, page.step)
    labels, said = dataset.test_labels.numpy(), probabilities.argmax(1)
    wrong = np.flatnonzero(said != labels)
    wrong = wrong[np.argsort(-probabilities[wrong, said[wrong]], kind="stable")][:MISTAKES_LISTED].tolist()
    now = int(members(dataset, digit)[place])
    if not wrong:
        st.success(_("At this step the network gets all {count:,} test images right.").format(count=len(labels)))
        return picture_of(dataset, digit, place)
    if page.query.get("index") is None:
        now = wrong[0]
        _put(page, (digit, place), place_of(dataset, now))
    if now not in wrong:
        wrong.insert(0, now)
    if st.session_state.get("picture.mistake.shown") != now or st.session_state.get("picture.mistake") not in wrong:
        st.session_state["picture.mistake"] = now

    def told(index: int) -> str:
        truth, answer = dataset.classes[labels[index]], dataset.classes[said[index]]
        share = words.percent(probabilities[index, said[index]])
        sentence = _("#{index}: {truth}, right at this step") if truth == answer else _("#{index}: {truth}, taken for {answer} ({share})")
        return sentence.format(index=index, truth=truth, answer=answer, share=share)

    chosen = st.selectbox(_("Mistakes, the most confident first"), wrong, key="picture.mistake", format_func=told)
    st.session_state["picture.mistake.shown"] = chosen
    _put(page, place_of(dataset, now), place_of(dataset, chosen))
    return picture_of(dataset, *place_of(dataset, chosen))


def _put(page: Page, before: tuple[int, int], chosen: tuple[int, int]) -> None:
    """`chosen` (class, place) goes into the URL if it is not what stood there `before`."""
    st.session_state["picture.shown"] = chosen
    if chosen != before or page.query.get("digit") is not None:
        page.query.set("digit", chosen[0])
        page.query.set("index", chosen[1])


def _uploaded() -> Picture:
    file = st.file_uploader(_("A photo or picture of one digit"), key="picture.upload", label_visibility="collapsed")
    if file is not None:
        try:
            st.session_state["upload"] = read_digit(file.getvalue()).tobytes()
        except DrawingError as error:
            st.session_state["upload"] = None
            st.error(str(error), icon=":material/error:")
            st.stop()
    if st.session_state.get("upload") is None:
        st.info(_("Choose a picture of one digit, dark on light or light on dark. It stays on this server and is not kept."))
        st.stop()
    return Picture(st.session_state["upload"], _("Your picture"))


def _drawn(page: Page) -> Picture:
    drawing = st.session_state.get("drawing")
    if drawing is None:
        st.info(_("Nothing is drawn yet in this browser tab."), icon=":material/draw:")
        page.link("draw")
        st.stop()
    return Picture(np.asarray(drawing, np.uint8).tobytes(), _("Your drawing"))
