"""Widgets that follow the URL until the reader changes them."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def bound(
    key: str,
    value: T,
    draw: Callable[[str], T],
    usable: Callable[[T], bool] = lambda shown: True,
    locked: bool = False,
) -> T:
    """Draw a widget that shows `value`, what the URL says now, unless the reader has changed it.

    `draw` is given the widget's key and returns the widget's value. A widget whose own value is no
    longer `usable` shows `value`, too. Where it is `locked`, `value` is all that there is, whatever
    the browser says; `draw` then disables the widget (`how_locked`).
    """
    shown = st.session_state.get(key, value)
    follows = locked or st.session_state.get(f"{key}.url") != value or not usable(shown)
    # set at each rerun, because the browser forgets a widget that was gone for a moment
    st.session_state[key] = value if follows else shown
    chosen = draw(key)
    if locked:
        chosen = value
    st.session_state[f"{key}.url"] = chosen
    return chosen


def how_locked(why: str) -> dict[str, Any]:
    """The arguments of a widget that says why it cannot be changed; none where that is ""."""
    return {"disabled": True, "help": f":material/lock: {why}"} if why else {}
