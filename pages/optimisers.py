"""Optimisers: who gets down fastest, by which way, and what throws them off it."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, optimisers

page = ui.page("optimisers", optimisers.PARAMETERS)
page.title(_("Optimisers"), _("The same network, the same start, the same images: only the way of taking steps differs."))


def view() -> None:
    """The chosen view; what is chosen in it draws only this part of the page anew."""
    with ui.guard():
        chosen = optimisers.choose_view(page)
        optimisers.SHOW[chosen](page)
        page.lesson(chosen)


with ui.guard():
    st.fragment(view)()
    page.try_next()
