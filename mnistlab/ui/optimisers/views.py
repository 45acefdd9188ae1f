"""The views of the page `optimisers`, and its URL parameters."""

from mnistlab.experiments.race import GOOD_RATES
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training.race import RACED_DATASETS
from mnistlab.ui.kit.url import key_of, one_of, whole
from mnistlab.ui.kit.views import View
from mnistlab.ui.optimisers import notebook
from mnistlab.ui.optimisers.descent import GROUPS, MOMENTA, VALLEY_RATES, repetition, valley
from mnistlab.ui.optimisers.races import (
    RATES,
    SIZES,
    WHO,
    batch_sizes,
    learning_rates,
    optimiser_race,
    surface_paths,
)

PARAMETERS = {
    "dataset": one_of(*RACED_DATASETS),
    "lr": one_of(*RATES),
    "raced_batch": whole(SIZES[0], SIZES[-1]),
}
VIEWS: dict[str, View[Page]] = {
    "race": View(N_("Race"), optimiser_race, code=notebook.race),
    "surface": View(
        N_("Paths over the loss surface"),
        surface_paths,
        {"who": key_of(WHO)},
        code=notebook.surface,
    ),
    "inertia": View(
        N_("Momentum"),
        valley,
        {
            "valley_lr": one_of(*VALLEY_RATES),
            "momentum": one_of(*MOMENTA),
            "ways": key_of(GROUPS),
        },
        code=notebook.valley,
    ),
    "rate": View(
        N_("Learning rate"),
        learning_rates,
        {"optimizer": key_of(GOOD_RATES)},
        code=notebook.rates,
    ),
    "batch": View(N_("Batch size"), batch_sizes, code=notebook.batches),
    "repeat": View(N_("Why mini-batches?"), repetition, code=notebook.repetition),
}
