"""Where a picture comes from: a black canvas with a white pen, or a photo or picture file."""

import logging
from typing import Any

import numpy as np
import streamlit as st
import streamlit_drawable_canvas

from mnistlab.analysis import drawing, photo
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _

SIDE = 280  # pixels: fits on a phone, ten for each of MNIST's 28
PENS = {10: N_("Thin"), 20: N_("Medium"), 32: N_("Thick")}  # pixels
KEY = "draw.canvas"
STATE = "draw.drawn"
FILE_TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]


def _without_buttons() -> Any:
    """The canvas component as its package defines it, but without its own buttons.

    They show themselves to a mouse only, but lie invisibly over a corner of the canvas, where they catch the pen. The page has its
    own Undo and Clear.
    """
    registry = logging.getLogger("streamlit.components.v2.component_registry")
    registry.setLevel(logging.ERROR)  # that this replaces the package's own definition is meant
    component = st.components.v2.component(
        "streamlit-drawable-canvas.streamlit_drawable_canvas", js="index-*.js", css="index-*.css", isolate_styles=True,
        html='<style>.dc-toolbar { display: none !important; }</style><div class="canvas-root"></div>',
    )  # fmt: skip
    registry.setLevel(logging.NOTSET)
    return component


streamlit_drawable_canvas.out = _without_buttons()


def enter() -> None:
    """To be called when there was no canvas before: what was drawn on the last one is to be put on the next.

    In the session's state, `objects` are the strokes as the browser told them last, `ink` their picture, `seen` the message that told
    them. `initial` is what the browser is to put on the canvas, anew whenever it differs, to which end `change` counts.
    """
    drawn: dict[str, Any] = st.session_state.get(STATE, {"objects": [], "ink": None, "seen": None, "initial": [], "change": 0})
    st.session_state[STATE] = drawn | {"initial": drawn["objects"], "change": drawn["change"] + 1, "seen": None}


def canvas(page: Page) -> np.ndarray:
    """The canvas with its pens and buttons. What is drawn on it as ink, uint8 (280, 280); all 0 while it is empty."""
    drawn = st.session_state[STATE]
    board = st.container()
    pen = page.choose(
        "pen", _("Pen"), list(PENS), 20, st.segmented_control, format_func=lambda width: _(PENS[width]), label_visibility="collapsed"
    )
    with board:
        result = streamlit_drawable_canvas.st_canvas(
            stroke_width=pen, stroke_color="#ffffff", background_color="#000000", height=SIDE, width=SIDE, return_image_data=True, key=KEY,
            initial_drawing={"objects": drawn["initial"], "change": drawn["change"]},
        )  # fmt: skip
    if result.image_data is not None and result.image_bytes != drawn["seen"]:
        drawn["seen"], drawn["objects"] = result.image_bytes, (result.json_data or {}).get("objects", [])
        drawn["ink"] = drawing.canvas_ink(result.image_data)
    with st.container(horizontal=True):
        empty = not drawn["objects"]
        st.button(_("Undo"), icon=":material/undo:", on_click=_put_back, args=(1,), disabled=empty, key="draw.undo")
        st.button(_("Clear"), icon=":material/delete_sweep:", on_click=_put_back, args=(None,), disabled=empty, key="draw.clear")
    return drawn["ink"] if drawn["objects"] else np.zeros((SIDE, SIDE), np.uint8)


def upload() -> np.ndarray | None:
    """The ink (H, W) in a file that the reader chooses; None until one is chosen. Raises `DrawingError`."""
    enter()  # the canvas is gone meanwhile
    file = st.file_uploader(
        _("A photo or a picture of one digit"), FILE_TYPES, key="draw.upload", help=_("Dark on light or light on dark, in colour or not.")
    )
    return None if file is None else _read(file.getvalue())


@st.cache_data(max_entries=8, show_spinner=False)
def _read(data: bytes) -> np.ndarray:
    return photo.read_ink(data)


def _put_back(strokes: int | None) -> None:
    """Take back the last `strokes`, or all of them. Counts from what is known here: the browser's word on it is still to come."""
    drawn = st.session_state[STATE]
    left = [] if strokes is None else drawn["objects"][:-strokes]
    drawn |= {"objects": left, "initial": left, "change": drawn["change"] + 1}
    st.session_state[STATE] = drawn
