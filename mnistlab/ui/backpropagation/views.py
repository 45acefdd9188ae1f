"""The views of the page `backpropagation`, and its URL parameters."""

from mnistlab.ui.backpropagation import batch, notebook, opened, optimiser, stages, weight
from mnistlab.ui.backpropagation.gradient import gradient
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.views import View

PARAMETERS = {**batch.PARAMETERS, **weight.PARAMETERS, **opened.PARAMETERS}
VIEWS: dict[str, View[Look]] = {
    "gradient": View(N_("The gradient"), gradient, code=notebook.gradient),
    "update": View(
        N_("The optimiser's step"),
        optimiser.optimiser,
        optimiser.PARAMETERS,
        code=notebook.update,
    ),
    "stages": View(
        N_("Backwards, stage by stage"), stages.stages, stages.PARAMETERS, code=notebook.stages
    ),
}
