"""Somebody who takes a lesson from its first step to its last: answers, trains, looks, goes on."""

import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import TimeoutError

from browser.pen import canvas_box, pen_down
from browser.site import Tab, chosen
from mnistlab.i18n import _, speaking
from mnistlab.lessons import Lesson, Link, read_lesson, shelf
from mnistlab.lessons.schema import Step
from mnistlab.questions import Question

FEW = {"dataset": "digits", "max_steps": "20", "eval_every": "20", "eval_size": "100"}
PRESSES = 5
STROKE = [(140, 50), (140, 120), (140, 230)]


def walk(tab: Tab, language: str, name: str) -> Lesson:
    """Take the lesson called `name` in `language` with the panel's own buttons. What is trained are
    a few steps on the small digits.
    """
    lesson = read_lesson(shelf(language)[name].path)
    with speaking(language):
        _open(tab, lesson.steps[0].link, language, name, 1)
        for at, step in enumerate(lesson.steps, start=1):
            _is_at(tab, step)
            _take(tab, step, language, name, at)
            if at < len(lesson.steps):
                _go_on(tab, at, lesson.steps[at])
        _press(tab, _("Finish"))
    tab.page.wait_for_url(re.compile("/lessons"), wait_until="commit")
    tab.settled()
    return lesson


def _panel(tab: Tab) -> Any:
    return tab.page.locator(".st-key-lesson")


def _open(tab: Tab, link: Link, language: str, name: str, at: int) -> None:
    page = "" if link.page == "home" else link.page
    run = {"run": chosen(tab)["run"]} if "run=" in tab.page.url else {}
    query = {**run, **link.query, "lang": language, "lesson": name, "at": str(at)}
    tab.open(f"{page}?{urlencode(query)}")


def _is_at(tab: Tab, step: Step) -> None:
    _panel(tab).get_by_role("heading", name=step.title, exact=True).wait_for()
    tab.settled()


def _take(tab: Tab, step: Step, language: str, name: str, at: int) -> None:
    """Do all that the step asks for, and read what it explains."""
    if step.question is not None:
        _answer(tab, step.question)
    if step.seen.trained:
        wanted = step.seen.trained if isinstance(step.seen.trained, dict) else {}
        _open(tab, Link("train", {**FEW, **wanted}), language, name, at)
        if not tab.page.get_by_role("button", name=_("Start"), exact=True).is_disabled():
            tab.press(_("Start"))
    for link in step.seen.visited:
        _open(tab, link, language, name, at)
    tab.page.locator(f".st-key-lesson-next-{at} button:enabled").wait_for()
    if step.question is not None and step.question.explanation:
        _panel(tab).get_by_text(_first_words(step.question.explanation)).first.wait_for()


def _first_words(markdown: str) -> str:
    """The beginning of a text, as far as it is plain."""
    return re.split(r"[*`$\[\n<]", markdown.strip(), maxsplit=1)[0].strip() or markdown[2:8]


def _answer(tab: Tab, question: Question) -> None:
    """Answer rightly, where something is right."""
    ANSWERS[question.kind](tab, question)
    _press(tab, _("Answer"))
    _panel(tab).get_by_role("button", name=_("Change my answer")).wait_for()


def _press(tab: Tab, label: str) -> None:
    tab.settled()
    _panel(tab).get_by_role("button", name=label, exact=True).click()


def _go_on(tab: Tab, at: int, following: Step) -> None:
    """Press Next, as a person does: once more where nothing happens, because a click that comes
    while the page is drawn anew may be lost.
    """
    heading = _panel(tab).get_by_role("heading", name=following.title, exact=True)
    onward = tab.page.locator(f".st-key-lesson-next-{at}").get_by_role("button", name=_("Next"))
    for _attempt in range(PRESSES):
        tab.settled()
        with suppress(TimeoutError):  # the button of this step goes when the next one comes
            onward.click(timeout=5_000)
        with suppress(TimeoutError):
            heading.wait_for(timeout=15_000)
            return
    heading.wait_for()


def _number(tab: Tab, question: Any) -> None:
    field = _panel(tab).get_by_role("spinbutton")
    field.fill(f"{question.right:g}")
    field.press("Tab")


def _choice(tab: Tab, question: Any) -> None:
    options = _panel(tab).locator("label:has(input[type=radio])")
    options.nth(question.right_answer or 0).click()


def _text(tab: Tab, question: Any) -> None:
    field = _panel(tab).locator("textarea")
    field.fill("784")
    field.press("Control+Enter")


def _cell(tab: Tab, question: Any) -> None:
    row, column = question.right_answer or (4, 9)
    _panel(tab).locator(".matrix tr").nth(row + 1).locator("button").nth(column).click()


def _point(tab: Tab, question: Any) -> None:
    field = _panel(tab).locator(".curve input").last
    field.fill(f"{question.right if question.right is not None else question.y.low:g}")
    field.press("Tab")


def _drawing(tab: Tab, question: Any) -> None:
    tab.page.locator("canvas.upper-canvas").wait_for()
    pen_down(tab, STROKE, canvas_box(tab))
    _panel(tab).locator("img").first.wait_for()


ANSWERS = {
    "number": _number,
    "choices": _choice,
    "text": _text,
    "cell": _cell,
    "point": _point,
    "drawing": _drawing,
}
