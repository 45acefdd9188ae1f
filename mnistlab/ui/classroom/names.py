"""What students are called where others look: by their nickname, or by their alias on the wall."""

from collections.abc import Mapping

import streamlit as st

from mnistlab.store.members import Member
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.attendance.aliases import alias
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.url import Parameter, whole

PARAMETERS: dict[str, Parameter] = {"projector": whole(0, 1)}  # as on the wall


def label_of(member: Member, projector: bool) -> str:
    """What a student is called; while the page is on the `projector`, without their nickname. It is
    plain text: `words.literal` belongs around it in Markdown.
    """
    return alias(member.number) if projector else member.nickname


def labels_of(room: Room, members: list[Member]) -> Mapping[int, str]:
    """Number -> what this student is called on the page: by the teacher's choice, the same as on
    the wall; to students the others are aliases, and they themselves "you".
    """
    if room.me is not None:
        me = room.me.number
        return {m.number: _("you") if m.number == me else label_of(m, True) for m in members}
    projector = room.page.switch(
        "projector",
        _("Projector: aliases instead of names"),
        default=False,
        help=_("No nickname is sent to this page while this is on."),
    )
    return {member.number: label_of(member, projector) for member in members}


def note_on_names(room: Room) -> None:
    """To a student, how they find themselves."""
    if room.me is not None:
        st.caption(_("The others go by their aliases here. Yours is in red."))
