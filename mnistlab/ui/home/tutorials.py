"""The five tutorials that can be worked through here, and the way through all pages: a card with a
picture for each.

`python -m scripts.tutorial_pictures` draws the pictures, from runs that are trained for them.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import streamlit as st

from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page

_component = component(__file__)
SAID = re.compile(r"(<text\b[^>]*>)([^<]+)")  # in a picture, such as "momentum"
PICTURES = Path(__file__).with_name("pictures")
STYLE = """<style>
.st-key-tutorials { display: grid;
  grid-template-columns: repeat(auto-fit, minmax(max(240px, 30%), 1fr)) }
.st-key-tutorials > * { width: auto; height: 100% }
[class*="st-key-tutorial-"] { position: relative; height: 100%; padding: 12px }
[class*="st-key-tutorial-"] :is(:has(> a), :has(> * > a), :has(> * > * > a), a) { position: static }
[class*="st-key-tutorial-"] a::after { content: ""; position: absolute; inset: 0; z-index: 1 }
</style>"""  # at most three side by side; all of a card is its link


@dataclass(frozen=True)
class Tutorial:
    """A tutorial: words marked for translation, and where it begins. `shows` says what is seen in
    its picture.
    """

    title: str
    sentence: str
    shows: str
    page: str
    query: Mapping[str, str] = field(default_factory=dict)


TUTORIALS: dict[str, Tutorial] = {  # the stem of the picture's file -> the tutorial
    "cnn": Tutorial(
        N_("A first CNN"),
        N_("Train it on MNIST, and watch its last layer sort the digits."),
        N_("A map of 400 test images, each drawn as its digit: equal digits form islands"),
        "train",
        {"preset": "tutorial-cnn"},
    ),
    "recurrent": Tutorial(
        N_("RNN and LSTM"),
        N_("Networks with a memory read an image row by row, and turn a sine into a cosine."),
        N_("A digit, and beside each of its rows what an LSTM believes after reading that far"),
        "train",
        {"preset": "tutorial-lstm"},
    ),
    "case-study": Tutorial(
        N_("A CNN case study"),
        N_("Optimisers, pooling, the data loader: each argument tried out and explained."),
        N_("The loss of five optimisers that started from the same weights"),
        "optimisers",
        {"view": "race"},
    ),
    "lenet": Tutorial(
        N_("PyTorch's own example"),
        N_("LeNet with SGD and momentum: normalisation, train and eval, and what it confuses."),
        N_("A confusion matrix: nearly everything lies on the diagonal, few squares beside it"),
        "train",
        {"preset": "lenet-sgd"},
    ),
    "handwriting": Tutorial(
        N_("Handwriting, step by step"),
        N_("A kernel slides over the picture, multiplies and adds: how a convolution sees."),
        N_("A handwritten digit, two learned kernels, and the feature maps that they make of it"),
        "convolution",
        {"view": "convolution"},
    ),
    "in-order": Tutorial(
        N_("Page by page"),
        N_("Everything in order, beginning with the data that the networks learn from."),
        N_("Fifty handwritten digits"),
        "data",
    ),
}


def tutorial_cards(page: Page) -> None:
    """All of them, side by side where there is room."""
    st.html(STYLE)
    st.header(_("Work through a tutorial"), anchor=False)
    with st.container(horizontal=True, key="tutorials"):
        for name, tutorial in TUTORIALS.items():
            with st.container(border=True, key=f"tutorial-{name}", gap="small"):
                svg = picture(name, _(tutorial.shows))
                _component(key=f"picture.{name}", data={"svg": svg})
                page.link(tutorial.page, _(tutorial.title), **tutorial.query)
                st.caption(_(tutorial.sentence))


def picture(name: str, alt: str) -> str:
    """The picture of a tutorial as SVG. Raises `FileNotFoundError` if it was never drawn."""
    drawn = SAID.sub(lambda text: text[1] + html.escape(_(text[2])), _drawn(name))
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(alt)}" ', 1)


@cache
def _drawn(name: str) -> str:
    return (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
