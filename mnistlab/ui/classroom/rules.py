"""What the students of a class may do: the teacher's switches."""

from dataclasses import asdict

import streamlit as st

from mnistlab.store.classes import Rules
from mnistlab.store.rules import set_rules
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import guard

SWITCHES = {
    "train": (N_("Start runs"), N_("Runs that wait or are trained go on.")),
    "draw": (N_("Save drawings"), N_("Drawing is always possible, and so is deleting one's own.")),
    "rename": (N_("Change their nickname"), N_("You can always change it for them.")),
}  # field of `Rules` -> label, and what else to know of it


def rules(room: Room) -> None:
    """A switch for each rule. It holds from the next click of a student on."""
    st.header(_("Students may"), anchor=False)
    now = asdict(room.of.rules)
    for name, (label, note) in SWITCHES.items():
        # another switch once it is on or off: one that was set in another tab is not set back here
        on = st.toggle(_(label), now[name], help=_(note), key=f"rule.{name}.{now[name]}")
        if on != now[name]:
            with guard():
                set_rules(room.store, room.person, Rules(**{**now, name: on}))
                st.rerun()
