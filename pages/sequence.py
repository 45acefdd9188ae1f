"""Sequences: networks that read step by step, and what they carry from step to step."""

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.sequence.views import PARAMETERS, VIEWS

page = ui.page("sequence", VIEWS, PARAMETERS)
page.title(
    _("Sequences"),
    _(
        "A network that reads step by step has to remember. Here it learns cos(t) from sin(t), "
        "and to read digits row by row."
    ),
)
with ui.guard():
    page.show(VIEWS, page)
    page.terms()
