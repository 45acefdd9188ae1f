"""The teacher's questions: one is asked at a time; its answers are counted as they come in, and
shown to everybody at once.
"""

import streamlit as st

from mnistlab.questions import MEASURES
from mnistlab.store.answers import count, results
from mnistlab.store.members import members
from mnistlab.store.questions import (
    FEWEST,
    OPEN,
    SHOWN,
    Asked,
    close,
    compare,
    current,
    questions,
    show,
)
from mnistlab.ui.classroom.asking import ask_one
from mnistlab.ui.classroom.membership import Room
from mnistlab.ui.kit.i18n import _, ngettext
from mnistlab.ui.kit.page import guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.questions.inputs import choices_of, words_of
from mnistlab.ui.kit.questions.picture import picture
from mnistlab.ui.kit.words import literal, run_line

LOOK_SECONDS = 1.0  # how often the answers are counted
RUNS = 50  # to choose from, the latest


def for_teacher(room: Room) -> None:
    """The question that is asked, else one to ask, and below it those of before."""
    asked = current(room.store, room.person)
    if asked is not None:
        with st.container(border=True):
            _present(room, asked)
        with st.expander(_("Ask another question"), icon=":material/add:"):
            st.caption(_("It takes the place of this one, which is closed."))
            ask_one(room)
    else:
        ask_one(room)
    earlier = [each for each in questions(room.store, room.person) if each != asked]
    if earlier:
        _earlier(room, earlier)


def _present(room: Room, asked: Asked) -> None:
    st.markdown(f"**{literal(words_of(asked.question))}**")
    if asked.status == OPEN:
        for text in choices_of(asked.question):
            st.markdown(f"- {literal(text)}")
    if asked.question.measure:
        _compared(room, asked)
    # by itself, so that a click elsewhere is not lost in it
    fragment(_answers, run_every=LOOK_SECONDS)(room, asked)


def _answers(room: Room, asked: Asked) -> None:
    """How many have answered, and what can be done now; once they are shown, what they say."""
    with guard():
        answers = count(room.store, room.person, asked.id)
        everybody = len(members(room.store, room.of.id))
        if asked.status == SHOWN:
            shown = results(room.store, room.person, asked.id)
            picture(room.store, asked.question, shown, f"question.{asked.id}")
        else:
            st.progress(
                min(1.0, answers / max(everybody, 1)),
                _("{answers} of {everybody} have answered").format(
                    answers=answers, everybody=everybody
                ),
            )
        _buttons(room, asked, answers)


def _buttons(room: Room, asked: Asked, answers: int) -> None:
    few = answers < FEWEST
    with st.container(horizontal=True, vertical_alignment="center"):
        if asked.status == OPEN and st.button(
            _("Show the answers"),
            type="primary",
            icon=":material/visibility:",
            disabled=few,
            key=f"question.show.{asked.id}",
        ):
            show(room.store, room.person, asked.id)
            st.rerun()
        if st.button(
            _("Close the question"), icon=":material/lock:", key=f"question.close.{asked.id}"
        ):
            close(room.store, room.person, asked.id)
            st.rerun()
        if asked.status == OPEN and few:
            sentence = _("From {n} answers on, so that nobody is recognised by theirs.")
            st.caption(sentence.format(n=FEWEST))


def _compared(room: Room, asked: Asked) -> None:
    """The run that the answers are compared with, which may be trained only now."""
    runs = {run.id: run for run in room.store.runs(limit=RUNS)}
    question = asked.question
    known = [question.run_id] if question.run_id not in ("", *runs) else []
    chosen = st.selectbox(
        _("Compare with: {measure}").format(measure=_(MEASURES[question.measure])),
        ["", *known, *runs],
        index=["", *known, *runs].index(question.run_id),
        format_func=lambda run_id: (
            run_line(runs[run_id]) if run_id in runs else run_id or _("none")
        ),
        key=f"question.run.{asked.id}",
    )
    if chosen != question.run_id:
        compare(room.store, room.person, asked.id, chosen)
        st.rerun()


def _earlier(room: Room, asked: list[Asked]) -> None:
    """A choice among the questions of before, and what was answered to it."""
    by_id = {each.id: each for each in asked}
    chosen = st.selectbox(
        _("Asked before"),
        list(by_id),
        index=None,
        key="question.earlier",
        placeholder=ngettext("{n} question", "{n} questions", len(asked)).format(n=len(asked)),
        format_func=lambda question_id: words_of(by_id[question_id].question),
    )
    if chosen is None:
        return
    if by_id[chosen].shown is None:
        answers = count(room.store, room.person, chosen)
        st.caption(_("Closed with {n} answers, which were never shown.").format(n=answers))
        return
    shown = results(room.store, room.person, chosen)
    picture(room.store, by_id[chosen].question, shown, f"question.{chosen}")
