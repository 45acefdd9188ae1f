"""What makes maps of images alive: the image of the point under the mouse, a click, rings."""

from collections.abc import Callable, Sequence

import streamlit as st

from mnistlab.data import load_dataset
from mnistlab.figures.thumbnails import contact_sheet
from mnistlab.ui.component import component

COLUMNS = 50  # of the sheet on which all images are sent
_component = component("points")


def watch(room: str, dataset: str, count: int, ringed: Sequence[int], clicked: Callable[[int], None]) -> None:
    """Look after the maps of the first `count` test images in the container with the key `room`.

    The first of `ringed` is the chosen image, the others are its neighbours. `clicked` is told which image was clicked, before the
    next rerun.
    """
    key = f"{room}.points"
    data = {"room": room, "sheet": _sheet(dataset, count), "columns": COLUMNS, "ringed": list(ringed)}
    _component(key=key, data=data, on_image_change=lambda: clicked(int(st.session_state[key]["image"])))


@st.cache_data(max_entries=8, show_spinner=False)
def _sheet(dataset: str, count: int) -> str:
    return contact_sheet(load_dataset(dataset).test_images[:count, 0].numpy(), COLUMNS)
