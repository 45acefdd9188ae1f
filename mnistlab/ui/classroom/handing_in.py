"""Handing in: a student chooses a run, looks at its page and hands it in; the teacher sees who has,
opens what they handed in, and downloads it.
"""

import uuid

import streamlit as st

from mnistlab.errors import RunNotFound
from mnistlab.store import RunRecord, Store
from mnistlab.store.archive import contents
from mnistlab.store.hand_ins import WITHOUT_RUN, HandIn, hand_in, hand_ins, take_back
from mnistlab.store.members import Member, members
from mnistlab.ui.classroom import files
from mnistlab.ui.classroom.ending import open_file, state_of
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.classroom.names import labels_of
from mnistlab.ui.kit import words
from mnistlab.ui.kit.i18n import _, listed
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.server import class_address
from mnistlab.ui.kit.words import literal

MADE = "class.hand-ins"  # (state, attempt) of the zip file that was asked for


def for_student(room: Room) -> None:
    """Choose a run, look at its page, hand it in; and what was handed in already."""
    assert room.me is not None
    with guard():
        st.markdown(
            _(
                "Hand in a page of one of your runs: its settings and code, its curves, what it "
                "confuses, what is inside it, your drawings and your answers. It opens offline, "
                "and you can download and keep it."
            )
        )
        with st.container(border=True):
            _choose(room)
        for each in hand_ins(room.store, room.person):
            _handed_in(room, each)


def for_teacher(room: Room) -> None:
    """Who has handed in what, and all of it as one file."""
    with guard():
        everybody, given = members(room.store, room.of.id), hand_ins(room.store, room.person)
        called = labels_of(room, everybody)
        of = {each.id: [one for one in given if one.member_id == each.id] for each in everybody}
        missing = [called[each.number] for each in everybody if not of[each.id]]
        st.markdown(
            _("{n} of {all} have handed something in.").format(
                n=len(everybody) - len(missing), all=len(everybody)
            )
        )
        if not given:
            st.caption(_("Students hand in on this page: they open it, and choose “Hand in”."))
        for each in everybody:
            if of[each.id]:
                _of_student(room, each, called[each.number], of[each.id])
        if missing and given:
            st.caption(_("Nothing yet: {names}.").format(names=literal(listed(missing))))
        if given:
            _all(room)


def page_address(run_id: str, member: str = "", download: bool = False) -> str | None:
    """Where a browser gets the page of a run, or, of `WITHOUT_RUN`, that of the answers; None on a
    server without routes.
    """
    address = class_address("page", run_id or "answers")
    if address is None:
        return None
    said = [f"member={member}"] if member else []
    said += ["download=1"] if download else []
    return "?".join(filter(None, [address, "&".join(said)]))


def _choose(room: Room) -> None:
    runs = _own_runs(room)
    names = {WITHOUT_RUN: _("Only my drawings and answers, without a run")}
    options = {run.id: words.run_line(run) for run in runs} | names
    chosen = st.selectbox(
        _("Run"), list(options), format_func=options.__getitem__, key="hand-in.run"
    )
    with st.container(horizontal=True):
        if (address := page_address(chosen)) is not None:
            st.link_button(_("Look at the page"), address, icon=":material/preview:")
        if st.button(_("Hand in"), type="primary", icon=":material/send:", key="hand-in"):
            hand_in(room.store, room.person, chosen)
            st.toast(_("Handed in."))


def _own_runs(room: Room) -> list[RunRecord]:
    """Those of the student, the latest first, and the chosen one: equal settings are the same run,
    whoever asked for it first.
    """
    own = [run for run in room.store.runs() if room.person.owns(run.session)]
    chosen = room.page.run
    return own if chosen is None or chosen in own else [chosen, *own]


def _handed_in(room: Room, each: HandIn) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_in_words(room.store, each))
        _links(each.run_id)
        if st.button(_("Take back"), icon=":material/undo:", key=f"hand-in.back.{each.run_id}"):
            take_back(room.store, room.person, each.run_id)
            st.rerun()


def _of_student(room: Room, student: Member, name: str, given: list[HandIn]) -> None:
    with st.container(border=True):
        st.markdown(f"**{literal(name)}**")
        for each in given:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(_in_words(room.store, each))
                _links(each.run_id, student.id)


def _in_words(store: Store, each: HandIn) -> str:
    return _("**{name}**, handed in {ago}").format(
        name=literal(_name(store, each)), ago=words.ago(each.created)
    )


def _links(run_id: str, member: str = "") -> None:
    look = page_address(run_id, member)
    keep = page_address(run_id, member, download=True)
    if look is not None and keep is not None:
        st.link_button(_("Open"), look, icon=":material/open_in_new:")
        st.link_button(_("Download"), keep, icon=":material/download:")


def _all(room: Room) -> None:
    state = state_of(contents(room.store, room.person))
    if st.button(_("All as one zip file"), icon=":material/folder_zip:", key="hand-ins.make"):
        st.session_state[MADE] = state, uuid.uuid4().hex
    if MADE in st.session_state:
        open_file(room, files.HAND_INS, st.session_state[MADE], _("Download all ({size})"))


def _name(store: Store, each: HandIn) -> str:
    if each.run_id == WITHOUT_RUN:
        return _("Drawings and answers")
    try:
        return words.run_line(store.get(each.run_id))
    except RunNotFound:
        return _("a run that was deleted since")
