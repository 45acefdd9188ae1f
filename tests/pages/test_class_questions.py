"""Questions before answers on the pages: the teacher asks and shows, students answer above every
page and change their minds, and nothing is told too early.
"""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnistlab.events import Evaluated
from mnistlab.experiments.mistakes import MISTAKES
from mnistlab.questions import KINDS, Axis, Question, made
from mnistlab.store import Store
from mnistlab.store.answers import answer, own_answer, results
from mnistlab.store.classes import make_class, teacher
from mnistlab.store.members import join, student
from mnistlab.store.people import Person
from mnistlab.store.questions import FEWEST, Asked, ask, close, current, show
from mnistlab.ui.kit import state
from mnistlab.ui.kit.questions.of_mistakes import question_of
from pages.elements import charts
from pages.runs import TINY, component, opened, trained, words

NAME = "softmax-twice"
CHOICE = made("choices", "Is it <b>this</b>?", choices=("yes", "[no](x)"), right="[no](x)")
CELL = made("cell", "Which confusion?", rows=tuple("0123456789"), columns=tuple("0123456789"))


class Classroom:
    """A class in the store of the test; `visit` opens a page as one of its people."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.monkeypatch = store, monkeypatch
        self.of, _ = make_class(store, "Tuesday", "en")
        self.teacher = teacher(self.of)
        self.students = [student(join(store, self.of, f"s{n}")) for n in range(FEWEST + 1)]

    def be(self, person: Person) -> None:
        self.monkeypatch.setattr(state, "visitor", lambda *of: person)

    def visit(self, person: Person, path: str, **query: str) -> AppTest:
        self.be(person)
        return opened(path, alone=True, **query)

    def questions(self) -> AppTest:
        return self.visit(self.teacher, "pages/class.py", view="questions")

    def ask(self, question: Question) -> Asked:
        return ask(self.store, self.teacher, question)

    def asked(self) -> Asked:
        now = current(self.store, self.teacher)
        assert now is not None
        return now

    def answer(self, *values: Any) -> None:
        for person, value in zip(self.students, values, strict=False):
            answer(self.store, person, self.asked().id, value)

    def said(self, person: Person) -> Any:
        own = own_answer(self.store, person, self.asked().id)
        return own and own.latest


@pytest.fixture
def room(store: Store, monkeypatch: pytest.MonkeyPatch) -> Classroom:
    return Classroom(store, monkeypatch)


def sends(page: AppTest) -> Any:
    """The button that sends a student's answer."""
    (button,) = [each for each in page.button if str(each.key).startswith("class_question.send")]
    return button


def test_teacher_asks_a_mistake_waits_for_five_and_shows_what_they_say(room: Classroom) -> None:
    page = room.questions()
    page.selectbox(key="asking.mistake").set_value(NAME).run()
    page.button(key="asking.ask").click().run()
    assert not page.exception
    asked = room.asked()
    assert asked.question == question_of(NAME)
    shows = page.button(key=f"question.show.{asked.id}")
    assert shows.disabled
    assert "From 5 answers on, so that nobody is recognised by theirs." in words(page)
    assert "0 of 6 have answered" in words(page)
    room.answer(0, 0, 1, 2, 0)
    page = room.questions()
    assert "5 of 6 have answered" in words(page)
    assert not charts(page)
    page.button(key=f"question.show.{asked.id}").click().run()
    (chart,) = charts(page)
    assert MISTAKES[NAME].answers[0] + ": 3;" in chart.alt
    room.answer(0, 1)
    assert "1 changed their mind after it." in words(room.questions())
    page = room.questions()
    page.button(key=f"question.close.{asked.id}").click().run()
    assert current(room.store, room.teacher) is None
    page.selectbox(key="question.earlier").set_value(asked.id).run()
    assert "1 changed their mind after it." in words(page)


def test_question_stands_above_every_page_and_is_answered_there(room: Classroom) -> None:
    room.ask(CHOICE)
    me = room.students[0]
    page = room.visit(me, "pages/convolution.py")
    assert "Is it \\<b>this\\</b>?" in words(page)
    assert sends(page).disabled
    page.radio[0].set_value(1).run()
    assert room.said(me) is None  # not before the button
    sends(page).click().run()
    assert not page.exception
    assert room.said(me) == 1
    assert sends(page).label == "Change my answer"
    page = room.visit(me, "app.py")
    assert page.radio[0].value == 1
    page.radio[0].set_value(0).run()
    sends(page).click().run()
    assert room.said(me) == 0
    close(room.store, room.teacher, room.asked().id)
    assert "Is it" not in words(room.visit(me, "app.py"))
    assert "Is it" not in words(room.visit(room.teacher, "app.py"))


def test_students_see_the_same_picture_once_it_is_shown_and_may_change_their_mind(
    room: Classroom,
) -> None:
    asked = room.ask(CHOICE)
    room.answer(0, 0, 0, 1, 1)
    me = room.students[0]
    page = room.visit(me, "pages/glossary.py")
    assert not charts(page)
    show(room.store, room.teacher, asked.id)
    page.run()
    (chart,) = charts(page)
    (wall,) = charts(room.questions())
    assert chart.spec == wall.spec
    room.be(me)
    page.radio[0].set_value(1).run()
    sends(page).click().run()
    assert results(room.store, me, asked.id).changed == 1
    assert "1 changed their mind after it." in words(page)


