"""Buttons that are heard also where whoever pressed one has gone to another page at once, or the
page is drawn anew before it comes to the button: that breaks off the drawing of the page, and with
it what stands below.

So pressing one only notes what is wished. The page fulfils it at the place of its buttons, where an
error is then shown; if another page comes first, that one does. (What the callback of a button in a
fragment drew itself would stand at the top of the page.)

A page may also be broken off while it fulfils a wish, at each look into the session. The next one
then does it again, so it has to be something that is the same if it is done twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.store import RunRecord
from mnistlab.ui.kit import state
from mnistlab.ui.kit.guard import guard

WISH = "wish"  # in the session: the latest `Wish`


@dataclass
class Wish:
    """What a button wishes. Its `place` on the page is where that is done: its own key, or a name
    that it shares with the buttons beside it.
    """

    page: str
    place: str
    act: Callable[[], object]
    is_over: bool = False  # fulfilled, or refused


def wish(page: str, place: str, act: Callable[[], object]) -> None:
    """Note what a button wishes: its `on_click`."""
    st.session_state[WISH] = Wish(page, place, act)


def fulfil(page: str, place: str) -> None:
    """Do what was wished at this place of `page`, and draw the page anew; or say why it cannot be
    done. For before its buttons are drawn, because the one that was pressed may be there no longer.
    """
    wished = wished_at(page, place)
    if wished is not None:
        with guard():
            with _fulfilling(wished):
                wished.act()
            st.rerun()


def fulfil_what_was_left(page: str) -> None:
    """Do what was wished on another page than `page`. Raises as the act does."""
    wished = st.session_state.get(WISH)
    if wished is not None and not wished.is_over and wished.page != page:
        with _fulfilling(wished):
            wished.act()


def training_button(
    page: str, label: str, configs: list[TrainConfig], key: str, experiment: str = "", **how: Any
) -> list[RunRecord]:
    """A button of `page` that trains `configs`, as they are by the time that the page is drawn, as
    parts of `experiment`. Returns their runs where it was pressed. Raises as `state.start` does.
    """
    act = partial(_start_all, configs, experiment)
    st.button(label, key=key, on_click=wish, args=(page, key, act), **how)
    wished = wished_at(page, key)
    if wished is None:
        return []
    with _fulfilling(wished):
        return act()


def _start_all(configs: list[TrainConfig], experiment: str) -> list[RunRecord]:
    return [state.start(config, experiment=experiment) for config in configs]


def wished_at(page: str, place: str) -> Wish | None:
    """What is wished at this place of `page`, and not over."""
    wished: Wish | None = st.session_state.get(WISH)
    if wished is None or wished.is_over or (wished.page, wished.place) != (page, place):
        return None
    return wished


@contextmanager
def _fulfilling(wished: Wish) -> Iterator[None]:
    """What is done within is what was wished; then that is over. It is not where the page is broken
    off, by what Streamlit raises then, which is no `Exception`.
    """
    try:
        yield
    except Exception:
        wished.is_over = True
        raise
    wished.is_over = True
