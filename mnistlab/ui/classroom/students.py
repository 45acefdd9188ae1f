"""Who is in the class: the way in for students, their names, and how the teacher changes them."""

import streamlit as st

from mnistlab.store.classes import renew_secret
from mnistlab.store.members import NICKNAME_LENGTH, Member, call, members, remove
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.rules import rules
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _, listed, ngettext
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.server import class_address, teacher_link
from mnistlab.ui.kit.words import literal


def for_teacher(room: Room) -> None:
    """All students, to be called differently or taken out; what they may do; the teacher's link."""
    everybody = members(room.store, room.of.id)
    if not everybody:
        st.info(_("Nobody has joined yet. Show the code on the wall."), icon=":material/group:")
    for each in everybody:
        _row(room, each)
    rules(room)
    with st.expander(_("Your own link"), icon=":material/key:"):
        _secret(room)


def for_student(room: Room) -> None:
    """The student's own name, and who else is here."""
    assert room.me is not None
    if room.of.rules.rename:
        with st.form("call", border=False):
            nickname = st.text_input(
                _("Your nickname"), room.me.nickname, max_chars=NICKNAME_LENGTH
            )
            if st.form_submit_button(_("Change it"), icon=":material/edit:"):
                with guard():
                    call(room.store, room.person, room.me.id, nickname)
                    st.rerun()
    others = [each.nickname for each in members(room.store, room.of.id) if each.id != room.me.id]
    count = ngettext("{n} other is in this class:", "{n} others are in this class:", len(others))
    if others:
        st.markdown(f"{count.format(n=len(others))} {literal(listed(others))}")
    else:
        st.caption(_("You are the first."))
    if (address := class_address("leave")) is not None:
        st.link_button(_("Leave the class"), address, icon=":material/logout:")


def _row(room: Room, each: Member) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(
            _("{number}. **{nickname}**, seen {ago}").format(
                number=each.number,
                nickname=literal(each.nickname),
                ago=words.ago(each.seen),
            )
        )
        with st.container(horizontal=True, width="content"):
            _changes(room, each)


def _changes(room: Room, each: Member) -> None:
    """Rename a student, or, asked once more, take them out."""
    with st.popover(_("Rename"), icon=":material/edit:"), st.form(f"call {each.id}"):
        nickname = st.text_input(_("Nickname"), each.nickname, max_chars=NICKNAME_LENGTH)
        if st.form_submit_button(_("Rename")):
            with guard():
                call(room.store, room.person, each.id, nickname)
                st.rerun()
    with st.popover(_("Remove"), icon=":material/person_remove:"):
        st.markdown(
            _(
                "Their runs and drawings stay until the class ends. They can join again, under "
                "another name."
            )
        )
        if st.button(_("Remove them"), type="primary", key=f"remove {each.id}"):
            with guard():
                remove(room.store, room.person, each.id)
                st.rerun()


def _secret(room: Room) -> None:
    st.markdown(
        _(
            "Whoever has your link is the teacher. If somebody else has got it, make another one: "
            "the old one then opens nothing any more."
        )
    )
    if st.button(_("Make another link"), icon=":material/autorenew:"):
        with guard():
            secret = renew_secret(room.store, room.person)
            st.code(teacher_link(secret), language=None, wrap_lines=True)
            st.caption(_("Keep it, and open it now: this page belongs to the old link."))
