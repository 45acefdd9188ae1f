"""The question that the class is being asked, above the page of each student: answered once with a
button, changed until it is closed, and seen as all have answered once the teacher shows it.
"""

import streamlit as st

from mnistlab.store.answers import answer, own_answer, results
from mnistlab.store.people import Role
from mnistlab.store.questions import SHOWN, Asked, current
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.questions.inputs import said, words_of
from mnistlab.ui.kit.questions.picture import picture
from mnistlab.ui.kit.words import literal

STYLE = """<style>
.st-key-class_question { border-left: 4px solid #e8a60c }
</style>"""  # as a raised hand: this is where the class speaks


def class_question(page: Page) -> None:
    """Draw it for a student whose class is being asked one. Raises `StoreError`."""
    person = state.person()
    if person.role is not Role.STUDENT:
        return
    asked = current(page.store, person)
    if asked is not None:
        st.html(STYLE)
        with st.container(border=True, key="class_question"):
            _draw(page, asked)


def _draw(page: Page, asked: Asked) -> None:
    st.markdown(f":material/help: **{literal(words_of(asked.question))}**")
    with guard():
        if asked.status != SHOWN:
            _answer(page, asked)
            return
        picture(
            page.store,
            asked.question,
            results(page.store, state.person(), asked.id),
            f"class_question.picture.{asked.id}",
        )
        with st.expander(_("Your answer"), icon=":material/edit:"):
            _answer(page, asked)


def _answer(page: Page, asked: Asked) -> None:
    """What the student says, and the button that makes it their answer."""
    person = state.person()
    own = own_answer(page.store, person, asked.id)
    before = None if own is None else own.latest
    value = said(asked.question, before, f"class_question.{asked.id}")
    with st.container(horizontal=True, vertical_alignment="center"):
        label = _("Answer") if own is None else _("Change my answer")
        if st.button(
            label,
            type="primary" if own is None else "secondary",
            icon=":material/send:",
            disabled=value is None or value == before,
            key=f"class_question.send.{asked.id}",
        ):
            answer(page.store, person, asked.id, value)
            st.rerun()  # the whole page, which may have waited for it
        st.caption(_sentence(own is not None, asked))


def _sentence(is_in: bool, asked: Asked) -> str:
    if not is_in:
        return _("Your name is not shown with your answer.")
    if asked.status == SHOWN:
        return _("You may still change your mind.")
    return _("Your answer is in. You may change it until your teacher closes the question.")
