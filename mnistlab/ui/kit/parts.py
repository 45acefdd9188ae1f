"""Parts of a page that are drawn by themselves. Every fragment of a page is made here, because a
fragment is drawn without the page's frame, which is where a student follows the teacher.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mnistlab.errors import ClassError
from mnistlab.store.classes import class_of
from mnistlab.store.people import Role
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import go_on_speaking

Arguments = ParamSpec("Arguments")
DRAWN = "pace.drawn"  # in the session: where the whole page was led, `Pace.led`


def fragment(
    draw: Callable[Arguments, None], run_every: float | None = None
) -> Callable[Arguments, None]:
    """`draw` as a fragment of Streamlit's. Where the teacher leads differently since the page was
    drawn, the whole page is drawn anew instead.
    """

    @wraps(draw)
    def in_pace(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        context = get_script_run_ctx()
        if context is not None and context.fragment_ids_this_run and _is_behind():
            st.rerun()
        go_on_speaking()
        draw(*args, **kwargs)

    return st.fragment(in_pace, run_every=run_every)


def _is_behind() -> bool:
    """Whether a student's page shows what it may show no longer. Raises `StoreError`."""
    person = state.person()
    if person.role is not Role.STUDENT:
        return False
    try:
        pace = class_of(state.store(), person.class_id).pace
    except ClassError:  # it has ended, which the whole page says
        return True
    return pace.look_up or pace.led != st.session_state.get(DRAWN)
