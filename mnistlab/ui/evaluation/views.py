"""The views of the page `evaluation`, and its URL parameters."""

from mnistlab.ui.evaluation import notebook
from mnistlab.ui.evaluation.comparison import ONLY, as_code, has_code, two_runs
from mnistlab.ui.evaluation.confusion import COLORS, SHARES, matrix
from mnistlab.ui.evaluation.judged_run import JudgedRun
from mnistlab.ui.evaluation.scores import by_class, calibration, mistakes
from mnistlab.ui.kit.i18n import N_
from mnistlab.ui.kit.url import EVERYWHERE, one_of, whole
from mnistlab.ui.kit.views import View

VIEWS: dict[str, View[JudgedRun]] = {
    "matrix": View(
        N_("Confusion matrix"),
        matrix,
        {
            "share": one_of(*SHARES),
            "color": one_of(*COLORS),
            "true": whole(0, 9),
            "predicted": whole(0, 9),
        },
        code=notebook.matrix,
    ),
    "classes": View(N_("By class"), by_class, code=notebook.by_class),
    "mistakes": View(N_("Worst mistakes"), mistakes, code=notebook.mistakes),
    "calibration": View(N_("Calibration"), calibration, code=notebook.calibration),
    "compare": View(
        N_("Compare two runs"),
        two_runs,
        {"other": EVERYWHERE["run"], "other_step": EVERYWHERE["step"], "only": one_of(*ONLY)},
        code=as_code,
        has_code=has_code,
    ),
}
