"""Buttons that ask for trainings, and are heard also where whoever pressed one has gone to another
page at once: that breaks off the drawing of the page, and with it what stands below the button.

So pressing one first notes what is wished, before anything is drawn. The page itself takes the wish
when it comes to the button, with what its form says by then; if another page comes first, that one
fulfils it.
"""

from typing import Any

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.ui.kit import state

WISH = "training.wish"  # in the session: (page, button, configurations, experiment)


def training_button(
    page: str, label: str, configs: list[TrainConfig], key: str, experiment: str = "", **how: Any
) -> bool:
    """A button of `page` that asks for trainings of `configs`, as parts of `experiment`; returns
    whether it was pressed. Whoever gets True starts them.
    """
    wish = (page, key, configs, experiment)
    st.button(label, key=key, on_click=_note, args=(wish,), **how)
    pressed = st.session_state.get(WISH)
    if pressed is None or pressed[:2] != (page, key):
        return False
    del st.session_state[WISH]
    return True


def _note(wish: tuple[str, str, list[TrainConfig], str]) -> None:
    st.session_state[WISH] = wish


def fulfil_what_was_left(page: str) -> None:
    """Start what was wished on another page than `page`. Raises as `state.start` does."""
    wish = st.session_state.get(WISH)
    if wish is None or wish[0] == page:
        return
    del st.session_state[WISH]
    for config in wish[2]:
        state.start(config, experiment=wish[3])
