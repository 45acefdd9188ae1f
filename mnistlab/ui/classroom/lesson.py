"""The teacher leads the class through a lesson: each step that they open here, or in the lesson's
panel, becomes the pace of the class.
"""

import streamlit as st

from mnistlab.errors import LessonError
from mnistlab.lessons import Lesson, Shelved, shelf
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.i18n import _, language
from mnistlab.ui.kit.lessons import leading
from mnistlab.ui.kit.lessons.conditions import place
from mnistlab.ui.kit.lessons.moves import go_to
from mnistlab.ui.kit.lessons.opened import read
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.words import literal


def for_teacher(room: Room) -> None:
    """The choice of a lesson, its steps, and where the class is. Raises `LessonError`,
    `StoreError`.
    """
    known = shelf(language())
    led = room.of.pace.query.get("lesson") if room.of.pace.page is not None else None
    names = list(known)
    name = st.selectbox(
        _("Lesson"),
        names,
        names.index(led) if led in names else 0,
        lambda each: _title(known[each]),
        key="class.lesson",
    )
    lesson = read(known[name])
    st.markdown(f"**{literal(lesson.title)}**")
    st.caption(lesson.audience)
    st.toggle(
        _("Nobody may leave the page of a step"),
        key=leading.LOCKS,
        help=_("Otherwise students may look round, and come back to the step by themselves."),
    )
    now = int(room.of.pace.query.get("at", 1)) if led == name else None
    for at in range(1, len(lesson.steps) + 1):
        _row(room, name, lesson, at, now)
    if led is not None and st.button(
        _("Let the class go"), icon=":material/logout:", key="class.lesson.let_go"
    ):
        with guard():
            leading.let_go(room.page)
            st.rerun()


def _title(shelved: Shelved) -> str:
    try:
        return read(shelved).title
    except LessonError:  # which is shown once it is chosen
        return shelved.name


def _row(room: Room, name: str, lesson: Lesson, at: int, now: int | None) -> None:
    """One step: what it is about, and a button that brings everybody there."""
    step = lesson.steps[at - 1]
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"class.lesson.row.{at}",
    ):
        here = f" :blue-badge[{_('the class is here')}]" if at == now else ""
        st.markdown(f"{at}. {literal(step.title)}{here}  \n:gray[{place(step.link)}]")
        label = _("Begin here") if now is None else _("Go here")
        if st.button(label, key=f"class.lesson.{at}", icon=":material/groups:"):
            with guard():
                locked = bool(st.session_state.get(leading.LOCKS))
                st.session_state[leading.LEADS] = True
                leading.lead(room.page, name, lesson, at, locked)
                go_to(room.page, name, lesson, at)
