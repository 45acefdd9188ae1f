"""All runs: compare, repeat, delete; and sweeps over several settings."""

from mnistlab import ui
from mnistlab.ui import _
from mnistlab.ui.runs.views import PARAMETERS, VIEWS

page = ui.page("runs", VIEWS, PARAMETERS)
page.title(_("Runs"), _("Every network trained here. Choose some to compare them."))
with ui.guard():
    page.show(VIEWS, page)
    page.onward()
