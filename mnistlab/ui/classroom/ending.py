"""The end of a class: first its archive, then everything of it goes."""

import uuid

import streamlit as st

from mnistlab.store.archive import Contents, contents
from mnistlab.store.ending import end_class
from mnistlab.ui.classroom import files
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _, listed, ngettext
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.words import literal

MADE = "class.archive"  # (state, attempt) of the archive that was asked for
LOOK_SECONDS = 2.0  # how often it is looked whether the archive has been downloaded


def ending(room: Room) -> None:
    """What belongs to the class, its archive, and the button that ends it."""
    with guard():
        st.markdown(_what(contents(room.store, room.person)))
        with st.container(border=True):
            st.header(_("1. Keep what you want to keep"), anchor=False)
            st.markdown(
                _(
                    "The archive is one zip file: all runs with their weights, curves and pages, "
                    "drawings, the answers that were shown (but not who gave them), and what was "
                    "handed in. Runs can be loaded again from it."
                )
            )
            _archive(room)
        with st.container(border=True):
            st.header(_("2. End the class"), anchor=False)
            st.markdown(
                _(
                    "Then all of it is deleted from this server, also trainings that are going on. "
                    "This cannot be undone."
                )
            )
            fragment(_end, run_every=LOOK_SECONDS)(room)


def open_file(room: Room, kind: str, made: tuple[str, str], label: str) -> None:
    """A link to the file that was asked for, once it is there; until then, how far it is."""
    path = wait_for(files.prepare(room, kind, *made), _(files.SENTENCES[kind]))
    address = files.address_of(kind, made[0])
    if path is not None and address is not None:
        size = path.stat().st_size / 1e6
        st.link_button(label.format(size=f"{size:,.1f} MB"), address, icon=":material/download:")


def state_of(of: Contents) -> str:
    """The state of the class, as short as it can stand in a link."""
    return of.fingerprint[:16]


def _what(of: Contents) -> str:
    counts = [
        ngettext("{n} student", "{n} students", len(of.members)).format(n=len(of.members)),
        ngettext("{n} run", "{n} runs", len(of.runs)).format(n=len(of.runs)),
        ngettext("{n} drawing", "{n} drawings", len(of.drawings)).format(n=len(of.drawings)),
        ngettext("{n} question", "{n} questions", len(of.questions)).format(n=len(of.questions)),
        ngettext("{n} hand-in", "{n} hand-ins", len(of.hand_ins)).format(n=len(of.hand_ins)),
    ]
    what = _("To the class **{name}** belong: {counts}.")
    return what.format(name=literal(of.of.name), counts=listed(counts))


def _archive(room: Room) -> None:
    if st.button(_("Make the archive"), icon=":material/archive:", key="class.archive.make"):
        state = state_of(contents(room.store, room.person))
        st.session_state[MADE] = state, uuid.uuid4().hex
    if MADE in st.session_state:
        open_file(room, files.ARCHIVE, st.session_state[MADE], _("Download the archive ({size})"))


def _end(room: Room) -> None:
    """Looked at again and again: a download says nothing to the page."""
    with guard():
        state = state_of(contents(room.store, room.person))
        is_kept = files.is_kept(room.of.id, state)
        if is_kept:
            st.success(_("You have the archive of all this."), icon=":material/check:")
        elif MADE in st.session_state and st.session_state[MADE][0] != state:
            st.warning(
                _("Something has changed since the archive was made: make it once more."),
                icon=":material/update:",
            )
        without = not is_kept and st.checkbox(_("Without an archive"), key="class.end.without")
        named = is_kept
        if without:
            typed = st.text_input(
                _("Type the name of the class: {name}").format(name=literal(room.of.name)),
                key="class.end.name",
            )
            named = typed.strip() == room.of.name
        if st.button(
            _("End the class"),
            type="primary",
            icon=":material/delete_forever:",
            disabled=not named,
            key="class.end",
        ):
            end_class(room.store, room.person)
            files.forget(room.of.id)
            st.session_state.pop(MADE, None)
            st.toast(_("The class has ended."))
            st.rerun()
