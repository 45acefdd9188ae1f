"""Draw a digit, and watch the network classify it."""

import numpy as np
import streamlit as st

from mnistlab import ui
from mnistlab.errors import DrawingError
from mnistlab.store import RunRecord
from mnistlab.ui import _
from mnistlab.ui.draw import canvas, predictions, teaching, test_set
from mnistlab.ui.draw.parameters import PARAMETERS
from mnistlab.ui.draw.preprocessing import preprocess
from mnistlab.ui.kit.inputs.pictures import hand_over
from mnistlab.ui.kit.parts import fragment

page = ui.page("draw", parameters=PARAMETERS)
page.title(
    _("Draw a digit"),
    _(
        "Draw a digit, see what the network predicts, and follow your drawing through the "
        "preprocessing."
    ),
)
run = page.require_run()


def source() -> np.ndarray | None:
    """The ink that was drawn or uploaded; None, with the reason shown, if there is none yet."""
    names = {"canvas": _("Draw"), "file": _("Photo or file")}
    chosen = page.choose(
        "from",
        _("Source"),
        list(names),
        widget=st.segmented_control,
        format_func=names.__getitem__,
        label_visibility="collapsed",
    )
    with ui.guard():
        return canvas.canvas(page) if chosen == "canvas" else canvas.upload()
    return None


@fragment
def drawing_board(run: RunRecord) -> None:
    """Everything that depends on the drawing: reruns without the rest of the page."""
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(border=True):
        ink = source()
    with right:
        with st.container(border=True, height="stretch"):
            runs = predictions.chosen_runs(page, run)
            answers = st.container()
        adding = st.container(border=True)
    live = st.container(border=True)
    with st.container(border=True):
        st.markdown(f"**{_('Preprocessing')}**")
        image, normalise = None, True
        if ink is not None:
            try:
                image, normalise = preprocess(page, ink, run.config)
            except DrawingError as nothing_to_read:
                st.info(str(nothing_to_read), icon=":material/draw:")
    with adding:
        test_set.add(page, image, run.config)
    with live, ui.guard():
        predictions.live(page, run, image, normalise)
    if image is None:
        with answers:
            predictions.awaited(run)
    else:
        if st.session_state.get("drawing") != image.tolist():
            hand_over(page, image)
        with answers, ui.guard():
            predictions.predictions(page, runs, image, normalise)
            page.link("feature_maps", _("Follow it through the network"), source="drawing")
        left, right = st.columns(2, gap="medium")
        with left, st.container(border=True), ui.guard():
            st.markdown(f"**{_('Attribution')}**")
            predictions.attribution(page, run, image)
        with right, st.container(border=True), ui.guard():
            st.markdown(f"**{_('Nearest training images')}**")
            predictions.nearest_images(page, run, image)
    with st.container(border=True):
        st.markdown(f"**{_('Your own test set')}**")
        if image is not None:
            test_set.download(image, run.config)
        test_set.own_test_set(page, runs)
    if teaching.learns_digits(run):
        with st.container(border=True):
            teaching.teach(page, run)


drawing_board(run)
page.text("notice")
page.try_next()
