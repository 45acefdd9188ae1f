"""Presenter mode: a page that is read from the back row, without what only its reader needs. The
arrow keys step through the open lesson, and Escape leaves. It is the parameter `present` of every
page.
"""

from pathlib import Path

import streamlit as st

from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.url import Query

SCALE = 1.3  # of all type
_STYLE, _SCRIPT = (
    Path(__file__).with_suffix(kind).read_text(encoding="utf-8") for kind in (".css", ".js")
)


def presents() -> bool:
    """Whether this session presents."""
    return bool(st.session_state.get("url.present"))


def enter(query: Query) -> None:
    """The button that begins it; nothing in a session that presents."""
    if presents():
        return
    st.button(
        _("Present"),
        icon=":material/slideshow:",
        type="tertiary",
        key="present.enter",
        help=_("Larger type and no sidebar. Arrow keys step through a lesson, Esc leaves."),
        on_click=query.set,
        args=("present", "1"),
    )


def stage(query: Query) -> None:
    """Lay the page out for presenting, with the button that ends it; nothing in a session that
    does not present.
    """
    if not presents():
        return
    root = f":root {{ font-size: {SCALE:.0%} !important; --presenting: 1 }}"
    st.html(f"<style>{root}\n{_STYLE}</style>")
    with st.container(key="present_leave"):
        st.button(
            _("Leave"),
            icon=":material/close_fullscreen:",
            key="present.leave",
            help=_("Leave presenter mode (Esc)"),
            on_click=query.set,
            args=("present", None),
        )
    st.html(f"<script>{_SCRIPT}</script>", unsafe_allow_javascript=True)
