"""The whole network at once, while one draws."""

import streamlit as st

from mnistlab.ui.feature_maps.look import Look
from mnistlab.ui.kit.network.live_network import live_network


def live(look: Look) -> None:
    """The live network, with the page's picture until somebody draws."""
    drawn = live_network(look.page, look.run, picture=look.picture.array, pen="own", key="live")
    if drawn is not None:
        st.rerun()  # it is the page's picture now
