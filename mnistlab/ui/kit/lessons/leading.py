"""A lesson led by the teacher: each step that they open becomes the pace of the class."""

import streamlit as st

from mnistlab.config import FIELDS, option
from mnistlab.lessons import Lesson
from mnistlab.store.classes import class_of, set_pace
from mnistlab.store.pace import Pace
from mnistlab.store.people import Role
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page

LEADS, LOCKS = "lesson.leads", "lesson.locks"  # in the session of the teacher


def leads() -> bool:
    """Whether the visitor is a teacher who takes the class along."""
    return state.person().role is Role.TEACHER and bool(st.session_state.get(LEADS))


def pace_through(page: Page, name: str) -> Pace | None:
    """How the class of this student is led through this lesson; None if it is not. If it is
    `locked`, to a step, a student cannot go on alone. Raises `ClassError`, `StoreError`.
    """
    person = state.person()
    if person.role is not Role.STUDENT:
        return None
    pace = class_of(page.store, person.class_id).pace
    leads_there = pace.page is not None and pace.query.get("lesson") == name
    return pace if leads_there else None


def led_to(pace: Pace) -> int:
    """The step that the class is led to."""
    return int(pace.query.get("at", 1))


def lead(page: Page, name: str, lesson: Lesson, at: int, locked: bool) -> Pace:
    """Bring the class to step number `at`, with its locked controls; nobody may leave its page or
    go on alone if it is `locked`. Raises `NotAllowed`, `StoreError`.
    """
    step, person = lesson.step(at), state.person()
    query = {**step.link.query, "lesson": name, "at": str(at)}
    controls = {*step.locked, *(("lesson", "at") if locked else ())}
    offered = {control: _label(control) for control in controls}
    pace = class_of(page.store, person.class_id).pace.bring(step.link.page, query, offered)
    return set_pace(page.store, person, pace.lock_controls(controls).lock(locked))


def let_go(page: Page) -> Pace:
    """Let the class go where it likes. Raises `NotAllowed`, `StoreError`."""
    st.session_state[LEADS] = False
    person = state.person()
    return set_pace(page.store, person, class_of(page.store, person.class_id).pace.let_go())


def _label(control: str) -> str:
    """What a control is called where its page has not said so yet."""
    if control in ("lesson", "at"):
        return _("the lesson") if control == "lesson" else _("its step")
    return _(option(control).label) if control in FIELDS else control
