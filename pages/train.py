"""Train a network, and watch it learn."""

from mnistlab import ui
from mnistlab.ui import _

page = ui.page("train")
page.title(_("Train a network"))
