"""Home: a network under the reader's pen, untrained at first, and where to go from there.
`streamlit run app.py` also finds the server here.
"""

import streamlit as st

from mnistlab import ui
from mnistlab.server import personal
from mnistlab.ui import _
from mnistlab.ui.home.arrival import arrive
from mnistlab.ui.home.guesses import guesses
from mnistlab.ui.home.guided import guided
from mnistlab.ui.home.network import network
from mnistlab.ui.home.onward import what_next
from mnistlab.ui.home.tutorials import tutorial_cards


def home() -> None:
    """The home page."""
    page = ui.page("")
    page.title(
        _("How a neural network learns to see"),
        _("Draw a digit, train a real network on real handwriting, and look inside it."),
    )
    run = arrive(page)
    with st.container(border=True):
        network(page, run)
    guesses(run)
    what_next(page, run)
    with ui.guard():
        guided(page)
    tutorial_cards(page)
    with st.expander(_("How this works")):
        page.text("intro")
        page.text("steps")
    page.onward()


if __name__ == "__main__":  # for each visit, Streamlit runs this file as a script
    home()
else:  # the server imports it once
    app = st.App(__file__, **personal())
