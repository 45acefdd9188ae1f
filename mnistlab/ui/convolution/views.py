"""The views of the page `convolution`, and its URL parameters."""

from mnistlab.choices import DATASETS, POOLINGS
from mnistlab.ui.convolution import notebook
from mnistlab.ui.convolution.inputs import KERNEL_PARAMETERS
from mnistlab.ui.convolution.invariance import CHANGES, invariance_lab
from mnistlab.ui.convolution.kernel import sliding_kernel
from mnistlab.ui.convolution.pooling import YES_NO, sliding_window
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import key_of, whole
from mnistlab.ui.kit.views import View

PLACE = {"row": whole(0, 60), "col": whole(0, 60)}  # in a view's own output
PARAMETERS = {"dataset": key_of(DATASETS), **PLACE}
VIEWS: dict[str, View[Page]] = {
    "convolution": View(
        N_("Convolution"),
        sliding_kernel,
        {
            **KERNEL_PARAMETERS,
            "stride": whole(1, 4),
            "padding": whole(0, 4),
            "dilation": whole(1, 4),
            "channels": whole(1, 4),
            "groups": whole(1, 4),
            "output": whole(0, 3),
            "flip": key_of(YES_NO),
        },
        code=notebook.convolution,
    ),
    "pooling": View(
        N_("Pooling"),
        sliding_window,
        {
            "pool": key_of(POOLINGS),
            "window": whole(2, 4),
            "pool_stride": whole(1, 4),
            "pool_padding": whole(0, 2),
            "ceil": key_of(YES_NO),
            "count_pad": key_of(YES_NO),
            "shift": whole(0, 8),
        },
        code=notebook.pooled,
    ),
    "invariance": View(
        N_("Invariance lab"),
        invariance_lab,
        {"change": key_of(CHANGES)},
        code=notebook.invariant,
    ),
}
