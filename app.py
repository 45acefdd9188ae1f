"""Home: what this is about, and a first network to train. `streamlit run app.py` also finds the
server here.
"""

import streamlit as st

from mnistlab import data, ui
from mnistlab.server import personal
from mnistlab.store import Status
from mnistlab.ui import _
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.navigation import pages_of_a_run
from mnistlab.ui.kit.training.live import live_run


def home() -> None:
    """The home page."""
    page = ui.page("")
    page.title(
        _("How a neural network learns to see"),
        _("Train a real network on real handwriting, here and now, and look inside it."),
    )
    page.lesson("intro")

    with st.container(border=True):
        if page.run is None:
            page.first_run_button(then="")
            if data.problem("mnist") is not None:
                data_ready("mnist")
            page.link_to_runs()
        else:
            live_run(page, compact=True)

    if page.run is not None and page.run.status == Status.FINISHED:
        st.subheader(_("What next?"), anchor=False)
        with st.container(horizontal=True):
            page.link("train", _("Change something and train again"))
            page.link("runs", _("See all runs"))
            for name in pages_of_a_run():
                page.link(name)

    page.lesson("steps")
    page.onward()


if __name__ == "__main__":  # for each visit, Streamlit runs this file as a script
    home()
else:  # the server imports it once
    app = st.App(__file__, **personal())
