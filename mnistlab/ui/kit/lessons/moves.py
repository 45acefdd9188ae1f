"""From step to step of a lesson."""

import json
from pathlib import Path

import streamlit as st

from mnistlab.lessons import Lesson
from mnistlab.store.lesson_progress import change_progress
from mnistlab.ui.kit.addresses import own_parameters
from mnistlab.ui.kit.lessons.opened import Opened
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import EVERYWHERE, forget_choices

MOVED = "lesson.moved"  # in the session: the lesson and the step that the reader just went to
FOCUS = Path(__file__).with_name("focus.js").read_text(encoding="utf-8")


def go_to(page: Page, name: str, lesson: Lesson, at: int) -> None:
    """Open step number `at` on its page, exactly as its link says: what an earlier link or the
    reader had chosen there is forgotten.
    """
    step = lesson.step(at)
    named = {key for each in lesson.steps for key in each.link.query} & EVERYWHERE.keys()
    forget_choices(step.link.page, own_parameters(step.link.page))
    changes = dict.fromkeys(named) | dict(step.link.query) | {"lesson": name, "at": str(at)}
    st.session_state[MOVED] = (name, at)
    page.go(step.link.page, **changes)


def script(opened: Opened) -> str:
    """For a reader who has just moved to this step: brings their focus to its heading, so that they
    read on there; "" for anybody else.
    """
    if st.session_state.pop(MOVED, None) != (opened.name, opened.at):
        return ""
    return f"<script>{{ {FOCUS} focusStep({json.dumps(opened.step.title)}) }}</script>"


def go_on(opened: Opened, by: int) -> None:
    """The next step (`by` 1) or the one before (−1)."""
    go_to(opened.page, opened.name, opened.lesson, opened.at + by)


def finish(opened: Opened) -> None:
    """Leave the lesson after its last step: back to the list, which says that it is done."""

    def done(progress: object) -> None:
        progress.finished = True  # type: ignore[attr-defined]

    change_progress(opened.page.store, opened.owner, opened.name, done)
    leave(opened)


def leave(opened: Opened) -> None:
    """Back to the list of lessons; how far one is stays."""
    opened.page.query.reset("lesson", "at")
    opened.page.go("lessons", lesson=None, at=None)
