"""Widgets that follow the URL until the reader changes them."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def bound(
    key: str, value: T, draw: Callable[[str], T], usable: Callable[[T], bool] = lambda shown: True
) -> T:
    """Draw a widget that shows `value`, what the URL says now, unless the reader has changed it.

    `draw` is given the widget's key and returns the widget's value. A widget whose own value is no
    longer `usable` shows `value`, too.
    """
    shown = st.session_state.get(key, value)
    follows = st.session_state.get(f"{key}.url") != value or not usable(shown)
    # set at each rerun, because the browser forgets a widget that was gone for a moment
    st.session_state[key] = value if follows else shown
    chosen = draw(key)
    st.session_state[f"{key}.url"] = chosen
    return chosen
