"""The views of the page `runs` as code."""

from collections.abc import Sequence

from mnistlab.config import TrainConfig
from mnistlab.experiments.sweep import Sweep
from mnistlab.export.view_notebook import Code
from mnistlab.ui.kit.i18n import _


def two_settings(pairs: Sequence[tuple[TrainConfig, TrainConfig]]) -> Code:
    """Whether A or B is better; each of `pairs` has a seed of its own."""
    a, b = (f"TrainConfig.from_dict({config.to_dict()!r})" for config in pairs[0])
    return Code(
        (
            "import numpy as np",
            "from mnistlab import TrainConfig, load_dataset, model_from, train",
            "from mnistlab.analysis.evaluation import judge",
            "from mnistlab.analysis.verdict import verdict",
            "from mnistlab.events import Snapshot",
        ),
        (
            f"a = {a}",
            f"b = {b}",
            f"seeds = {[config.seed for config, _other in pairs]!r}",
            "data = load_dataset(a.dataset)",
            "",
            "def correct(config):",
            '    """Whether the trained network gets each test image right, (N,)."""',
            "    events = train(config, data)",
            "    *_, last = (event for event in events if isinstance(event, Snapshot))",
            "    model = model_from(config, last.weights)",
            "    return judge(model, data.test_images, data.test_labels, config).correct",
            "",
            "of_a = np.stack([correct(a.replace(seed=seed)) for seed in seeds])",
            "of_b = np.stack([correct(b.replace(seed=seed)) for seed in seeds])",
            "verdict(of_a, of_b)",
        ),
    )


def sweep(asked: Sweep) -> Code:
    """Every combination of a sweep, trained to its end, the best first."""
    accuracy = "validation_accuracy" if asked.validated else "test_accuracy"
    kind = "Evaluated" if asked.validated else "Finished"
    note = _(
        "Here every network is trained to the end; in mnistlab, successive halving stops weaker "
        "combinations early."
    )
    return Code(
        (
            "import pandas as pd",
            "from mnistlab import load_dataset, train",
            f"from mnistlab.events import {kind}",
            "from mnistlab.experiments.sweep import Sweep",
            "from mnistlab.experiments.sweep_results import results",
        ),
        (
            f"sweep = Sweep.from_query({asked.to_query()!r})",
            "accuracies = {}",
            "for run, config in sweep.configs.items():",
            "    for event in train(config, load_dataset(config.dataset)):",
            f"        if isinstance(event, {kind}):",
            f"            accuracies[run] = event.{accuracy}",
            "pd.DataFrame([",
            '    each.combination.settings | {"mean": each.mean, "spread": each.spread}',
            "    for each in results(sweep, accuracies)",
            "])",
        ),
        note=note if asked.halving else "",
    )
