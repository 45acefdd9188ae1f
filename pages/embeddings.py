"""Embeddings: where a layer of the network puts each digit."""

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, embedding
from mnistlab.ui.embedding_controls import Look, look_at

page = ui.page("embeddings", embedding.PARAMETERS, scrubber=True)
page.title(
    _("Embeddings"), _("A layer turns each picture into many numbers. Here each picture is a point, and what the layer holds alike lies close.")
)  # fmt: skip
run = page.require_run()


def view(look: Look) -> None:
    """The chosen view; what is chosen in it draws only this part of the page anew."""
    with ui.guard():
        chosen = embedding.choose_view(look)
        embedding.SHOW[chosen](look)
        page.lesson(chosen)


with ui.guard():
    look = look_at(page, run)
    with st.container(border=True):
        st.fragment(view)(look)
    page.try_next()