def test_prediction_on_the_mistakes_page_is_the_answer_to_the_class(room: Classroom) -> None:
    asked = room.ask(question_of(NAME))
    me = room.students[0]
    page = room.visit(me, "pages/mistakes.py", mistake=NAME, answer="1")
    above, below = page.radio
    assert below.disabled
    assert below.value is None  # whatever the link says
    above.set_value(2).run()
    sends(page).click().run()
    assert room.said(me) == 2
    assert page.radio[1].value == 2
    assert "Why" not in words(page)  # before all have answered
    room.answer(2, 0, 0, 0, 0)
    show(room.store, room.teacher, asked.id)
    page.run()
    assert f"The answer: {MISTAKES[NAME].answers[0]}" in words(page)
    other = next(name for name in MISTAKES if name != NAME)
    page = room.visit(me, "pages/mistakes.py", mistake=other)
    assert not page.radio[1].disabled  # the class is not asked this one
    page = room.visit(room.teacher, "pages/mistakes.py", mistake=NAME)
    assert not page.radio[0].disabled


OWN: dict[str, dict[str, Any]] = {
    "choices": {"asking.choices": "one\ntwo\n"},
    "text": {},
    "number": {"asking.high": 50.0},
    "drawing": {},
    "cell": {"asking.columns": "a, b"},
    "point": {"asking.steps": 900, "asking.at": 400},
}


@pytest.mark.parametrize("kind", KINDS)
def test_teacher_asks_one_of_their_own_of_each_kind(room: Classroom, kind: str) -> None:
    page = room.questions()
    page.segmented_control(key="asking.source").set_value("own").run()
    page.selectbox(key="asking.kind").set_value(kind).run()
    page.text_area(key="asking.words").set_value("What comes next?").run()
    fields = {each.key: each for each in (*page.text_area, *page.number_input, *page.text_input)}
    for key, value in OWN[kind].items():
        fields[key].set_value(value).run()
    page.button(key="asking.ask").click().run()
    assert not page.exception
    assert not page.error
    question = room.asked().question
    assert (question.kind, question.words) == (kind, "What comes next?")
    if kind == "choices":
        assert question.choices == ("one", "two")
    if kind == "number":
        assert (question.low, question.high, question.right) == (0, 50, None)
    if kind == "cell":
        assert question.columns == ("a", "b")
    if kind == "point":
        assert question.x == Axis(title="training step", low=0, high=900)
        assert question.at == 400


def test_question_that_nobody_could_answer_is_one_sentence(room: Classroom) -> None:
    page = room.questions()
    page.segmented_control(key="asking.source").set_value("own").run()
    page.button(key="asking.ask").click().run()
    assert [error.value for error in page.error] == [
        "A question has 1 to 500 letters. Write another one."
    ]
    assert current(room.store, room.teacher) is None


def test_cell_is_compared_with_the_confusion_of_a_run_chosen_later(room: Classroom) -> None:
    room.store.request(TINY, room.of.id)  # by the teacher
    run = trained(room.store)
    question = CELL.model_copy(update={"measure": "confusion"})
    asked = room.ask(question)
    room.answer(*[[4, 9]] * 5)
    page = room.visit(room.students[0], "pages/glossary.py")
    mounted = component(page, "pointing")
    assert mounted is not None
    assert mounted["kind"] == "cell"
    assert mounted["value"] == [4, 9]  # their answer so far
    show(room.store, room.teacher, asked.id)
    page = room.questions()
    assert "Right is" not in charts(page)[0].alt
    page.selectbox(key=f"question.run.{asked.id}").set_value(run.id).run()
    assert "Right is row " in charts(page)[0].alt
    assert room.asked().question.run_id == run.id


def test_point_and_number_are_compared_with_what_the_run_measured(room: Classroom) -> None:
    run = trained(room.store)  # evaluated at steps 0, 2 and 4
    x, y = Axis(title="training step", low=0, high=4), Axis(title="loss (nats)", low=0, high=3)
    asked = room.ask(made("point", "Where?", x=x, y=y, at=1, run_id=run.id, measure="loss"))
    room.answer(*[[1.0, 2.0]] * 5)
    show(room.store, room.teacher, asked.id)
    curve: dict[int, float] = {
        event.step: event.test_loss
        for _, event in room.store.events(run.id)
        if isinstance(event, Evaluated)
    }
    assert f"The experiment gives {curve[2]:.4g} at 2." in charts(room.questions())[0].alt
    number = made("number", "How much?", low=0, high=9, step=4, run_id=run.id, measure="loss")
    asked = room.ask(number)
    room.answer(*[2.0] * 5)
    show(room.store, room.teacher, asked.id)
    assert f"The experiment gives {curve[4]:.4g}." in charts(room.questions())[0].alt
    room.store.delete(run.id)
    page = room.questions()
    assert not page.exception
    assert "The experiment" not in charts(page)[0].alt


def test_words_and_drawings_are_shown_as_they_are_and_without_names(room: Classroom) -> None:
    asked = room.ask(made("text", "What do you see?"))
    room.answer("edges", "edges", "[a](http://b.c)", "<img src=x>", "loops")
    show(room.store, room.teacher, asked.id)
    page = room.questions()
    assert "- edges **× 2**" in words(page)
    assert "\\[a\\]" in words(page)
    assert "<img" not in words(page).replace("\\<img", "")
    drawn = bytes([0] * 400 + [255] * 50 + [0] * 334).hex()
    asked = room.ask(made("drawing", "Draw a seven."))
    room.answer(*[drawn] * 5)
    show(room.store, room.teacher, asked.id)
    for person in (room.teacher, room.students[0]):
        page = room.visit(
            person, "pages/class.py", **({"view": "questions"} if person is room.teacher else {})
        )
        assert words(page).count("data:image/png;base64") == 5
    assert "s3" not in words(room.questions())  # nobody's name
