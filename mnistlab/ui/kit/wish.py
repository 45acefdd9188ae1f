"""Buttons that are heard also where whoever pressed one has gone to another page at once, or the
page is drawn anew before it comes to the button: that breaks off the drawing of the page, and with
it what stands below.

So pressing one only notes what is wished. The page fulfils it at the place of its buttons, where an
error is then shown; if another page comes first, that one does. (What the callback of a button in a
fragment drew itself would stand at the top of the page.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.ui.kit import state
from mnistlab.ui.kit.guard import guard

WISH = "wish"  # in the session: the latest `Wish` that is not fulfilled yet


@dataclass(frozen=True)
class Wish:
    """What a button wishes. Its `place` on the page is where that is done: its own key, or a name
    that it shares with the buttons beside it.
    """

    page: str
    place: str
    act: Callable[[], object]


def wish(page: str, place: str, act: Callable[[], object]) -> None:
    """Note what a button wishes: its `on_click`."""
    st.session_state[WISH] = Wish(page, place, act)


def fulfil(page: str, place: str) -> None:
    """Do what was wished at this place of `page`, and draw the page anew; or say why it cannot be
    done. For before its buttons are drawn, because the one that was pressed may be there no longer.
    """
    wished = _take(page, place)
    if wished is not None:
        with guard():
            wished.act()
            st.rerun()


def fulfil_what_was_left(page: str) -> None:
    """Do what was wished on another page than `page`. Raises as the act does."""
    wished = st.session_state.get(WISH)
    if wished is not None and wished.page != page:
        del st.session_state[WISH]
        wished.act()


def training_button(
    page: str, label: str, configs: list[TrainConfig], key: str, experiment: str = "", **how: Any
) -> bool:
    """A button of `page` that asks for trainings of `configs`, as parts of `experiment`; returns
    whether it was pressed. Whoever gets True starts them, with what its form says by then.
    """
    act = partial(_start_all, configs, experiment)
    st.button(label, key=key, on_click=wish, args=(page, key, act), **how)
    return _take(page, key) is not None


def _start_all(configs: list[TrainConfig], experiment: str) -> None:
    for config in configs:
        state.start(config, experiment=experiment)


def _take(page: str, place: str) -> Wish | None:
    wished: Wish | None = st.session_state.get(WISH)
    if wished is None or (wished.page, wished.place) != (page, place):
        return None
    del st.session_state[WISH]
    return wished
