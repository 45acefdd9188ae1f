"""The first card of the home page: a network under the reader's pen, untrained at first."""

import streamlit as st

from mnistlab.store import RunRecord
from mnistlab.ui.home.head import STARTED, head
from mnistlab.ui.kit import chosen_run
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.network.live_network import live_network, live_preset
from mnistlab.ui.kit.page import WIDE_STYLE, Page, guard

KEY = "home.network"


def network(page: Page, run: RunRecord | None) -> None:
    """The network of `run`, or an untrained one and a button to train it."""
    st.html(WIDE_STYLE)
    # always these, so that the network keeps its element, and with it the drawing
    above, picture = st.container(), st.container()
    with above:
        head(page, run)
    with picture, guard():
        if run is None or not page.store.snapshot_steps(run.id):
            live_preset(page, chosen_run.first_preset(), key=KEY)
        else:
            live_network(page, run, key=KEY, play=run.id == st.session_state.get(STARTED))
        st.caption(
            _(
                "The orange line is the strongest path to the answer; pale maps are all zero. "
                "Point at a map to see it large."
            )
        )
