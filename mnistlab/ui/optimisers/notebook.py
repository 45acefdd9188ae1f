"""The views of the page `optimisers` as code."""

from mnistlab.analysis import loss_surface
from mnistlab.experiments.race import GOOD_RATES, RACERS
from mnistlab.export.race_code import ACCURACIES, LOSSES, race_code
from mnistlab.export.view_notebook import Code
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training.race import default_dataset
from mnistlab.ui.optimisers import races
from mnistlab.ui.optimisers.descent import PASSES, VALLEY_STEPS

FIGURES = "from mnistlab.figures import optimisers as figures"
BY_EPOCH = """curves.table({
    name: [(each.step / configs[name].steps_per_epoch, each.test_loss) for each in evaluations]
    for name, evaluations in evaluated.items()
})"""
RACE = "from mnistlab.experiments.race import"


def _dataset(page: Page) -> str:
    name: str = page.query.get("dataset", default_dataset())
    return name


def _optimizers(page: Page) -> str:
    rate, size = page.query.get("lr", "0.01"), page.query.get("raced_batch", 50)
    return f"configs = optimizers({_dataset(page)!r}, {rate}, {size})"


def race(page: Page) -> Code:
    """Five optimisers from the same start."""
    return race_code((_optimizers(page),), (f"{RACE} optimizers",), (LOSSES, ACCURACIES))


def rates(page: Page) -> Code:
    """One optimiser at three learning rates."""
    optimizer = page.query.get("optimizer", next(iter(GOOD_RATES)))
    configs = f"configs = rates({_dataset(page)!r}, {optimizer!r})"
    return race_code((configs,), (f"{RACE} rates",), (LOSSES, ACCURACIES))


def batches(page: Page) -> Code:
    """Several batch sizes, by epoch."""
    return race_code(
        (f"configs = batches({_dataset(page)!r})",),
        (f"{RACE} batches",),
        (('curves.spec(colors, "epoch", "loss", "log")', BY_EPOCH),),
    )


def surface(page: Page) -> Code:
    """The paths of the optimisers over the loss surface."""
    who = RACERS if page.query.get("who", "all") == "all" else races.DESCENTS
    return Code(
        (
            "from mnistlab import load_dataset, model_from, train",
            "from mnistlab.analysis.loss_surface import loss_surface",
            "from mnistlab.data import split",
            "from mnistlab.events import Finished, Snapshot",
            f"{RACE} optimizers",
            FIGURES,
        ),
        (
            _optimizers(page),
            "snapshots = {}",
            f"for name in {who!r}:",
            "    config = configs[name]",
            "    events = list(train(config, load_dataset(config.dataset)))",
            "    if isinstance(events[-1], Finished):  # it did not diverge",
            "        kept = [event for event in events if isinstance(event, Snapshot)]",
            "        snapshots[name] = {event.step: event.weights for event in kept}",
            "learned = split(load_dataset(config.dataset), config)",
            f"images = learned.train_images[:{races.SURFACE_IMAGES}]",
            "labels = learned.train_labels[: len(images)]",
            "model = model_from(config, next(iter(snapshots.values()))[0])",
            f"how = images, labels, config, {loss_surface.GRID}  # lines of the grid each way",
            "figures.surface_figure(loss_surface(model, snapshots, *how))",
        ),
    )


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
