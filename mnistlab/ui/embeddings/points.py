"""Interaction with the maps: the image under the mouse pointer, clicks, and rings around points."""

from collections.abc import Callable, Sequence

import streamlit as st

from mnistlab.data import load_dataset
from mnistlab.figures.thumbnails import contact_sheet
from mnistlab.ui.kit.component import component

COLUMNS = 50  # of the sprite sheet with all images
_component = component(__file__)


def watch_points(
    container: str, dataset: str, count: int, ringed: Sequence[int], clicked: Callable[[int], None]
) -> None:
    """Make the maps of the first `count` test images in the container with the key `container`
    interactive.

    The first of `ringed` is the chosen image, the others are its neighbours. `clicked` is called
    with the index of a clicked image, before the next rerun.
    """
    key = f"{container}.points"
    data = {
        "container": container,
        "sheet": _sheet(dataset, count),
        "columns": COLUMNS,
        "ringed": list(ringed),
    }
    _component(
        key=key, data=data, on_image_change=lambda: clicked(int(st.session_state[key]["image"]))
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _sheet(dataset: str, count: int) -> str:
    return contact_sheet(load_dataset(dataset).test_images[:count, 0].numpy(), COLUMNS)
