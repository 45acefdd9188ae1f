"""The question of a class reaches a student's open page, and is answered there by hand: with the
pointer and with the keyboard.
"""

from collections.abc import Callable
from typing import Any

from waiting import eventually

from browser.site import Server, Tab
from mnistlab.questions import Axis, Question, made
from mnistlab.store.answers import own_answer
from mnistlab.store.classes import make_class, teacher
from mnistlab.store.members import join, student
from mnistlab.store.questions import ask
from mnistlab.ui.kit.visitor import COOKIE, cookie_of

DIGITS = tuple("0123456789")
DRAWING = made("drawing", "Draw a one.")
CELL = made("cell", "Which confusion?", rows=DIGITS, columns=DIGITS)
STEPS = Axis(title="training step", low=0, high=1000)
LOSS = Axis(title="loss", low=0, high=3)
POINT = made("point", "Where?", x=STEPS, y=LOSS, at=500)


class Student:
    """A student in front of an open page, and the teacher who asks them."""

    def __init__(self, tab: Tab, server: Server) -> None:
        self.tab, self.store = tab, server.store
        of, _ = make_class(self.store, "Tuesday", "en")
        self.teacher, self.me = teacher(of), student(join(self.store, of, "Ada"))
        cookie = {"name": COOKIE, "value": cookie_of(self.store, self.me), "url": server.url}
        tab.page.context.add_cookies([cookie])

    def asked(self, question: Question) -> int:
        """Ask it, and wait until it is on the page that stays open."""
        question_id = ask(self.store, self.teacher, question).id
        self.tab.page.get_by_text(question.words).wait_for()
        return question_id

    def sends(self, question_id: int, button: str) -> Any:
        """Press the button, and wait for the answer in the store and for the page that says so."""
        before = self.latest(question_id)
        self.tab.page.get_by_role("button", name=button, exact=True).click()
        eventually("the answer is in", lambda: self.latest(question_id) != before)
        self.tab.settled()
        return self.latest(question_id)

    def latest(self, question_id: int) -> Any:
        own = own_answer(self.store, self.me, question_id)
        return own and own.latest


def inked(drawing: str) -> tuple[int, int]:
    """How many rows and columns of a drawing have ink."""
    image = bytes.fromhex(drawing)
    rows = [image[start : start + 28] for start in range(0, 784, 28)]
    return sum(map(any, rows)), sum(map(any, zip(*rows, strict=True)))


def test_question_is_answered_with_the_pointer_and_with_the_keyboard(
    person: Callable[[], Tab], server: Server
) -> None:
    ada = Student(person(), server)
    page = ada.tab.open("glossary").page
    question_id = ada.asked(DRAWING)
    board = page.locator(".board canvas")
    box = board.bounding_box()
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(middle, box["y"] + box["height"] - 30, steps=20)
    page.mouse.up()
    high, wide = inked(ada.sends(question_id, "Answer"))
    assert high == 20  # as MNIST's pictures are
    assert wide < 8
    page.get_by_role("application", name="Draw here").focus()
    for key in ("Delete", " ", *["ArrowRight"] * 10, " "):
        page.keyboard.press(key)
    high, wide = inked(ada.sends(question_id, "Change my answer"))
    assert wide == 20
    assert high < 8

    question_id = ada.asked(CELL)
    page.get_by_role("button", name="row 0, column 0").focus()
    for key in ["ArrowDown"] * 4 + ["ArrowRight"] * 8 + ["Enter"]:
        page.keyboard.press(key)
    assert ada.sends(question_id, "Answer") == [4, 8]
    page.get_by_role("button", name="row 9, column 7").click()
    assert ada.sends(question_id, "Change my answer") == [9, 7]

    question_id = ada.asked(POINT)
    plot = page.locator(".curve svg")
    plot.click()
    at, loss = ada.sends(question_id, "Answer")
    assert at == 500
    assert 1 < loss < 2
    field = page.locator(".curve input")
    field.fill("0.25")
    field.press("Enter")
    assert ada.sends(question_id, "Change my answer") == [500, 0.25]
    assert not ada.tab.errors


def test_page_that_is_drawn_anew_leaves_the_pen_in_the_hand(
    person: Callable[[], Tab], server: Server
) -> None:
    ada = Student(person(), server)
    page = ada.tab.open("glossary").page
    question_id = ada.asked(DRAWING)
    page.get_by_role("application", name="Draw here").focus()
    for key in (" ", *["ArrowDown"] * 10, " "):
        page.keyboard.press(key)
    page.locator("button:enabled", has_text="Answer").evaluate("(send) => send.click()")
    page.get_by_role("button", name="Change my answer", exact=True).wait_for()
    ada.tab.settled()
    before = ada.latest(question_id)
    for key in (" ", *["ArrowRight"] * 10, " "):
        page.keyboard.press(key)
    assert ada.sends(question_id, "Change my answer") != before
