"""The class in one line above the title of every page: its name, who one is, and for students the
hand to raise. It asks the server what is new in the class, and has the page drawn again where that
changes what the page shows.
"""

import streamlit as st

from mnistlab.store.classes import Class
from mnistlab.store.members import Member
from mnistlab.ui.kit.attendance.aliases import alias
from mnistlab.ui.kit.attendance.pace_data import pace_number
from mnistlab.ui.kit.attendance.showing import showing
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.server import class_address

POLL_SECONDS = 1.0
_component = component(__file__, "poll", "tell", "showing")


def class_bar(page: Page, of: Class, me: Member | None) -> None:
    """Draw it for the student `me`, or for the teacher of this class."""
    data = {
        "name": of.name,
        "who": _who(me),
        "number": None if me is None else me.number,
        "url": class_address("pace"),
        "me": class_address("me"),
        "seconds": POLL_SECONDS,
        "known": pace_number(page.store, of),
        "hand": None if me is None else me.hand is not None,
        "raise": _("Raise your hand"),
        "lower": _("Lower your hand"),
        "showing": None if me is None else showing(page, me),
    }
    _component(key="class", data=data, on_changed_change=lambda: None)
    if page.name != "class":
        with st.container(key="class_link"):
            page.link("class", _("Open the class"))


def _who(me: Member | None) -> str:
    if me is None:
        return _("Teacher")
    return _("You are {nickname}, on the wall {alias}").format(
        nickname=me.nickname, alias=alias(me.number)
    )
