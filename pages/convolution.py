"""Convolution: a kernel that slides over a digit, pooling, and what both make of moved digits."""

from collections.abc import Callable

import streamlit as st

from mnistlab import ui
from mnistlab.ui import _, convolution, convolution_lab, convolution_pooling

SHOW: dict[str, Callable[[ui.Page], None]] = {
    "convolution": convolution.show,
    "pooling": convolution_pooling.show,
    "invariance": convolution_lab.show,
}

page = ui.page("convolution", convolution.PARAMETERS)
page.title(_("Convolution"), _("A kernel slides over a picture, multiplies and adds. Step through it, and change whatever you like."))


def view() -> None:
    """The chosen view; what is chosen in it draws only this part of the page anew."""
    with ui.guard():
        chosen = convolution.choose_view(page)
        page.lesson(f"{chosen} intro")
        SHOW[chosen](page)
    page.lesson(chosen)


st.fragment(view)()
page.try_next()
