"""A teacher leads a class through a lesson: each step is the pace of the class, and its
question can be asked of everybody.
"""

from pathlib import Path

import pytest
from rooms import Room, room
from streamlit.testing.v1 import AppTest

from mnistlab.questions import Axis, Question, made
from mnistlab.store import Store
from mnistlab.store.answers import answer, own_answer
from mnistlab.store.classes import Class, class_of, set_pace
from mnistlab.store.lesson_progress import progress_in
from mnistlab.store.people import Person
from mnistlab.store.questions import ask, current
from mnistlab.ui.kit import state
from mnistlab.ui.kit.lessons import leading
from pages.own_lesson import can_go_on, onward, own_lesson, ways_on
from pages.runs import opened, words


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_lesson(tmp_path, monkeypatch)


@pytest.fixture
def taught(store: Store) -> Room:
    return room(store, nicknames=("Ada", "Max", "Kim", "Lou", "Noa"))


@pytest.fixture
def be(monkeypatch: pytest.MonkeyPatch) -> object:
    """Pages are opened as this person from now on."""
    return lambda person: monkeypatch.setattr(state, "visitor", lambda *of: person)


def now(store: Store, taught: Room) -> Class:
    return class_of(store, taught.of.id)


def begun(store: Store, taught: Room, be: object, locked: bool = False) -> AppTest:
    """The teacher's page, after they began the lesson."""
    be(taught.teacher)  # type: ignore[operator]
    page = opened("pages/class.py", alone=True, view="lesson")
    assert not page.exception
    page.selectbox(key="class.lesson").set_value("mine")
    if locked:
        page.toggle(key="lesson.locks").set_value(True)
    page.run()
    page.button(key="class.lesson.1").click().run()
    assert not page.exception
    return page


def student_sees(taught: Room, be: object, person: Person, **query: str) -> AppTest:
    be(person)  # type: ignore[operator]
    page = opened("pages/glossary.py", alone=True, lesson="mine", **query)
    assert not page.exception
    return page


def test_each_step_that_the_teacher_opens_is_the_pace_of_the_class(
    store: Store, taught: Room, be: object
) -> None:
    page = begun(store, taught, be)
    pace = now(store, taught).pace
    assert (pace.page, pace.locked) == ("glossary", False)
    assert dict(pace.query) == {"term": "kernel", "lesson": "mine", "at": "1"}
    assert tuple(pace.controls) == ("q",)
    steps = AppTest.from_file(str(Path("pages/glossary.py").absolute()), default_timeout=60)
    steps.query_params.update(dict(pace.query))
    for name in ("lesson.leads", "lesson.locks"):
        if name in page.session_state:
            steps.session_state[name] = page.session_state[name]
    steps.run()
    assert can_go_on(steps)  # a teacher need not answer
    onward(steps).click().run()
    assert now(store, taught).pace.query["at"] == "2"


def test_a_student_who_is_held_waits_and_one_who_is_not_may_go_on(
    store: Store, taught: Room, be: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(store, taught, be, locked=True)
    page = student_sees(taught, be, taught.student(0), term="stride", at="1")
    assert "the next step comes by itself" in words(page)
    assert not ways_on(page)
    asked = []
    monkeypatch.setattr(leading, "class_of", lambda *of: asked.append(of) or class_of(*of))
    page.run()
    assert len(asked) == 1, "once for the whole panel"
    set_pace(store, taught.teacher, now(store, taught).pace.__class__())
    page = student_sees(taught, be, taught.student(0), term="stride", at="1")
    assert ways_on(page)
    asked.clear()
    page.run()
    assert len(asked) == 1


def test_the_steps_question_is_asked_of_the_class_and_its_answer_counts(
    store: Store, taught: Room, be: object
) -> None:
    be(taught.teacher)  # type: ignore[operator]
    page = opened("pages/glossary.py", alone=True, lesson="mine", at="1", term="kernel")
    page.button(key="lesson.ask").click().run()
    asked = current(store, taught.teacher)
    assert asked is not None
    assert (asked.question.words, asked.question.right) == ("Which?", "that")
    assert "Your class is being asked this." in words(page)
    page = student_sees(taught, be, taught.student(0), term="stride", at="1")
    assert "answer above" in words(page)
    assert not can_go_on(page)
    answer(store, taught.student(0), asked.id, 0)
    page = student_sees(taught, be, taught.student(0), term="stride", at="1")
    assert can_go_on(page)
    assert "So." not in words(page)  # before the teacher shows what all have said
    progress = progress_in(store, taught.student(0).name, "mine")
    assert progress is not None
    assert progress.answers == {"1": {"first": 0, "latest": 0}}


AXIS = Axis(title="step", low=0, high=10)
QUESTIONS = [
    (made("text", "Why?"), "Because."),
    (made("choices", "W", choices=("a", "b"), right="b"), 1),
    (made("number", "W", low=0, high=9, right=3), 4.0),
    (made("drawing", "W"), "ff" * 784),
    (made("cell", "W", right=("4", "9")), [4, 9]),
    (made("point", "W", x=AXIS, y=AXIS, at=5, right=2), [5.0, 3.0]),
]


@pytest.mark.parametrize(("question", "said"), QUESTIONS, ids=lambda each: str(each)[:12])
def test_every_kind_of_question_can_be_asked_of_a_class(
    store: Store, taught: Room, question: Question, said: object
) -> None:
    asked = ask(store, taught.teacher, question)
    assert asked.question == question
    answer(store, taught.student(0), asked.id, said)
    own = own_answer(store, taught.student(0), asked.id)
    assert own is not None
    assert question.accepts(own.latest)
    assert question.is_right(own.latest) == {"choices": True, "cell": True}.get(
        question.kind, None if question.right is None else False
    )
