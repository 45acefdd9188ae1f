"""Draw a digit, and watch the network make up its mind."""

import numpy as np
import streamlit as st

from mnistlab import ui
from mnistlab.errors import DrawingError
from mnistlab.store import RunRecord
from mnistlab.ui import _, canvas, drawing, drawing_set
from mnistlab.ui.drawing_way import way

page = ui.page("draw", drawing.PARAMETERS, scrubber=True)
page.title(_("Draw a digit"), _("Draw one, and see what the network takes it for, and what becomes of your drawing on its way there."))
run = page.require_run()
if page.query.entered:
    canvas.enter()


def source() -> np.ndarray | None:
    """The ink that is drawn or uploaded; None where nothing can be shown yet, and why."""
    names = {"canvas": _("Draw"), "file": _("Photo or file")}
    chosen = page.choose(
        "from", _("Where from"), list(names), widget=st.segmented_control, format_func=names.__getitem__, label_visibility="collapsed"
    )
    with ui.guard():
        return canvas.canvas(page) if chosen == "canvas" else canvas.upload()
    return None


@st.fragment
def drawing_board(run: RunRecord) -> None:
    """Everything that follows the pen, run anew without the rest of the page."""
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(border=True):
        ink = source()
    with right, st.container(border=True):
        runs = drawing.chosen_runs(page, run)
        answers = st.container()
    with st.container(border=True):
        st.markdown(f"**{_('The way to the network')}**")
        image, normalise = None, True
        if ink is not None:
            try:
                image, normalise = way(page, ink, run.config)
            except DrawingError as nothing_to_read:
                st.info(str(nothing_to_read), icon=":material/draw:")
    if image is None:
        answers.caption(_("The prediction appears here as soon as there is a digit."))
    else:
        st.session_state["drawing"] = image.tolist()  # for the other pages
        with answers, ui.guard():
            drawing.predictions(page, runs, image, normalise)
            page.link("feature_maps", _("Why? Follow it through the network"), source="drawing")
        left, right = st.columns(2, gap="medium")
        with left, st.container(border=True), ui.guard():
            st.markdown(f"**{_('Which pixels made it say that')}**")
            drawing.why(page, run, image)
        with right, st.container(border=True), ui.guard():
            st.markdown(f"**{_('The nearest training images')}**")
            drawing.nearest(page, run, image)
    with st.container(border=True):
        st.markdown(f"**{_('Your own test set')}**")
        if image is not None:
            drawing_set.save(page, image, run.config)
        drawing_set.own_test_set(page, runs)


drawing_board(run)
page.lesson("notice")
page.try_next()
