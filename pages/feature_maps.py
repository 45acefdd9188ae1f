"""Feature maps: what a network makes of one picture, stage by stage."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.feature_maps.look import SAME_KIND, look_at
from mnistlab.ui.feature_maps.views import PARAMETERS, VIEWS

page = ui.page("feature_maps", VIEWS, PARAMETERS)
page.title(
    _("Feature maps"),
    _("What the network makes of one picture, stage by stage, at any step of its training."),
)
run = page.require_run()

with ui.guard():
    if page.is_wide(VIEWS):
        left, right = st.popover(_("Choose a picture")), st.container()
    else:
        left, right = st.columns([1, 3])
    with left, st.container(border=True):
        look = look_at(page, run)
    with right, st.container(border=True):
        page.show(VIEWS, look, without=SAME_KIND.get(run.config.arch))
    page.terms()
