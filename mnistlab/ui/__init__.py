"""The dashboard. Besides `app.py` and `pages/`, only this package and `server` import Streamlit.

`kit/` is what all pages share; every other folder belongs to the page of its name. A page imports
`kit` and the core, never another page's folder. It reads like this:

    from mnistlab import ui
    from mnistlab.ui import _
    from mnistlab.ui.evaluation.judged_run import judge
    from mnistlab.ui.evaluation.views import VIEWS

    page = ui.page("evaluation", VIEWS)                  # frame, URL, chosen run, training step
    page.title(_("Evaluation"), _("How good is the network?"))
    run = page.require_run()                             # or offers to train one, and stops here
    with ui.guard():                                     # shows a MnistlabError as a sentence
        page.show(VIEWS, judge(page, run))               # the views: kit/views.py; then "Try next"
        page.terms()                                     # the end of its text

- `page.choose("layer", _("Layer"), ["flatten", "out"])` is a widget whose value is in the URL.
  `ui.whole`, `ui.one_of` and `ui.text` say which values are allowed; `EVERYWHERE` (kit/url.py)
  lists those kept from page to page. Do not touch `st.query_params`.
- `page.link("train", _("Train another"), arch="lstm")` goes to another page.
- `page.text("notice")` is a section of `texts/<language>/<page>.md`. A line of it that is only
  `- [words](train?arch=lstm)` becomes a link that sets that page's controls.
- `ui.store()`, `ui.executor()`, `ui.start(config)` and `ui.recorded(run_id)` are in kit/state.py;
  kit/compute/cached.py keeps what is computed from a run.
"""

from mnistlab.ui.kit.frame import page
from mnistlab.ui.kit.guard import guard
from mnistlab.ui.kit.i18n import N_, _, language, ngettext
from mnistlab.ui.kit.navigation import PAGES
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.state import devices, executor, recorded, resume, session_id, start, store
from mnistlab.ui.kit.url import EVERYWHERE, Parameter, one_of, some_of, text, whole
from mnistlab.ui.kit.views import View

__all__ = [
    "EVERYWHERE",
    "N_",
    "PAGES",
    "Page",
    "Parameter",
    "View",
    "_",
    "devices",
    "executor",
    "guard",
    "language",
    "ngettext",
    "one_of",
    "page",
    "recorded",
    "resume",
    "session_id",
    "some_of",
    "start",
    "store",
    "text",
    "whole",
]
