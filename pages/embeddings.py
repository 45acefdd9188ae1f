"""Embeddings: where a layer of the network puts each digit."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.embeddings.controls import mapped_run
from mnistlab.ui.embeddings.views import PARAMETERS, VIEWS

page = ui.page("embeddings", VIEWS, PARAMETERS)
page.title(
    _("Embeddings"),
    _(
        "A layer turns each image into a list of numbers. Here each image is a point, and images "
        "with similar numbers lie close together."
    ),
)
run = page.require_run()

with ui.guard():
    mapped = mapped_run(page, run)
    with st.container(border=True):
        page.show(VIEWS, mapped)
    page.terms()
