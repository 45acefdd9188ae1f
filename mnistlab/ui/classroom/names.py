"""What students are called where others look: by their nickname, or by a number that says nothing
about them.
"""

from collections.abc import Mapping

import streamlit as st

from mnistlab.store.members import Member
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.url import Parameter, whole

PARAMETERS: dict[str, Parameter] = {"names": whole(0, 1)}  # 0: nicknames; without it, numbers


def label_of(member: Member, projector: bool) -> str:
    """What a student is called; while the page is on the `projector`, without their nickname. It is
    plain text: `words.literal` belongs around it in Markdown.
    """
    if projector:
        return _("Student {number}").format(number=member.number)
    return member.nickname


def labels_of(room: Room, members: list[Member]) -> Mapping[int, str]:
    """Number -> what this student is called on the page: by the teacher's choice, which a switch
    asks for; to students the others are numbers, and they themselves "you".
    """
    if room.me is not None:
        me = room.me.number
        return {m.number: _("you") if m.number == me else label_of(m, True) for m in members}
    projector = room.page.switch(
        "names",
        _("Numbers instead of nicknames"),
        help=_("For the projector: no nickname is on the page while this is on."),
    )
    return {member.number: label_of(member, projector) for member in members}


def note_on_names(room: Room) -> None:
    """To a student, how they find themselves."""
    if room.me is not None:
        st.caption(_("The others are numbers here. Yours is in red."))
