"""Mistakes: predict what each does, then run it."""

import streamlit as st

from mnistlab import ui
from mnistlab.experiments.mistakes import MISTAKES
from mnistlab.ui import _, mistakes

page = ui.page("mistakes", mistakes.PARAMETERS)
page.title(
    _("Mistakes"), _("Everybody makes them once. Predict what each one does; then both ways are run, here and now, on the small digits.")
)

with st.container(border=True):
    name = mistakes.choose(page)
    mistakes.code(MISTAKES[name])
    answer = mistakes.prediction(page, name)

if answer is None:
    st.caption(_("Choose an answer first: a prediction that turns out wrong teaches more than an explanation."))
else:
    with ui.guard():
        mistakes.outcome(page, name, answer)
    later = list(MISTAKES)[list(MISTAKES).index(name) + 1 :]
    if later:
        page.link("mistakes", _("Next: {title}").format(title=_(MISTAKES[later[0]].title)), ":material/arrow_forward:", mistake=later[0])
page.link("glossary", _("All terms: the glossary"), ":material/arrow_forward:")
