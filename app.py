"""Home: what this is, and a first network."""

from mnistlab import ui
from mnistlab.ui import _

page = ui.page("")
page.title(_("How a neural network learns to see"))
page.first_run_button()
