"""The views of the page `sequence`, and its URL parameters."""

from mnistlab.experiments.sine_config import CELLS, STATES
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training.race import RACED_DATASETS
from mnistlab.ui.kit.url import one_of
from mnistlab.ui.kit.views import View
from mnistlab.ui.sequence import notebook
from mnistlab.ui.sequence.row_readers import READER_RATES, WHEN, rows
from mnistlab.ui.sequence.sine import (
    HIDDEN,
    LENGTHS,
    RATES,
    STRETCHES,
    TIME_STEPS,
    head,
    live,
    longer,
    states,
)

PARAMETERS = {
    "cell": one_of(*CELLS),
    "hidden": one_of(*HIDDEN),
    "lr": one_of(*RATES),
    "time_steps": one_of(*TIME_STEPS),
}
VIEWS: dict[str, View[Page]] = {
    "live": View(N_("Watch it learn"), live, {"state": one_of(*STATES)}, code=notebook.live),
    "state": View(N_("State between windows"), states, code=notebook.states),
    "head": View(N_("One head for every step"), head, code=notebook.head),
    "longer": View(
        N_("Longer sequences"),
        longer,
        {"length": one_of(*LENGTHS), "stretch": one_of(*STRETCHES)},
        code=notebook.longer,
    ),
    "rows": View(
        N_("Digits, row by row"),
        rows,
        {
            "dataset": one_of(*RACED_DATASETS),
            "rate": one_of(*READER_RATES),
            "when": one_of(*WHEN),
        },
        code=notebook.rows,
    ),
}
