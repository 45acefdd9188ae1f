"""The views of the page `feature_maps`, and its URL parameters."""

from collections.abc import Callable

from mnistlab.analysis.adversarial import METHODS, NORMS
from mnistlab.config import TrainConfig
from mnistlab.figures.feature_maps import COLOR_RANGES
from mnistlab.models import describe
from mnistlab.ui.feature_maps import notebook
from mnistlab.ui.feature_maps.attribution import attribution
from mnistlab.ui.feature_maps.fooling import fool
from mnistlab.ui.feature_maps.gate import PARAMETERS as GATE
from mnistlab.ui.feature_maps.live import live
from mnistlab.ui.feature_maps.look import Look, section_of
from mnistlab.ui.feature_maps.recurrent import gates, hide, rows
from mnistlab.ui.feature_maps.stages import (
    activations,
    gradients,
    kernels,
    top_activating_images,
    weights,
)
from mnistlab.ui.feature_maps.visualisation import feature_visualisation
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.inputs.attribution import PARAMETER as METHOD
from mnistlab.ui.kit.inputs.pictures import PARAMETERS as PICTURE
from mnistlab.ui.kit.url import EVERYWHERE, key_of, one_of, text, whole
from mnistlab.ui.kit.views import View


def _kinds(config: TrainConfig) -> list[str]:
    """The kinds of the network's layers, from the first."""
    return [stage.kind for stage in describe(config)[1:]]


def reads_rows(config: TrainConfig) -> bool:
    """Whether the network reads the image row by row."""
    return _kinds(config)[:2] == ["rows", "recurrent"]


def has_kernels(config: TrainConfig) -> bool:
    """Whether the network has a convolution."""
    return "conv" in _kinds(config)


def sees_all_at_once(config: TrainConfig) -> bool:
    """Whether each unit of the first layer sees the whole image."""
    return _kinds(config)[:2] == ["flatten", "linear"]


def noted(show: Callable[[Look], None]) -> Callable[[Look], None]:
    """`show`, and below it what to notice in networks of this kind."""

    def with_notes(look: Look) -> None:
        show(look)
        look.page.text(section_of(look.run.config))

    return with_notes


PARAMETERS = {
    **PICTURE,
    "stage": text(),
    "map": whole(0, 10**6),
    "channel": whole(0, 10**4),  # of the input of a cell of that map
    "row": whole(0, 27),
    "col": whole(0, 27),
    "class": whole(0, 9),
    "range": one_of(*COLOR_RANGES),
}
VIEWS: dict[str, View[Look]] = {
    "rows": View(N_("Row by row"), noted(rows), applies=reads_rows, code=notebook.rows),
    "gates": View(
        N_("Gates and states"),
        noted(gates),
        {"layer": text(), **GATE},
        applies=reads_rows,
        code=notebook.gates,
    ),
    "hide": View(
        N_("Hide a row"),
        noted(hide),
        {"hide": whole(0, 27)},
        applies=reads_rows,
        code=notebook.hide,
    ),
    "maps": View(N_("Activations"), noted(activations), code=notebook.maps),
    "live": View(N_("Live network"), live, wide=True),
    "gradients": View(N_("Gradients"), noted(gradients), code=notebook.gradients),
    "kernels": View(N_("Kernels"), noted(kernels), applies=has_kernels, code=notebook.kernels),
    "weights": View(N_("Weights"), noted(weights), applies=sees_all_at_once, code=notebook.weights),
    "excites": View(
        N_("Top-activating images"),
        top_activating_images,
        {"crop": whole(0, 1)},
        code=notebook.excites,
    ),
    "ideal": View(N_("Feature visualisation"), feature_visualisation, code=notebook.ideal),
    "why": View(
        N_("Attribution"),
        attribution,
        {"method": METHOD, "against": whole(0, 9)},
        code=notebook.why,
    ),
    "fool": View(
        N_("Fool it"),
        fool,
        {
            "attack": key_of(METHODS),
            "norm": key_of(NORMS),
            "towards": whole(0, 9),
            "other": EVERYWHERE["run"],
        },
        code=notebook.fool,
    ),
}
