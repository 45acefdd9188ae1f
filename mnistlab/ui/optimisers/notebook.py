"""The views of the page `optimisers` that need no runs, as code."""

from mnistlab.experiments.race import RACERS
from mnistlab.export.view_notebook import Code
from mnistlab.ui.kit.page import Page
from mnistlab.ui.optimisers.descent import PASSES, VALLEY_STEPS

FIGURES = "from mnistlab.figures import optimisers as figures"


def valley(page: Page) -> Code:
    """Optimisers in a valley of two weights."""
    ways = page.query.get("ways", "sgd-momentum")
    names = list(RACERS) if ways == "all" else ways.split("-")
    rate, momentum = page.query.get("valley_lr", "0.02"), page.query.get("momentum", "0.9")
    return Code(
        ("from mnistlab.experiments.descent import descend", FIGURES),
        (
            f"names = {names!r}",
            f"how = {rate}, {momentum}, {VALLEY_STEPS}  # learning rate, momentum, steps",
            "paths = {name: descend(name, *how) for name in names}",
            "figures.valley_figure(paths)",
        ),
    )


def repetition(page: Page) -> Code:
    """Training on data whose second half repeats the first."""
    return Code(
        (
            "from mnistlab import load_dataset",
            "from mnistlab.experiments.descent import repeated_half",
            FIGURES,
        ),
        (
            f'losses = repeated_half(load_dataset("digits"), {PASSES})',
            "figures.repetition_figure(losses)",
        ),
    )
