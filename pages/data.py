"""The data: what the networks learn from, and how it reaches them."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.data.selection import choose_data, summary
from mnistlab.ui.data.views import PARAMETERS, VIEWS

page = ui.page("data", VIEWS, PARAMETERS)
page.title(
    _("The data"),
    _("What the networks learn from: every image, every pixel, and how they become mini-batches."),
)
with ui.guard():
    with st.container(border=True):
        selection = choose_data(page)
        st.markdown(summary(selection))
    with st.container(border=True):
        page.show(VIEWS, selection)
    page.terms()
