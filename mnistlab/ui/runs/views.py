"""The views of the page `runs`, and its URL parameters."""

from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.views import View
from mnistlab.ui.runs import better, sweep
from mnistlab.ui.runs.overview import all_runs
from mnistlab.ui.runs.table import PARAMETERS

__all__ = ["PARAMETERS", "VIEWS"]

VIEWS: dict[str, View[Page]] = {
    "all": View(N_("All runs"), all_runs, wide=True),
    "better": View(
        N_("Is A better than B?"),
        better.better,
        better.PARAMETERS,
        code=better.as_code,
        has_code=better.has_code,
    ),
    "sweep": View(
        N_("Sweep"), sweep.sweep, sweep.PARAMETERS, code=sweep.as_code, has_code=sweep.has_code
    ),
}
