"""Sequences: networks that read step by step, and what they carry from step to step."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, sequence

page = ui.page("sequence", sequence.PARAMETERS)
page.title(
    _("Sequences"), _("A network that reads step by step has to remember. Here it learns cos(t) from sin(t), and digits from their rows.")
)


def view() -> None:
    """The chosen view; what is chosen in it draws only this part of the page anew."""
    with ui.guard():
        chosen = sequence.choose_view(page)
        sequence.SHOW[chosen](page)
        page.lesson(chosen)


with ui.guard():
    st.fragment(view)()
    page.try_next()
