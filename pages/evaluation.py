"""Evaluation: how good one network is, where it errs, and how it compares with another."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, evaluation
from mnistlab.ui.judged import Judged, judged

page = ui.page("evaluation", evaluation.PARAMETERS, scrubber=True)
page.title(
    _("Evaluation"), _("How good the network is, where it errs, and how sure one can be of that, at the training step that you choose.")
)
run = page.require_run()


def view(found: Judged) -> None:
    """The chosen view; what is chosen in it draws only this part of the page anew."""
    with ui.guard():
        chosen = evaluation.choose_view(found)
        evaluation.SHOW[chosen](found)
        page.lesson(chosen)


with ui.guard():
    found = judged(page, run)
    evaluation.accuracy_row(found)
    with st.container(border=True):
        st.fragment(view)(found)
    page.try_next()
