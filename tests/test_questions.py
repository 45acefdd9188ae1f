"""Questions before answers, on either database: nobody learns what was answered too early, minds
may change, and a class keeps to itself.
"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from mnistlab.errors import ClassError, NotAllowed
from mnistlab.questions import KINDS, Axis, Question, made, of_record
from mnistlab.questions.kinds import PIXELS
from mnistlab.store import Store
from mnistlab.store.answers import (
    Results,
    answer,
    answered,
    checked_answer,
    count,
    own_answer,
    results,
)
from mnistlab.store.classes import class_of, make_class, renew_secret, teacher
from mnistlab.store.members import join, remove, student
from mnistlab.store.people import OPERATOR, Person, Role
from mnistlab.store.questions import FEWEST, Asked, ask, close, current, questions, show
from mnistlab.store.tables import ANSWERS

AXIS = Axis(title="x", low=0, high=1)
STEPS = Axis(title="step", low=0, high=900)
LOSS = Axis(title="loss", low=0, high=2.5)
CHOICE = made("choices", "Which is it?", choices=("this", "that", "none"), right="that")
INK = bytes([0] * 300 + [255] * 20 + [0] * (PIXELS - 320)).hex()
OF_EACH_KIND = {  # kind -> a question, an answer, and what is none
    "choices": (CHOICE, 2, (3, -1, 1.0, True, "1", None)),
    "text": (
        made("text", "What do you see?"),
        "a loop",
        ("", " ", "x" * 201, "a\x00", 7, None),
    ),
    "number": (
        made("number", "How many?", low=0.0, high=100.0),
        97.5,
        (-0.1, 101, float("nan"), float("inf"), 10**400, True, "97"),
    ),
    "drawing": (
        made("drawing", "Draw the hardest seven."),
        INK,
        ("", "zz", "00" * PIXELS, "ff" * (PIXELS - 1), 7, None),
    ),
    "cell": (
        made("cell", "Which is largest?", rows=tuple("0123456789"), columns=tuple("01")),
        [9, 1],
        ([10, 0], [0, 2], [0], [0, 1, 2], [0, True], [0.0, 1], None),
    ),
    "point": (
        made(
            "point",
            "Where?",
            x=STEPS,
            y=LOSS,
            at=500,
        ),
        [500.0, 0.25],
        ([500, 3], [500, -1], [901, 1], [500, float("nan")], [500], None),
    ),
}


class Classroom:
    """A class of `count` students over the store at `url`."""

    def __init__(self, url: str, count: int = 6) -> None:
        self.store = Store(url)
        self.of, _ = make_class(self.store, "Tuesday", "en")
        self.teacher = teacher(self.of)
        self.students = [student(join(self.store, self.of, f"s{n}")) for n in range(count)]

    def ask(self, question: Question = CHOICE) -> Asked:
        return ask(self.store, self.teacher, question)

    def answer(self, asked: Asked, *values: Any) -> None:
        for person, value in zip(self.students, values, strict=False):
            answer(self.store, person, asked.id, value)

    def number(self) -> int:
        return class_of(self.store, self.of.id).pace.number

    def results(self, asked: Asked) -> Results:
        return results(self.store, self.teacher, asked.id)


def test_answers_are_hidden_from_every_role_until_shown_with_five_of_them(url: str) -> None:
    room = Classroom(url)
    asked = room.ask()
    everybody = [room.teacher, OPERATOR, *room.students]
    for value in range(FEWEST - 1):
        room.answer(asked, *[1] * (value + 1))
        for person in everybody:
            with pytest.raises(NotAllowed, match=f"from {FEWEST} on"):
                results(room.store, person, asked.id)
            assert count(room.store, person, asked.id) == value + 1
        with pytest.raises(ClassError, match=f"from {FEWEST} on"):
            show(room.store, room.teacher, asked.id)
    room.answer(asked, *[1] * FEWEST)
    for person in everybody:
        with pytest.raises(NotAllowed, match="not shown"):
            results(room.store, person, asked.id)
    show(room.store, room.teacher, asked.id)
    for person in everybody:
        assert results(room.store, person, asked.id) == Results((1,) * 5, (1,) * 5, 0)


def test_answers_that_were_never_shown_stay_hidden_after_the_question(url: str) -> None:
    room = Classroom(url)
    asked = room.ask()
    room.answer(asked, *[0] * 6)
    close(room.store, room.teacher, asked.id)
    with pytest.raises(NotAllowed, match="not shown"):
        room.results(asked)
    with pytest.raises(ClassError, match="closed"):
        show(room.store, room.teacher, asked.id)


def test_answers_that_were_shown_are_hidden_again_where_fewer_than_five_are_left(url: str) -> None:
    room = Classroom(url)
    asked = room.ask()
    room.answer(asked, *[0] * 5)
    show(room.store, room.teacher, asked.id)
    with room.store._write() as connection:
        one = ANSWERS.c.member_id == room.students[0].name
        connection.execute(sa.delete(ANSWERS).where(one))
    with pytest.raises(NotAllowed, match=f"from {FEWEST} on"):
        room.results(asked)


def test_minds_that_change_are_counted_after_the_showing_only(url: str) -> None:
    room = Classroom(url, 7)
    asked = room.ask()
    room.answer(asked, 0, 0, 0, 0, 1, 2)
    room.answer(asked, 1)  # before anybody saw anything
    show(room.store, room.teacher, asked.id)
    room.answer(asked, 1, 1, 1)  # the first says the same again
    answer(room.store, room.students[6], asked.id, 0)  # who had not answered before
    answer(room.store, room.students[6], asked.id, 2)
    shown = room.results(asked)
    assert shown == Results((0, 0, 0, 1, 1, 2), (0, 1, 1, 1, 1, 2, 2), 2)
    mine = own_answer(room.store, room.students[1], asked.id)
    assert mine is not None
    assert (mine.first, mine.latest) == (0, 1)
    assert mine.created < mine.changed
    show(room.store, room.teacher, asked.id)  # a second time begins nothing anew
    assert room.results(asked) == shown


def test_closed_question_takes_no_answer_and_another_one_closes_it(url: str) -> None:
    room = Classroom(url)
    first = room.ask()
    second = room.ask(CHOICE.model_copy(update={"words": "And now?"}))
    with pytest.raises(ClassError, match="closed"):
        room.answer(first, 1)
    room.answer(second, 1)
    assert current(room.store, room.teacher) == second
    close(room.store, room.teacher, second.id)
    assert current(room.store, room.teacher) is None
    with pytest.raises(ClassError, match="closed"):
        room.answer(second, 0)
    listed = questions(room.store, room.teacher)
    assert [(each.id, each.status) for each in listed] == [
        (second.id, "closed"),
        (first.id, "closed"),
    ]


def test_each_change_of_a_question_reaches_the_pages_of_the_class(url: str) -> None:
    room, other = Classroom(url), Classroom(url)
    before, quiet = room.number(), other.number()
    asked = room.ask()
    assert room.number() == before + 1
    room.answer(asked, *[1] * 5)
    assert room.number() == before + 1  # an answer is nobody else's business
    show(room.store, room.teacher, asked.id)
    close(room.store, room.teacher, asked.id)
    assert room.number() == before + 3
    assert other.number() == quiet


def test_only_the_teacher_of_the_class_asks_shows_and_closes(url: str) -> None:
    room, other = Classroom(url), Classroom(url)
    asked = room.ask()
    room.answer(asked, *[1] * 5)
    visitor = Person(Role.VISITOR, "somebody")
    forged = dataclasses.replace(room.teacher, proof="0" * 64)
    for person in (*room.students[:1], visitor, OPERATOR, forged):
        with pytest.raises(NotAllowed):
            ask(room.store, person, CHOICE)
    for person in (*room.students[:1], visitor, OPERATOR, forged, other.teacher):
        for act in (show, close):
            with pytest.raises(NotAllowed):
                act(room.store, person, asked.id)
    now = current(room.store, room.teacher)
    assert now is not None
    assert now.status == "open"


def test_a_class_keeps_its_questions_and_answers_to_itself(url: str) -> None:
    room, other = Classroom(url), Classroom(url)
    asked = room.ask()
    room.answer(asked, *[1] * 5)
    gone = room.students[5]
    remove(room.store, room.teacher, gone.name)
    stranger = dataclasses.replace(other.students[0], class_id=room.of.id)  # who only says so
    outside = [*other.students, stranger, gone, other.teacher, Person(Role.VISITOR, "x")]
    for person in [*outside, room.teacher, OPERATOR]:
        with pytest.raises(NotAllowed):
            answer(room.store, person, asked.id, 0)
    show(room.store, room.teacher, asked.id)
    for person in outside:
        for read in (results, count):
            with pytest.raises(NotAllowed):
                read(room.store, person, asked.id)
        assert own_answer(room.store, person, asked.id) is None
    assert current(room.store, other.teacher) is None
    renew_secret(room.store, room.teacher)
    with pytest.raises(NotAllowed):  # with the link of before
        results(room.store, room.teacher, asked.id)


def test_nobody_is_told_what_is_right_before_the_answers_are_shown(url: str) -> None:
    room = Classroom(url)
    asked = room.ask()

    def told() -> list[Any]:
        now = current(room.store, room.students[0])
        assert now is not None
        listed = questions(room.store, room.students[0])
        return [now.question.right, *(each.question.right for each in listed)]

    assert told() == [None, None]
    room.answer(asked, *[1] * 5)
    assert told() == [None, None]
    show(room.store, room.teacher, asked.id)
    assert told() == ["that", "that"]


def test_results_do_not_tell_who_answered_what(url: str) -> None:
    room = Classroom(url)
    asked = room.ask(OF_EACH_KIND["number"][0])
    said = [50, 3, 99, 0, 42, 7]
    room.answer(asked, *said)
    show(room.store, room.teacher, asked.id)
    shown = room.results(asked)
    assert sorted(shown.now) == sorted(said)
    other = Classroom(url)
    again = other.ask(OF_EACH_KIND["number"][0])
    other.answer(again, *reversed(said))  # others said it, in another order
    show(other.store, other.teacher, again.id)
    assert other.results(again) == shown


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_each_kind_keeps_its_answers_as_given_and_refuses_what_is_none(url: str, kind: str) -> None:
    question, good, wrong = OF_EACH_KIND[kind]
    room = Classroom(url)
    asked = room.ask(question)
    assert asked.question == question
    assert current(room.store, room.teacher) == asked
    person = room.students[0]
    for value in wrong:
        with pytest.raises(ClassError, match="no answer"):
            answer(room.store, person, asked.id, value)
    assert not answered(room.store, asked.id, person.name)
    answer(room.store, person, asked.id, good)
    assert answered(room.store, asked.id, person.name)
    mine = own_answer(room.store, person, asked.id)
    assert mine is not None
    assert mine.latest == good


def test_thirty_who_answer_at_once_are_all_counted(url: str) -> None:
    room = Classroom(url, 30)
    asked = room.ask()
    with ThreadPoolExecutor(10) as pool:
        twice = [(person, value) for person in room.students for value in (0, 2)]
        list(pool.map(lambda each: answer(room.store, each[0], asked.id, each[1]), twice))
    show(room.store, room.teacher, asked.id)
    assert len(room.results(asked).now) == 30


def test_kinds_are_all_tried_here() -> None:
    assert OF_EACH_KIND.keys() == KINDS.keys()


def test_answer_with_a_rude_word_is_not_shown_to_a_class() -> None:
    with pytest.raises(ClassError, match="hurt"):
        checked_answer(OF_EACH_KIND["text"][0], "shit")


@pytest.mark.parametrize(
    ("kind", "text", "fields"),
    [
        ("choices", " ", {"choices": ("a", "b")}),
        ("choices", "?" * 501, {"choices": ("a", "b")}),
        ("riddle", "What is it?", {}),
        ("choices", "Which?", {"choices": ("a",)}),
        ("choices", "Which?", {"choices": ("a", "a")}),
        ("choices", "Which?", {"choices": ("a", "")}),
        ("choices", "Which?", {"choices": ("a", "b"), "right": "c"}),
        ("number", "How many?", {}),
        ("number", "How many?", {"low": 1, "high": 1}),
        ("number", "How many?", {"low": 0, "high": float("inf")}),
        ("number", "How many?", {"low": 0, "high": 9, "right": 10}),
        ("cell", "Which?", {"rows": ("a",), "columns": ()}),
        ("cell", "Which?", {"rows": tuple(map(str, range(21))), "columns": ("a",)}),
        ("point", "Where?", {"x": AXIS}),
        ("point", "Where?", {"x": AXIS, "y": AXIS, "at": 2}),
        ("point", "Where?", {"x": AXIS, "y": AXIS, "right": 0.5}),  # but where?
        ("text", "What?", {"run_id": "0" * 12, "measure": "beauty"}),
    ],
)
def test_question_that_nobody_could_answer_is_refused(
    kind: str, text: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(ClassError):
        made(kind, text, **fields)


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_question_that_lacks_something_is_refused_in_a_sentence(kind: str) -> None:
    with pytest.raises(ClassError) as refused:
        made(kind, "Which?", nothing=1)
    assert str(KINDS[kind].lacking) in str(refused.value)


def test_kind_that_lacks_something_is_an_error_where_it_is_defined() -> None:
    with pytest.raises(TypeError, match="Riddle lacks checked, in_words, lacking, wanted"):

        class Riddle(Question):
            label = "A riddle"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    )
)
def test_no_value_from_outside_is_more_than_no_answer(value: Any) -> None:
    for question, _, _ in OF_EACH_KIND.values():
        try:
            kept = checked_answer(question, value)
        except ClassError:
            continue
        assert checked_answer(question, kept) == kept


def test_question_of_a_newer_version_is_read_without_what_it_added() -> None:
    for question, _, _ in OF_EACH_KIND.values():
        assert of_record({**question.record(), "later": 1, "shown": 2.5}) == question
