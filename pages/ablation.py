"""Silence and see: which parts of a network matter."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.ablation.lab import PARAMETERS, lab_of
from mnistlab.ui.ablation.views import VIEWS

page = ui.page("ablation", VIEWS, PARAMETERS)
page.title(
    _("Silence and see"),
    _(
        "Switch off maps, units or pixels, and see what the network still gets right without "
        "them: that is how much they matter."
    ),
)
run = page.require_run()

with ui.guard():
    left, right = st.columns([1, 3])
    with left, st.container(border=True):
        lab = lab_of(page, run)
    with right, st.container(border=True):
        page.show(VIEWS, lab)
    page.terms()
