"""The class in one line above the title of every page: its name, who one is, and for students the
hand to raise. It asks the server what is new in the class, has the page drawn again where that
changes what the page shows, and covers it while the teacher wants to be looked at.
"""

from typing import Any

import streamlit as st

from mnistlab.store import Store
from mnistlab.store.classes import Class
from mnistlab.store.members import Member
from mnistlab.ui.kit.attendance.aliases import alias
from mnistlab.ui.kit.attendance.pace_data import pace_number
from mnistlab.ui.kit.attendance.showing import showing
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import N_, _, speaking
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.server import class_address

POLL_SECONDS = 0.5
LOOK_UP = N_("Please look at your teacher.")
_component = component(__file__, "poll", "tell", "hand", "showing", "cover")


def class_bar(page: Page, of: Class, me: Member | None) -> None:
    """Draw it for the student `me`, or for the teacher of this class."""
    _mount(
        {
            **_news(page.store, of),
            "who": _who(me),
            "kept": _("Your teacher keeps everybody here") if me and of.pace.locked else "",
            "number": None if me is None else me.number,
            "me": class_address("me"),
            "cover": None if me is None else look_up(of),
            "hand": None if me is None else me.hand is not None,
            "raise": _("Raise your hand"),
            "lower": _("Lower your hand"),
            "showing": None if me is None else showing(page, me),
        }
    )
    if page.name != "class":
        with st.container(key="class_link"):
            page.link("class", _("Open the class"))


def cover_bar(store: Store, of: Class) -> None:
    """In the place of a student's bar, what covers the screen until it is released."""
    nobody = dict.fromkeys(("number", "me", "hand", "showing"))
    _mount({**_news(store, of), **nobody, "who": "", "kept": "", "cover": look_up(of)})


def _who(me: Member | None) -> str:
    """Who one is."""
    if me is None:
        return _("Teacher")
    return _("You are {nickname}, on the wall {alias}").format(
        nickname=me.nickname, alias=alias(me.number)
    )


def look_up(of: Class) -> str:
    """What covered screens say, in the language of the class."""
    with speaking(of.language):
        return _(LOOK_UP)


def _news(store: Store, of: Class) -> dict[str, Any]:
    """What the script needs in order to ask what is new."""
    return {
        "name": of.name,
        "url": class_address("pace"),
        "seconds": POLL_SECONDS,
        "known": pace_number(store, of),
        "covered": of.pace.look_up,
    }


def _mount(data: dict[str, Any]) -> None:
    _component(key="class", data=data, on_changed_change=lambda: None)
