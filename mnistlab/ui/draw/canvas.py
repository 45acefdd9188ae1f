"""The source of a picture: a black canvas with a white pen, or an image file."""

import html
import logging
from typing import Any

import numpy as np
import streamlit as st
import streamlit_drawable_canvas

from mnistlab.analysis import drawing, photo
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page

SIDE = 280  # pixels: ten for each of MNIST's 28; fits on a phone
PENS = {10: N_("Thin"), 20: N_("Medium"), 32: N_("Thick")}  # pixels
KEY = "draw.canvas"
STATE = "draw.drawn"
# words over the middle of the canvas above, which let the pen through to it; a style of its own
# would stay on the page for longer than they
HINT = (
    '<div style="height: 0"><div style="position: relative; z-index: 99; text-align: center; '
    f"top: -{SIDE // 2 + 12}px; width: {SIDE}px; "
    'color: #c3cad5; pointer-events: none">{text}</div></div>'
)
FILE_TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]


def _without_buttons() -> Any:
    """The canvas component as its package defines it, but without its own buttons.

    They are visible only under a mouse pointer, yet always cover a corner of the canvas and block
    the pen there. The page has its own Undo and Clear.
    """
    registry = logging.getLogger("streamlit.components.v2.component_registry")
    registry.setLevel(logging.ERROR)  # replaces the package's own definition on purpose
    component = st.components.v2.component(
        "streamlit-drawable-canvas.streamlit_drawable_canvas",
        js="index-*.js",
        css="index-*.css",
        isolate_styles=True,
        html=(
            '<style>.dc-toolbar { display: none !important; }</style><div class="canvas-root">'
            "</div>"
        ),
    )
    registry.setLevel(logging.NOTSET)
    return component


streamlit_drawable_canvas.out = _without_buttons()


def _drawn(entry: int) -> dict[str, Any]:
    """What the session knows of the canvas. Where a new one appears, because the page was entered
    for the `entry`th time, or a file was asked for, it restores what was drawn on the last one.

    `objects` are the strokes that the browser sent last, `ink` their image, and `message` the bytes
    they came in. The browser puts `initial` on the canvas whenever it or `change`, a counter,
    changes. `new`: the browser has not been heard since.
    """
    empty: dict[str, Any] = {"objects": [], "ink": None, "message": None, "initial": []}
    empty |= {"change": 0, "entry": None}
    drawn: dict[str, Any] = st.session_state.setdefault(STATE, empty)
    if drawn["entry"] != entry:
        drawn |= {
            "initial": drawn["objects"],
            "change": drawn["change"] + 1,
            "message": None,
            "new": True,
            "entry": entry,
        }
    return drawn


def canvas(page: Page) -> np.ndarray:
    """Show the canvas with its pens and buttons. Returns the drawing as ink, uint8 (280, 280); all
    0 while it is empty.
    """
    drawn, board = _drawn(page.query.entry), st.container(key="draw-board", gap=None)
    new = drawn.pop("new", False)
    pen = page.choose(
        "pen",
        _("Pen"),
        list(PENS),
        20,
        st.segmented_control,
        format_func=lambda width: _(PENS[width]),
        label_visibility="collapsed",
    )
    with board:
        result = streamlit_drawable_canvas.st_canvas(
            stroke_width=pen,
            stroke_color="#ffffff",
            background_color="#000000",
            height=SIDE,
            width=SIDE,
            return_image_data=True,
            key=KEY,
            initial_drawing={"objects": drawn["initial"], "change": drawn["change"]},
        )
    if result.image_data is not None and result.image_bytes != drawn["message"]:
        drawn["message"], drawn["objects"] = (
            result.image_bytes,
            (result.json_data or {}).get("objects", []),
        )
        drawn["ink"] = drawing.canvas_ink(result.image_data)
        if new and drawn["objects"] != drawn["initial"]:  # drawn before another server took over
            drawn |= {"initial": drawn["objects"], "change": drawn["change"] + 1}
            st.rerun()
    hint = board.empty()  # gone at once, not only when all below is computed
    if not drawn["objects"]:
        hint.html(HINT.format(text=html.escape(_("Draw a digit here"))))
    _buttons(empty=not drawn["objects"])
    # this canvas needs a pointer
    page.link("feature_maps", _("Draw with the keyboard"), ":material/keyboard:", view="live")
    return drawn["ink"] if drawn["objects"] else np.zeros((SIDE, SIDE), np.uint8)


def _buttons(empty: bool) -> None:
    with st.container(horizontal=True):
        st.button(
            _("Undo"),
            icon=":material/undo:",
            on_click=_undo,
            args=(1,),
            disabled=empty,
            key="draw.undo",
        )
        st.button(
            _("Clear"),
            icon=":material/delete_sweep:",
            on_click=clear,
            disabled=empty,
            key="draw.clear",
        )


def upload() -> np.ndarray | None:
    """The ink (H, W) in an uploaded file; None until there is one. Raises `DrawingError`."""
    if STATE in st.session_state:
        st.session_state[STATE]["entry"] = None  # the next canvas is a new one
    file = st.file_uploader(
        _("A photo or image of a single digit"),
        FILE_TYPES,
        key="draw.upload",
        help=_("Dark on light or light on dark, in colour or greyscale."),
    )
    return None if file is None else _read(file.getvalue())


@st.cache_data(max_entries=8, show_spinner=False)
def _read(data: bytes) -> np.ndarray:
    return photo.read_ink(data)


def clear() -> None:
    """Empty the canvas, without waiting for the browser's answer."""
    _undo(None)


def _undo(strokes: int | None) -> None:
    """Undo the last `strokes`, or all of them, without waiting for the browser's answer."""
    drawn = st.session_state[STATE]
    left = [] if strokes is None else drawn["objects"][:-strokes]
    drawn |= {"objects": left, "initial": left, "change": drawn["change"] + 1}
    st.session_state[STATE] = drawn
