"""The data: what the networks learn from, and how it reaches them."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, data_loader, data_views
from mnistlab.ui.data_choice import choose_dataset, summary

VIEWS = data_views.VIEWS | {"loader": (ui.N_("DataLoader"), data_loader.loader)}
page = ui.page("data", {**data_views.PARAMETERS, **data_loader.PARAMETERS, "view": ui.one_of(*VIEWS)})
page.title(_("The data"), _("What the networks learn from: every image, every pixel, and the way from a file to a mini-batch."))

with ui.guard():
    with st.container(border=True):
        shown = choose_dataset(page)
        st.markdown(summary(shown))
    with st.container(border=True):
        view = page.choose(
            "view",
            _("View"),
            list(VIEWS),
            widget=st.segmented_control,
            format_func=lambda name: _(VIEWS[name][0]),
            label_visibility="collapsed",
        )
        VIEWS[view][1](shown)
    if view != "loader":
        page.lesson(view)
    page.try_next()
