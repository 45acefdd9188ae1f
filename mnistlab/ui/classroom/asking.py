"""What a teacher asks: a question of the mistakes page, or one of their own."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from mnistlab.experiments.mistakes import MISTAKES
from mnistlab.questions import KINDS, MEASURES, Question, made
from mnistlab.questions.base import WORDS_LENGTH
from mnistlab.questions.kinds import MOST_CHOICES
from mnistlab.store.questions import ask
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.questions.inputs import choices_of
from mnistlab.ui.kit.questions.of_mistakes import question_of
from mnistlab.ui.kit.words import literal, run_line

SOURCES = {"mistakes": N_("One of the mistakes"), "own": N_("One of your own")}
DIGITS = ", ".join("0123456789")
RUNS = 50  # to choose from, the latest
HIGHEST = {"loss": 3.0, "accuracy": 100.0}  # of the y axis
UNITS = {"loss": "loss (nats)", "accuracy": "accuracy (%)"}  # on axes, as in the figures

Fields = dict[str, Any]  # of `Question`


def ask_one(room: Room) -> None:
    """Choose a question, look at it, and ask it."""
    source = st.segmented_control(
        _("Question"),
        list(SOURCES),
        default="mistakes",
        required=True,
        key="asking.source",
        format_func=lambda name: _(SOURCES[name]),
        label_visibility="collapsed",
    )
    question = _of_mistakes() if source == "mistakes" else _own(room)
    if st.button(_("Ask the class"), type="primary", icon=":material/campaign:", key="asking.ask"):
        with guard():
            ask(room.store, room.person, question())
            st.rerun()


def _of_mistakes() -> Callable[[], Question]:
    name = st.selectbox(
        _("Mistake"),
        list(MISTAKES),
        key="asking.mistake",
        format_func=lambda name: _(MISTAKES[name].title),
    )
    question = question_of(name)
    st.markdown(f"**{_(question.words)}**")
    for index, text in enumerate(choices_of(question)):
        icon = ":material/check:" if index == question.right_answer else ":material/remove:"
        st.markdown(f"{icon} {literal(text)}")
    st.caption(_("Students do not see which is right. They are asked on the mistakes page, too."))
    return lambda: question


def _own(room: Room) -> Callable[[], Question]:
    """What makes the question, once it is complete."""
    kind = st.selectbox(
        _("Answered with"),
        list(KINDS),
        key="asking.kind",
        format_func=lambda name: _(KINDS[name].label),
    )
    words = st.text_area(
        _("Question"),
        key="asking.words",
        max_chars=WORDS_LENGTH,
        height=80,
        placeholder=_("Where will the loss be after 500 steps?"),
    )
    return partial(made, kind, words, **FIELDS[kind](room))


def _none(room: Room) -> Fields:
    return {}


def _choices(room: Room) -> Fields:
    text = st.text_area(
        _("Answers to choose from, one in each line (up to {n})").format(n=MOST_CHOICES),
        key="asking.choices",
        height=110,
    )
    choices = tuple(line.strip() for line in text.splitlines() if line.strip())
    right = st.selectbox(
        _("Right is"),
        [None, *choices],
        key="asking.right",
        format_func=lambda text: _("not known") if text is None else text,
    )
    return {"choices": choices, "right": right}


def _number(room: Room) -> Fields:
    columns = st.columns(3)
    low = columns[0].number_input(_("Lowest"), value=0.0, format="%g", key="asking.low")
    high = columns[1].number_input(_("Highest"), value=100.0, format="%g", key="asking.high")
    unit = columns[2].text_input(_("Unit of measure"), "%", key="asking.unit", max_chars=20)
    fields: Fields = {"low": low, "high": high, "unit": unit}
    compared = _measured(room, ("loss", "accuracy"), optional=True)
    if compared:
        step = st.number_input(_("At step"), 0, value=500, step=100, key="asking.step")
        return fields | compared | {"step": step}
    right = st.number_input(
        _("Right is (if it is known)"), value=None, format="%g", key="asking.number"
    )
    return fields | {"right": right}


def _cell(room: Room) -> Fields:
    rows = st.text_input(_("Rows, separated by commas"), DIGITS, key="asking.rows")
    columns = st.text_input(_("Columns"), DIGITS, key="asking.columns")
    st.caption(_("In a confusion matrix, rows are true classes and columns predicted ones."))
    names = {"rows": _separated(rows), "columns": _separated(columns)}
    return names | _measured(room, ("confusion",), optional=True)


def _point(room: Room) -> Fields:
    compared = _measured(room, ("loss", "accuracy"), optional=False)
    columns = st.columns(2)
    steps = columns[0].number_input(_("Steps"), 1, value=1000, step=100, key="asking.steps")
    at = columns[1].number_input(
        _("At step (empty: anywhere)"), 0, value=500, step=100, key="asking.at"
    )
    measure = compared["measure"]
    x = {"title": "training step", "low": 0.0, "high": float(steps)}
    y = {"title": UNITS[measure], "low": 0.0, "high": HIGHEST[measure]}
    return compared | {"x": x, "y": y, "at": None if at is None else float(at)}


FIELDS: dict[str, Callable[[Room], Fields]] = {
    "choices": _choices,
    "text": _none,
    "number": _number,
    "drawing": _none,
    "cell": _cell,
    "point": _point,
}
assert FIELDS.keys() == KINDS.keys()


def _measured(room: Room, measures: tuple[str, ...], optional: bool) -> Fields:
    """What of which run the answers are compared with; nothing of it where that is `optional` and
    left out. The run may be chosen later.
    """
    left, right = st.columns(2)
    measure = left.selectbox(
        _("Compare with"),
        [*([None] if optional else []), *measures],
        key=f"asking.measure.{'.'.join(measures)}",
        format_func=lambda name: _("nothing") if name is None else _(MEASURES[name]),
    )
    if measure is None:
        return {}
    runs = {run.id: run for run in room.store.runs(limit=RUNS)}
    run_id = right.selectbox(
        _("Of the run"),
        ["", *runs],
        key="asking.run",
        format_func=lambda run_id: run_line(runs[run_id]) if run_id else _("chosen later"),
    )
    return {"measure": measure, "run_id": run_id}


def _separated(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
