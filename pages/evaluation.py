"""Evaluation: how good a network is, where it goes wrong, and how it compares with another."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.evaluation.judged_run import judge
from mnistlab.ui.evaluation.scores import accuracy_row
from mnistlab.ui.evaluation.views import VIEWS

page = ui.page("evaluation", VIEWS)
page.title(
    _("Evaluation"),
    _(
        "How good the network is, where it goes wrong, and how certain those figures are, at any "
        "step of its training."
    ),
)
run = page.require_run()

with ui.guard():
    judged = judge(page, run)
    accuracy_row(judged)
    with st.container(border=True):
        page.show(VIEWS, judged)
    page.terms()
