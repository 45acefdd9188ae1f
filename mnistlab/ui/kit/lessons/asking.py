"""A step's question: its widget, the answer that is kept, and what is right."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from mnistlab.figures.thumbnails import data_url
from mnistlab.lessons import questions
from mnistlab.store.lesson_progress import Progress, change_progress
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.lessons.opened import Opened
from mnistlab.ui.kit.words import literal

THUMBNAIL_PIXELS = 84
STEPS = 100  # from one end of a curve's axis to the other


def ask(opened: Opened, progress: Progress, seen: bool) -> None:
    """The question and its widget; once it is answered, the answer, and when all else that the
    step wants is `seen`, what is right and why.
    """
    question = opened.step.question
    if question is None:
        return
    st.markdown(f"**{question.words}**")
    answer, again = progress.answer(opened.at), _key(opened, "again")
    if answer is not None and not question.accepts(answer):
        answer = None  # the question was changed since
    if answer is None or st.session_state.get(again):
        given = WIDGETS[question.kind](question, answer, _key(opened, "answer"))
        if given is not None and question.accepts(given):
            _keep(opened, given)
            st.session_state[again] = False
            st.rerun()
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


# -- the widgets: (question, what was answered before, key) -> the answer, once given --------------


def _form(key: str, draw: Callable[[], Any]) -> Any:
    with st.form(key, border=False):
        value = draw()
        if st.form_submit_button(_("Answer"), type="primary", key=f"{key}.submit"):
            return value
    return None


def _text(question: questions.Text, before: Any, key: str) -> Any:
    def draw() -> str:
        text = st.text_area(
            _("Your answer"),
            before or "",
            max_chars=questions.MOST_LETTERS,
            height=90,
            key=f"{key}.text",
            label_visibility="collapsed",
        )
        return (text or "").strip()

    return _form(key, draw) or None


def _choices(question: questions.Choices, before: Any, key: str) -> Any:
    return _form(
        key,
        lambda: st.radio(
            _("Your answer"),
            range(len(question.choices)),
            index=before,
            format_func=question.choices.__getitem__,
            key=f"{key}.choice",
            label_visibility="collapsed",
        ),
    )


def _number(question: questions.Number, before: Any, key: str) -> Any:
    label = _("From {low:g} to {high:g} {unit}").format(
        low=question.low, high=question.high, unit=question.unit
    )
    return _form(
        key,
        lambda: st.number_input(
            label.strip(),
            float(question.low),
            float(question.high),
            before,
            format="%g",
            key=f"{key}.number",
        ),
    )


def _cell(question: questions.Cell, before: Any, key: str) -> Any:
    before = before or (None, None)

    def draw() -> list[int] | None:
        left, right = st.columns(2)
        with left:
            row = _place(question.row_title, question.rows, before[0], f"{key}.row")
        with right:
            column = _place(question.column_title, question.columns, before[1], f"{key}.column")
        return None if row is None or column is None else [row, column]

    return _form(key, draw)


def _place(title: str, names: Sequence[str], before: int | None, key: str) -> int | None:
    return st.selectbox(title, range(len(names)), before, names.__getitem__, key=key)


def _point(question: questions.Point, before: Any, key: str) -> Any:
    label = _("{y} at {x} {at:g}").format(y=question.y.title, x=question.x.title, at=question.at)
    middle = (question.y.low + question.y.high) / 2

    def draw() -> list[float]:
        y = st.slider(
            label,
            question.y.low,
            question.y.high,
            before[1] if before else middle,
            (question.y.high - question.y.low) / STEPS,
            "%g",
            key=f"{key}.point",
        )
        return [question.at, y]

    return _form(key, draw)


def _drawing(question: questions.Drawing, before: Any, key: str) -> Any:
    drawn = st.session_state.get("drawing")
    if drawn is None:
        st.caption(_("Draw it on this page: it appears here."))
        return None
    pixels = np.array(drawn, np.uint8)
    st.image(pixels, width=THUMBNAIL_PIXELS, alt=_("Your drawing"))
    hands_in = st.button(_("Hand in this drawing"), type="primary", key=f"{key}.hand")
    return pixels.tobytes().hex() if hands_in else None


WIDGETS: dict[str, Callable[[Any, Any, str], Any]] = {
    "text": _text,
    "choices": _choices,
    "number": _number,
    "drawing": _drawing,
    "cell": _cell,
    "point": _point,
}


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
