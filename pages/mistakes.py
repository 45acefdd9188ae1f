"""Common mistakes: predict what each one does, then try it."""

import streamlit as st

from mnistlab import ui
from mnistlab.experiments.mistakes import MISTAKES
from mnistlab.ui import _
from mnistlab.ui.mistakes import quiz

page = ui.page("mistakes", parameters=quiz.PARAMETERS)
page.title(
    _("Mistakes"),
    _(
        "Everybody makes them once. Predict what each one does, then train with and without it, "
        "right here, on the small digits."
    ),
)

with st.container(border=True):
    name = quiz.choose(page)
    below = quiz.code(name)
    answer = quiz.prediction(page, name)

if answer is None:
    quiz.beforehand(below, name, is_told=False)
else:
    with ui.guard():
        quiz.results(page, name, answer, below)
    later = list(MISTAKES)[list(MISTAKES).index(name) + 1 :]
    if later:
        page.link(
            "mistakes",
            _("Next: {title}").format(title=_(MISTAKES[later[0]].title)),
            ":material/arrow_forward:",
            mistake=later[0],
        )
page.link("glossary", _("All terms: the glossary"), ":material/arrow_forward:")
