"""Lessons: a way through the pages, step by step, with a question at each turn."""

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.lessons.shelf import all_lessons

page = ui.page("lessons")
page.title(
    _("Lessons"),
    _("A guided way through the pages: predict, try it, and only then read why."),
)
with ui.guard():
    all_lessons(page)
page.try_next()
