"""What a student answers with, for each kind of question."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from mnistlab.questions import KINDS, Cell, Choices, Number, Question, Text
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.questions.pointing import pointing
from mnistlab.ui.kit.words import literal

TEXT_PIXELS = 90  # high is the field for an answer in words
Input = Callable[[Any, Any, str], Any]  # question, answer so far, key -> what is said


def said(question: Question, value: Any, key: str) -> Any:
    """Let the reader answer, at first with `value`, their answer so far. Returns what they say,
    None while it is nothing; `question.checked` has the last word.
    """
    return INPUTS[question.kind](question, value, key)


def words_of(question: Question) -> str:
    """The question's own words, in the reader's language if it is one of the mistakes page."""
    return _(question.words) if question.mistake else question.words


def choices_of(question: Question) -> list[str]:
    """What one may choose, as for `words_of`; nothing where that is not how one answers."""
    choices = question.choices if isinstance(question, Choices) else ()
    return [_(text) if question.mistake else text for text in choices]


def _choices(question: Choices, value: Any, key: str) -> int | None:
    texts = choices_of(question)
    _begin(key, value)
    return st.radio(
        _("Your answer"),
        range(len(texts)),
        index=None,
        key=key,
        format_func=lambda index: literal(texts[index]),
        label_visibility="collapsed",
    )


def _text(question: Text, value: Any, key: str) -> str | None:
    _begin(key, value or "")
    said = st.text_area(
        _("Your answer"),
        key=key,
        max_chars=question.letters,
        height=TEXT_PIXELS,
        placeholder=_("In a few words"),
        label_visibility="collapsed",
    )
    return said.strip() or None


def _number(question: Number, value: Any, key: str) -> float | None:
    label = _("From {low:g} to {high:g} {unit}").format(
        low=question.low, high=question.high, unit=literal(question.unit)
    )
    _begin(key, value)
    return st.number_input(
        label.strip(), question.low, question.high, None, key=key, step=None, format="%g"
    )


def _cell(question: Cell, value: Any, key: str) -> Any:
    if question.model_fields_set & {"row_title", "column_title"}:
        rows, columns = literal(question.row_title), literal(question.column_title)
        st.caption(_("Rows: {rows}. Columns: {columns}.").format(rows=rows, columns=columns))
    return pointing(question, value, key)


def _begin(key: str, value: Any) -> None:
    """Let the new widget `key` show `value`."""
    st.session_state.setdefault(key, value)


INPUTS: dict[str, Input] = {
    "choices": _choices,
    "text": _text,
    "number": _number,
    "drawing": pointing,
    "cell": _cell,
    "point": pointing,
}
assert INPUTS.keys() == KINDS.keys()
