"""All runs: compare, repeat, delete."""

from mnistlab import ui
from mnistlab.ui import _

page = ui.page("runs", scrubber=True)
page.title(_("Runs"))
run = page.require_run()
