"""Where to go from the home page, once there is a network."""

import streamlit as st

from mnistlab.store import ACTIVE, RunRecord
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.page import Page


def what_next(page: Page, run: RunRecord | None) -> None:
    """What can be done with `run`, and the way to all others. Without one: to MNIST, if it is not
    here.
    """
    if run is None:
        data_ready("mnist")
        page.link_to_runs()
    elif run.status in ACTIVE:
        page.link("train", _("See its curves"), run=run.id)
    else:
        st.header(_("What next?"), anchor=False)
        with st.container(horizontal=True, key="ways"):
            if page.store.snapshot_steps(run.id):
                drawn = "drawing" if "drawing" in st.session_state else None
                page.link("feature_maps", _("Look inside"), run=run.id, source=drawn)
                page.link("draw", _("Draw more"), run=run.id)
            page.link("train", _("Change something"), run=run.id)
            page.link_to_runs()
