"""Everything that pages share. Besides `app.py` and `pages/`, only this package imports Streamlit.

A page reads like this; each part is optional but the first:

    from mnistlab import ui
    from mnistlab.ui import _                                    # labels in the reader's language: _("Layer")

    page = ui.page("embeddings", {"layer": ui.text()}, scrubber=True)  # page config, sidebar, chosen run, training step, URL
    page.title(_("Embeddings"), _("Where the network puts each digit."))
    run = page.require_run()                                     # or offers to train one, and stops here
    page.step                                                    # a step at which the run's weights are kept; set by the scrubber
    layer = page.choose("layer", _("Layer"), ["flatten", "out"]) # a selectbox whose value is in the URL
    with ui.guard():                                             # a MnistlabError is shown as its sentence
        ...
    page.lesson("notice")                                        # a section of lessons/<language>/embeddings.md
    page.link("train", _("Train another"), arch="lstm")          # to another page; run, step, digit, index and lang go along

- `PAGES` (navigation.py) has the navigation.
- `EVERYWHERE` (url.py) has the parameters that go along from page to page; a page's own are given to `ui.page`, made by
  `ui.whole(low, high)`, `ui.one_of(...)` or `ui.text()`. `page.query.get(name, default)` and `page.query.set(name, value)`
  read and write them; do not touch `st.query_params`.
- `ui.store()`, `ui.executor()`, `ui.start(config)`, `ui.history(run_id)` and `ui.session_id()` are in state.py. Weights and models of a step:
  cache by run id and step (`st.cache_data`, `max_entries`); the run's `started` belongs to the key while it is not finished.
- Colours come from `mnistlab.figures.colors`, a run's name from `mnistlab.names.run_name`.
- Lessons are Markdown with sections `## intro`, `## notice`, `## try`; a line that is only `- [words](train?arch=lstm)` becomes a
  link that sets the controls of that page.
"""

from mnistlab.ui.frame import Page, guard, page
from mnistlab.ui.i18n import N_, _, language, ngettext
from mnistlab.ui.navigation import PAGES
from mnistlab.ui.state import devices, executor, history, resume, session_id, start, store
from mnistlab.ui.url import EVERYWHERE, Parameter, one_of, text, whole

__all__ = [
    "EVERYWHERE", "N_", "PAGES", "Page", "Parameter", "_", "devices", "executor", "guard", "history", "language", "ngettext", "one_of",
    "page", "resume", "session_id", "start", "store", "text", "whole",
]  # fmt: skip
