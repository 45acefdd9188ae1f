"""Feature maps: what one network makes of one picture, stage by stage."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, inside
from mnistlab.ui.reasons import SHOW

page = ui.page("feature_maps", inside.PARAMETERS, scrubber=True)
page.title(_("Feature maps"), _("What the network makes of one picture, stage by stage, at the training step that you choose."))
run = page.require_run()


def view(look: inside.Look) -> None:
    """The chosen view; what is chosen in it draws only this part of the page anew."""
    with ui.guard():
        SHOW[inside.choose_view(look)](look)


with ui.guard():
    left, right = st.columns([1, 3])
    with left, st.container(border=True):
        look = inside.look_at(page, run)
    with right, st.container(border=True):
        st.fragment(view)(look)
    page.lesson(inside.lesson_of(run.config))
    page.try_next()
