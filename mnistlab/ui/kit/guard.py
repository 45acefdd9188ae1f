"""Errors that the reader can do something about, where they happen."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mnistlab.errors import MnistlabError
from mnistlab.ui.kit.words import literal

REPORT = "guard.report"  # in the session: the latest error of a callback, and its place


@contextmanager
def guard() -> Iterator[None]:
    """Show an error that the reader can do something about as a sentence, and go on after it. Not
    for a callback: what that draws in a fragment stands at the top of the page.
    """
    try:
        yield
    except MnistlabError as error:
        show_error(error)


@contextmanager
def guard_callback(place: str) -> Iterator[None]:
    """The same for the callback of a button: what happened in it is said where `report` stands."""
    try:
        yield
    except MnistlabError as error:
        st.session_state[REPORT] = place, error


def report(place: str) -> None:
    """Show the error, if there was one, of the callback of a button at this `place`."""
    kept, error = st.session_state.get(REPORT, ("", None))
    if kept == place:
        del st.session_state[REPORT]
        show_error(error)


def show_error(error: MnistlabError) -> None:
    """`error` as a sentence."""
    st.error(literal(str(error)), icon=":material/error:")
