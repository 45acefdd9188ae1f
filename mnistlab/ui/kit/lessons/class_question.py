"""A step's question, asked of a whole class: the teacher asks it with one click, and what a student
answers to the class counts in the lesson.
"""

import streamlit as st

from mnistlab.store.answers import own_answer
from mnistlab.store.lesson_progress import Progress, change_progress
from mnistlab.store.people import Role
from mnistlab.store.questions import Asked, ask, current
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.lessons.opened import Opened


def asked_now(opened: Opened) -> Asked | None:
    """The question that the class of this student is being asked, if it is that of the step. Raises
    `StoreError`.
    """
    person, question = state.person(), opened.step.question
    if person.role is not Role.STUDENT or question is None:
        return None
    asked = current(opened.page.store, person)
    return None if asked is None or asked.question.words != question.words else asked


def with_answer_to_class(opened: Opened, progress: Progress, asked: Asked | None) -> Progress:
    """How far the student is, with what they said to the class as their answer. Raises
    `StoreError`.
    """
    own = None if asked is None else own_answer(opened.page.store, state.person(), asked.id)
    if own is None or own.latest == progress.answer(opened.at):
        return progress
    return change_progress(
        opened.page.store,
        opened.owner,
        opened.name,
        lambda kept: kept.keep_answer(opened.at, own.latest),
    )


def ask_button(opened: Opened) -> None:
    """For a teacher: ask the class the question of the step. Raises `NotAllowed`, `ClassError`,
    `StoreError`.
    """
    question, person = opened.step.question, state.person()
    if question is None or person.role is not Role.TEACHER:
        return
    asked = current(opened.page.store, person)
    if asked is not None and asked.question.words == question.words:
        st.caption(_("Your class is being asked this."))
        opened.page.link("class", _("See the answers"), ":material/bar_chart:", view="questions")
    elif st.button(_("Ask the class"), icon=":material/campaign:", key="lesson.ask"):
        ask(opened.page.store, person, question)
        st.rerun()
