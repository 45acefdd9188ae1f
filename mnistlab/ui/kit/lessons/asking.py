"""A step's question: its widget, the answer that is kept, and what is right."""

from typing import Any

import numpy as np
import streamlit as st

from mnistlab.figures.thumbnails import data_url
from mnistlab.questions import Question
from mnistlab.store.lesson_progress import Progress, change_progress
from mnistlab.store.questions import SHOWN, Asked
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.lessons.opened import Opened
from mnistlab.ui.kit.questions.inputs import said as widget
from mnistlab.ui.kit.words import literal

THUMBNAIL_PIXELS = 84


def ask(opened: Opened, progress: Progress, asked: Asked | None, seen: bool) -> None:
    """The question and its widget; once it is answered, the answer, and when all else that the
    step wants is `seen`, what is right and why. `asked`: the class is being asked the same.
    """
    question = opened.step.question
    if question is None:
        return
    st.markdown(f"**{question.words}**")
    if asked is not None and asked.status != SHOWN:
        st.caption(_("Your class is being asked this: answer above."))
        return
    answer, again = progress.answer(opened.at), _key(opened, "again")
    if answer is not None and not question.accepts(answer):
        answer = None  # the question was changed since
    if answer is None or st.session_state.get(again):
        _input(opened, question, answer, again)
        return
    _answered(question, answer, seen)
    st.button(
        _("Change my answer"),
        type="tertiary",
        icon=":material/edit:",
        key=_key(opened, "change"),
        on_click=st.session_state.__setitem__,
        args=(again, True),
    )


def _input(opened: Opened, question: Question, before: Any, again: str) -> None:
    """The widget, and the button that makes what it says the answer."""
    value = (
        _drawn() if question.kind == "drawing" else widget(question, before, _key(opened, "answer"))
    )
    if st.button(_("Answer"), type="primary", icon=":material/send:", key=_key(opened, "submit")):
        if value is None or not question.accepts(value):
            st.caption(_("Say something first."))
            return
        _keep(opened, question.checked(value))
        st.session_state[again] = False
        st.rerun()


def said(question: Question, answer: Any) -> str:
    """An answer in words, or as a picture, in Markdown."""
    if question.kind == "drawing":
        return f"![{_('Your drawing')}]({_picture(answer)})"
    # a choice comes with the lesson, and may contain Markdown
    words = question.in_words(answer)
    return words if question.kind == "choices" else literal(words)


def _answered(question: Question, answer: Any, seen: bool) -> None:
    st.markdown(f"{_('You said:')} {said(question, answer)}")
    if not seen:
        st.caption(_("Kept. Now see for yourself: the explanation comes when you have."))
        return
    right = question.is_right(answer)
    if right:
        st.success(_("That is right."), icon=":material/check:")
    elif right is not None:
        st.info(
            _("Not quite. Right is: {answer}").format(answer=_right(question)),
            icon=":material/lightbulb:",
        )
    elif question.kind == "text" and question.right:
        st.markdown(f"**{_('A good answer:')}** {question.right}")
    if question.explanation:
        st.markdown(question.explanation)


def _right(question: Question) -> str:
    about = _("about {number}") if getattr(question, "within", 0.0) else "{number}"
    return about.format(number=said(question, question.right_answer))


def _drawn() -> str | None:
    """The drawing of this page, which is what a lesson asks for."""
    drawn = st.session_state.get("drawing")
    if drawn is None:
        st.caption(_("Draw it on this page: it appears here."))
        return None
    pixels = np.array(drawn, np.uint8)
    st.image(pixels, width=THUMBNAIL_PIXELS, alt=_("Your drawing"))
    return pixels.tobytes().hex()


def _keep(opened: Opened, given: Any) -> None:
    change_progress(
        opened.page.store,
        opened.owner,
        opened.name,
        lambda progress: progress.keep_answer(opened.at, given),
    )


def _picture(answer: str) -> str:
    return data_url(np.frombuffer(bytes.fromhex(answer), np.uint8).reshape(28, 28))


def _key(opened: Opened, what: str) -> str:
    return f"lesson.{opened.name}.{opened.at}.{what}"
