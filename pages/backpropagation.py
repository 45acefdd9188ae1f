"""One step of learning: from a mini-batch to the gradient of one weight, and to its new value."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.backpropagation.look import look_at
from mnistlab.ui.backpropagation.views import PARAMETERS, VIEWS

page = ui.page("backpropagation", VIEWS, PARAMETERS)
page.title(
    _("One step of learning"),
    _("How the loss of a few images becomes the gradient of one weight, and the gradient a step."),
)
run = page.require_run()

with ui.guard():
    left, right = st.columns([2, 5])
    with left, st.container(border=True):
        look = look_at(page, run)
    with right, st.container(border=True):
        page.show(VIEWS, look)
page.terms()
