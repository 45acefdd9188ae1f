"""The lessons on the home page: the one that the reader is in the middle of, or all of them."""

import streamlit as st

from mnistlab.errors import LessonError
from mnistlab.lessons import shelf
from mnistlab.store.lesson_progress import all_progress
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _, language
from mnistlab.ui.kit.lessons.opened import read
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import literal


def guided(page: Page) -> None:
    """A line with a link. Raises `StoreError`."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="guided"):
        started = _latest(page)
        if started is None:
            st.markdown(_("**With a guide**: a lesson asks, you try, and then it explains."))
            page.link("lessons", _("Choose a lesson"), ":material/school:")
        else:
            title, at, count = started
            sentence = _("You are in the middle of **{title}**: step {at} of {count}.")
            st.markdown(sentence.format(title=literal(title), at=at, count=count))
            page.link("lessons", _("Go on"), ":material/school:")


def _latest(page: Page) -> tuple[str, int, int] | None:
    """(title, step, number of steps) of the lesson that was left last, unless it is done."""
    try:
        known = shelf(language())
        for name, progress in all_progress(page.store, state.drawer()).items():
            if name in known and not progress.finished:
                lesson = read(known[name])
                return lesson.title, progress.at, len(lesson.steps)
    except LessonError:  # its mistakes are shown on the page of lessons
        return None
    return None
