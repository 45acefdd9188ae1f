"""A step's question: its widget, the answer that is kept, and what is right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from mnistlab.figures.thumbnails import data_url
from mnistlab.lessons import questions
from mnistlab.store.lesson_progress import Progress, change_progress
from mnistlab.store.questions import SHOWN, Asked
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.lessons.class_question import for_class
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


def _input(opened: Opened, question: Any, before: Any, again: str) -> None:
    """The widget, and the button that makes what it says the answer."""
    draw = WIDGETS.get(question.kind, _widget)
    value = draw(question, before, _key(opened, "answer"))
    if st.button(_("Answer"), type="primary", icon=":material/send:", key=_key(opened, "submit")):
        if value is None or not question.accepts(value):
            st.caption(_("Say something first."))
            return
        _keep(opened, value)
        st.session_state[again] = False
        st.rerun()


def said(question: Any, answer: Any) -> str:
    """An answer in words, as Markdown."""
    if question.kind == "choices":
        return question.choices[answer]
    if question.kind == "number":
        return f"{answer:g} {question.unit}".strip()
    if question.kind == "cell":
        row, column = question.rows[answer[0]], question.columns[answer[1]]
        return f"{question.row_title} {row}, {question.column_title} {column}"
    if question.kind == "point":
        return f"{question.y.title} {answer[1]:g}"
    if question.kind == "drawing":
        return f"![{_('Your drawing')}]({_picture(answer)})"
    return literal(answer)


def _answered(question: Any, answer: Any, seen: bool) -> None:
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


def _right(question: Any) -> str:
    if question.kind == "cell":
        return (
            f"{question.row_title} {question.right[0]}, {question.column_title} {question.right[1]}"
        )
    if question.kind == "point":
        return f"{question.y.title} {question.right:g}"
    if question.kind == "number":
        about = _("about {number}") if question.within else "{number}"
        return about.format(number=f"{question.right:g} {question.unit}".strip())
    return str(question.right)


# -- widgets: (question, answer so far, key) -> what is said, None while nothing is ----------------


def _widget(question: Any, before: Any, key: str) -> Any:
    if question.kind == "cell":
        rows, columns = literal(question.row_title), literal(question.column_title)
        st.caption(_("Rows: {rows}. Columns: {columns}.").format(rows=rows, columns=columns))
    return widget(for_class(question), before, key)


def _text(question: questions.Text, before: Any, key: str) -> Any:
    text = st.text_area(
        _("Your answer"),
        before or "",
        max_chars=questions.MOST_LETTERS,
        height=90,
        key=key,
        placeholder=_("In a sentence or two"),
        label_visibility="collapsed",
    )
    return (text or "").strip() or None


def _drawing(question: questions.Drawing, before: Any, key: str) -> Any:
    drawn = st.session_state.get("drawing")
    if drawn is None:
        st.caption(_("Draw it on this page: it appears here."))
        return None
    pixels = np.array(drawn, np.uint8)
    st.image(pixels, width=THUMBNAIL_PIXELS, alt=_("Your drawing"))
    return pixels.tobytes().hex()


WIDGETS: dict[str, Callable[[Any, Any, str], Any]] = {"text": _text, "drawing": _drawing}


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
