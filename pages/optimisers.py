"""Optimisers: which one learns fastest, by which path, and what makes it diverge."""

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.optimisers.views import PARAMETERS, VIEWS

page = ui.page("optimisers", VIEWS, PARAMETERS)
page.title(
    _("Optimisers"),
    _(
        "The same network, the same initial weights, the same images: only how the steps are "
        "taken differs."
    ),
)
with ui.guard():
    page.show(VIEWS, page)
    page.terms()
