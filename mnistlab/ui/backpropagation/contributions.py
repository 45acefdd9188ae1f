"""The images of the mini-batch as cards, each with its part of the gradient as a bar; a click opens
one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from mnistlab.ui.kit.component import component

_component = component(__file__)


@dataclass(frozen=True)
class Card:
    """One image."""

    image: int  # its place in the mini-batch
    picture: str  # a URL
    name: str  # "7, training image 12": for those who hear it
    value: str  # under the picture
    share: float  # of the longest bar: from -1 to 1
    note: str  # below, smaller


def choose_card(
    cards: Sequence[Card], label: str, key: str, disabled: bool = False, help: str = ""
) -> int:
    """Draw the cards; returns the image whose card was clicked last, at first what the session
    holds under `key`. `disabled`, `help`: see `widgets.how_locked`.
    """
    chosen: int = st.session_state[key]
    mounted = f"{key}.cards"

    def clicked() -> None:
        st.session_state[key] = st.session_state[mounted]["image"]

    if help:
        st.caption(help)
    drawn = [asdict(card) for card in cards]
    data = {"label": label, "chosen": chosen, "cards": drawn, "disabled": disabled}
    _component(key=mounted, data=data, on_image_change=clicked)
    return chosen
