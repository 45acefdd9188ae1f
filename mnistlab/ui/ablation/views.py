"""The views of the page `ablation`, and its URL parameters."""

from mnistlab.ui.ablation import notebook
from mnistlab.ui.ablation.lab import PARAMETERS as PARAMETERS
from mnistlab.ui.ablation.lab import Lab
from mnistlab.ui.ablation.rank import which_matters
from mnistlab.ui.ablation.silence import silence_parts
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.views import View

VIEWS: dict[str, View[Lab]] = {
    "silence": View(N_("Silence parts"), silence_parts, code=notebook.silence),
    "ranking": View(N_("Which matters most?"), which_matters, code=notebook.ranking),
}
