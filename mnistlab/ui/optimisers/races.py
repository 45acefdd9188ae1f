"""Races of optimisers, learning rates and batch sizes from the same start, and their paths."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from mnistlab.analysis import loss_surface
from mnistlab.choices import OPTIMIZERS
from mnistlab.config import TrainConfig
from mnistlab.data import load_dataset, split
from mnistlab.experiments.race import GOOD_RATES, RACERS, batches, optimizers, rates, seconds_of
from mnistlab.figures import curves
from mnistlab.figures import optimisers as figures
from mnistlab.figures.colors import BAD, CLASS_COLORS, TEST, TRAIN
from mnistlab.i18n import listed
from mnistlab.store import Status, Store
from mnistlab.train import model_from
from mnistlab.ui.kit import state
from mnistlab.ui.kit.charts import chart, vega_chart
from mnistlab.ui.kit.compute.background import ReportProgress, worker
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.training import race
from mnistlab.ui.kit.training.experiments import part_of
from mnistlab.ui.kit.training.race import Racers

RATES = ("0.001", "0.003", "0.01", "0.03", "0.1", "0.3")
SIZES = (10, 50, 200)  # of a batch
DESCENTS = (
    "sgd",
    "momentum",
    "nesterov",
)  # each steps along the gradient, or its moving average
WHO = {"all": N_("all five"), "descents": N_("only SGD, momentum and Nesterov")}
SURFACE_IMAGES = 500  # training images for the loss surface


def optimiser_race(page: Page) -> None:
    """Five optimisers from the same start."""
    _race(
        page,
        lambda runs: _curves(
            page,
            runs,
            {_(OPTIMIZERS[name].name): color for name, color in figures.OPTIMIZER_COLORS.items()},
        ),
    )


def surface_paths(page: Page) -> None:
    """The paths of the five over the loss surface."""
    _race(page, lambda runs: _surface(page, runs))


def _race(page: Page, show: Callable[[Racers], None]) -> None:
    left, middle, right = st.columns([3, 2, 3])
    dataset = _dataset(page, left)
    size = page.choose("raced_batch", _("Batch size"), SIZES, 50, middle.segmented_control)
    rate = page.choose(
        "lr", _("Learning rate, the same for all"), RATES, "0.01", right.select_slider
    )
    configs = optimizers(dataset, float(rate), size)
    st.caption(length_in_words(configs["sgd"]))
    named = {_(OPTIMIZERS[name].name): config for name, config in configs.items()}
    experiment = part_of("optimisers", dataset=dataset, lr=rate, raced_batch=size)
    race.race(page, named, experiment, show)


def length_in_words(config: TrainConfig) -> str:
    """How long each racer trains: batch size, steps and epochs."""
    return _(
        "Each of them: {steps:,} steps with batches of {size:,}. An epoch of {images:,} images has "
        "{per_epoch:,} steps, so that is {epochs:.2g} epochs."
    ).format(
        steps=config.total_steps,
        size=config.batch_size,
        images=config.train_count,
        per_epoch=config.steps_per_epoch,
        epochs=config.total_steps / config.steps_per_epoch,
    )


def _curves(page: Page, runs: Racers, colors: dict[str, str]) -> None:
    left, right = st.columns(2)
    shown = {name: color for name, color in colors.items() if name in runs}
    with left:
        race.loss_chart(runs, shown, "race.loss")
    with right:
        race.accuracy_chart(runs, shown, "race.accuracy")
    race.results(page, runs)


def _surface(page: Page, runs: Racers) -> None:
    who = page.choose(
        "who",
        _("Paths"),
        list(WHO),
        widget=st.segmented_control,
        format_func=lambda name: _(WHO[name]),
    )
    wanted = [name for name in RACERS if who == "all" or name in DESCENTS]
    racing = {name: run for name, run in runs.items() if run.config.optimizer in wanted}
    done = {run.config.optimizer: run for run in racing.values() if run.status == Status.FINISHED}
    left_out = [name for name, run in racing.items() if run.status == Status.FAILED]
    if left_out:
        st.caption(
            _("Left out, because training diverged: {names}.").format(names=listed(left_out))
        )
    if not done or len(done) + len(left_out) < len(wanted):
        st.caption(_("The map appears once all networks have been trained."))
        return
    key = ("loss surface", page.store.url, *((run.id, run.started) for run in done.values()))
    ids = {name: run.id for name, run in done.items()}
    job = worker.job(key, lambda report: _measure(page.store, ids, report))
    surface = wait_for(job, _("Measuring the loss at {n:,} points").format(n=loss_surface.GRID**2))
    if surface is None:
        return
    chart(figures.surface_figure(surface), "surface")
    st.caption(
        _(
            "Each point of the map is a whole network, and its loss is measured on the first "
            "{images} training images. The plane captures {share:.0f} % of the variation between "
            "the paths; a point of a path outside the plane has a loss of its own, shown when you "
            "hover over it."
        ).format(images=SURFACE_IMAGES, share=100 * surface.share)
    )


def _measure(store: Store, ids: dict[str, str], report: ReportProgress) -> loss_surface.Surface:
    """The loss surface around the runs `ids` (optimiser -> run); called in the background."""
    snapshots = {
        name: {step: store.weights(run_id, step) for step in store.snapshot_steps(run_id)}
        for name, run_id in ids.items()
    }
    config = store.get(next(iter(ids.values()))).config
    dataset = split(load_dataset(config.dataset), config)
    images, labels = dataset.train_images[:SURFACE_IMAGES], dataset.train_labels[:SURFACE_IMAGES]
    model = model_from(config, next(iter(next(iter(snapshots.values())).values())))
    return loss_surface.loss_surface(
        model, snapshots, images, labels, config, loss_surface.GRID, report
    )


def learning_rates(page: Page) -> None:
    """One optimiser with a good learning rate, one ten times lower and one ten times higher."""
    left, right = st.columns(2)
    dataset = _dataset(page, left)
    optimizer = page.choose(
        "optimizer",
        _("Optimiser"),
        list(GOOD_RATES),
        widget=right.selectbox,
        format_func=lambda name: _(OPTIMIZERS[name].name),
    )
    configs = rates(dataset, optimizer)
    st.caption(length_in_words(next(iter(configs.values()))))
    configs = {_("learning rate {n}").format(n=name): each for name, each in configs.items()}
    colors = dict(zip(configs, (TRAIN, TEST, BAD), strict=True))
    experiment = part_of("rates", dataset=dataset, optimizer=optimizer)
    race.race(page, configs, experiment, lambda runs: _curves(page, runs, colors))


def batch_sizes(page: Page) -> None:
    """Several batch sizes: the loss by epoch, and by seconds of training."""
    dataset = _dataset(page, st)
    configs = {_("batch of {n}").format(n=name): each for name, each in batches(dataset).items()}
    colors = dict(zip(configs, (CLASS_COLORS[i] for i in (2, 1, 0, 4, 3)), strict=True))
    experiment = part_of("batches", dataset=dataset)
    race.race(page, configs, experiment, lambda runs: _batches(page, runs, colors))


def _batches(page: Page, runs: Racers, colors: dict[str, str]) -> None:
    by_epoch, by_second = {}, {}
    for name, run in runs.items():
        recorded = state.recorded(run.id)
        losses = [(event.step, event.test_loss) for event in recorded.evaluated]
        seconds = seconds_of(recorded.progress, run.config.batch_size)
        by_epoch[name] = [(step / run.config.steps_per_epoch, loss) for step, loss in losses]
        by_second[name] = [(seconds[step], loss) for step, loss in losses if step in seconds]
    for column, title, lines in zip(
        st.columns(2), (_("epoch"), _("seconds of training")), (by_epoch, by_second), strict=True
    ):
        spec = race.loss_spec(runs, {name: colors[name] for name in runs}, title)
        spec["encoding"]["x"]["axis"] = {"tickCount": 6}  # not whole steps
        vega_chart(
            curves.table(lines),
            spec,
            key=f"batches.{title}",
            place=column,
            zoom=curves.ZOOM,
            alt=_("Test loss over {title}: {names}").format(title=title, names=listed(runs)),
        )
    race.results(page, runs)


def _dataset(page: Page, place: Any) -> str:
    return race.choose_raced_dataset(page, place, note=_(", 5,000 images"))
