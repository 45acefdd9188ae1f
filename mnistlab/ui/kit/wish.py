"""Buttons that are heard also where whoever pressed one has gone to another page at once, or the
page is drawn anew before it comes to the button: that breaks off the drawing of the page, and with
it what stands below.

So pressing one only notes what is wished. The page fulfils it at the place of its buttons, where an
error is then shown; if another page comes first, that one does. (What the callback of a button in a
fragment drew itself would stand at the top of the page.)

A page may also be broken off while it fulfils a wish, at each look into the session. The next one
then does it again, so it has to be something that is the same if it is done twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.store import RunRecord
from mnistlab.ui.kit import state
from mnistlab.ui.kit.guard import guard

WISHES = "wishes"  # in the session: the latest `Wish` of each place, in their order
Done = TypeVar("Done")


@dataclass
class Wish:
    """What a button wishes. Its `place` on the page is where that is done: its own key, or a name
    that it shares with the buttons beside it.
    """

    page: str
    place: str
    act: Callable[[], object]
    is_over: bool = False  # fulfilled, or refused
    lock: Lock = field(default_factory=Lock)  # held by the script that fulfils it


def wish_button(
    page: str, place: str, label: str, act: Callable[[], object], key: str, **how: Any
) -> None:
    """A button of `page` that wishes `act`, which `fulfil` does at `place`."""
    st.button(label, key=key, on_click=_wish, args=(page, place, act), **how)


def _wish(page: str, place: str, act: Callable[[], object]) -> None:
    others = [each for each in _wished() if (each.page, each.place) != (page, place)]
    st.session_state[WISHES] = [*others, Wish(page, place, act)]


def fulfil(page: str, place: str) -> None:
    """Do what was wished at this place of `page`, and draw the page anew; or say why it cannot be
    done. For before its buttons are drawn, because the one that was pressed may be there no longer.
    """
    wished = wished_at(page, place)
    if wished is not None:
        with guard():
            _fulfil(wished, wished.act)
            st.rerun()


def fulfil_what_was_left(page: str) -> None:
    """Do what was wished on other pages than `page`. Raises as the acts do."""
    for wished in _wished():
        if wished.page != page:
            _fulfil(wished, wished.act)


def training_button(
    page: str, label: str, configs: list[TrainConfig], key: str, experiment: str = "", **how: Any
) -> list[RunRecord]:
    """A button of `page` that trains `configs`, as they are by the time that the page is drawn, as
    parts of `experiment`. Returns their runs where it was pressed. Raises as `state.start` does.
    """
    act = partial(_start_all, configs, experiment)
    wish_button(page, key, label, act, key, **how)
    wished = wished_at(page, key)
    return [] if wished is None else _fulfil(wished, act) or []


def _start_all(configs: list[TrainConfig], experiment: str) -> list[RunRecord]:
    return [state.start(config, experiment=experiment) for config in configs]


def wished_at(page: str, place: str) -> Wish | None:
    """What is wished at this place of `page`, and not over."""
    here = (wished for wished in _wished() if (wished.page, wished.place) == (page, place))
    return next(here, None)


def _wished() -> list[Wish]:
    """All that is not over."""
    wishes: list[Wish] = st.session_state.get(WISHES, [])
    return [wished for wished in wishes if not wished.is_over]


def _fulfil(wished: Wish, act: Callable[[], Done]) -> Done | None:
    """Do `act`, which is what was wished; then that is over. It is not where the page is broken
    off, by what Streamlit raises then, which is no `Exception`.

    The script of a page that was left may still be at it: it is waited for.
    """
    with wished.lock:
        if wished.is_over:
            return None
        try:
            done = act()
        except Exception:
            wished.is_over = True
            raise
        wished.is_over = True
        return done
