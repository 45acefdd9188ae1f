"""The views of the page `embeddings`, and its URL parameters."""

from mnistlab.figures.embedding import STYLES
from mnistlab.ui.embeddings import notebook
from mnistlab.ui.embeddings.controls import METHODS, SEEDS, MappedRun
from mnistlab.ui.embeddings.maps import one_map, other_settings, over_training
from mnistlab.ui.embeddings.output import beside_output
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.url import one_of, text, whole
from mnistlab.ui.kit.views import View

PARAMETERS = {
    "layer": text(),
    "count": whole(1, 10_000),
    "perplexity": whole(1, 1_000),
    "iterations": whole(1, 100_000),
    "dimensions": whole(2, 3),
    "style": one_of(*STYLES),
}
VIEWS: dict[str, View[MappedRun]] = {
    "map": View(
        N_("Map"),
        one_map,
        {"method": one_of(*METHODS), "seed": whole(SEEDS[0], SEEDS[-1])},
        code=notebook.one_map,
    ),
    "output": View(
        N_("Beside the output"),
        beside_output,
        {"method": one_of(*METHODS), "seed": whole(SEEDS[0], SEEDS[-1])},
        code=notebook.beside_output,
    ),
    "training": View(N_("Over training"), over_training, code=notebook.over_training),
    "settings": View(N_("Compare settings"), other_settings, code=notebook.other_settings),
}
