"""All lessons: what each is about, how long it takes, and how far one is."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mnistlab.errors import LessonError
from mnistlab.lessons import Lesson, Shelved, shelf
from mnistlab.store.lesson_progress import Progress, all_progress, forget_progress
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _, language
from mnistlab.ui.kit.lessons.moves import go_to
from mnistlab.ui.kit.lessons.opened import read
from mnistlab.ui.kit.lessons.panel import show_mistakes
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import literal


def all_lessons(page: Page) -> None:
    """A card for each lesson. Raises `LessonError`, `StoreError`."""
    progress = all_progress(page.store, state.drawer())
    lessons = shelf(language())
    suggested = _suggested(list(lessons), progress)
    for name, shelved in lessons.items():
        try:
            lesson = read(shelved)
        except LessonError as error:
            show_mistakes(page, error)
            continue
        with st.container(border=True, key=f"lesson-card-{name}"):
            _card(page, shelved, lesson, progress.get(name), name == suggested)
    with st.expander(_("Write a lesson"), icon=":material/edit_note:"):
        page.text("own")


def _suggested(names: list[str], progress: Mapping[str, Progress]) -> str | None:
    """The lesson to go on with: one that was begun, else the first that is not done."""
    begun = [name for name in names if name in progress and not progress[name].finished]
    return next(iter(begun + [name for name in names if name not in progress]), None)


def _card(
    page: Page, shelved: Shelved, lesson: Lesson, progress: Progress | None, suggested: bool
) -> None:
    words, ways = st.columns([4, 1], vertical_alignment="center")
    with words:
        st.markdown(f"**{literal(lesson.title)}**")
        st.caption(lesson.audience)
        st.caption(" · ".join(_facts(shelved, lesson, progress)))
        if progress is not None:
            st.progress(1.0 if progress.finished else (progress.reached - 1) / len(lesson.steps))
    with ways:
        _begin(page, shelved.name, lesson, progress, suggested)


def _facts(shelved: Shelved, lesson: Lesson, progress: Progress | None) -> list[str]:
    facts = [
        _("about {minutes} minutes").format(minutes=lesson.minutes),
        _("{count} steps").format(count=len(lesson.steps)),
    ]
    if progress is not None:
        reached = min(progress.reached, len(lesson.steps))
        facts.append(_("done") if progress.finished else _("at step {at}").format(at=reached))
    return [*facts, _("your own")] if shelved.own else facts


def _begin(
    page: Page, name: str, lesson: Lesson, progress: Progress | None, suggested: bool
) -> None:
    how: dict[str, Any] = {
        "type": "primary" if suggested else "secondary",  # one of them stands out
        "key": f"start.{name}",
        "width": "stretch",
    }
    if progress is None or progress.finished:
        label = _("Start") if progress is None else _("Start again")
        if st.button(label, **how):
            forget_progress(page.store, state.drawer(), name)
            go_to(page, name, lesson, 1)
    elif st.button(_("Continue"), **how):
        go_to(page, name, lesson, progress.at)
