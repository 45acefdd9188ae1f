"""Optimisers: raced from one start, drawn on the loss surface, with batches of several sizes and learning rates too high."""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from mnistlab import data
from mnistlab.analysis import loss_surface
from mnistlab.data import load_dataset, split
from mnistlab.experiments import descent
from mnistlab.experiments.race import GOOD_RATES, RACERS, batches, optimizers, rates, seconds_of
from mnistlab.figures import curves
from mnistlab.figures import optimisers as figures
from mnistlab.figures.colors import BAD, CLASS_COLORS, GOOD, TRAIN
from mnistlab.names import DATASET_NAMES, OPTIMIZER_NAMES
from mnistlab.store import Status, Store
from mnistlab.train import model_from
from mnistlab.ui import race, state
from mnistlab.ui.background import Tell, worker
from mnistlab.ui.charts import chart
from mnistlab.ui.frame import Page
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.race import Racers
from mnistlab.ui.url import one_of
from mnistlab.ui.waiting import wait_for

RATES = ("0.001", "0.003", "0.01", "0.03", "0.1", "0.3")
DATASETS = ("mnist", "digits")
DESCENTS = ("sgd", "momentum", "nesterov")  # all weights' steps in one and the same proportion to their gradients
WHO = {"all": N_("all five"), "descents": N_("SGD, momentum and Nesterov alone")}
SURFACE_IMAGES = 500  # training images on which the surface is measured
VALLEY_RATES = ("0.005", "0.01", "0.02", "0.04", "0.07", "0.09")
MOMENTA = ("0.0", "0.5", "0.8", "0.9", "0.95")
VALLEY_STEPS = 60
PASSES = 40


def choose_view(page: Page) -> str:
    """Which view is shown; only that one is computed."""
    return page.choose(
        "view", _("View"), list(VIEWS), widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )


# -- the race ------------------------------------------------------------------------------------------------------------------


def compete(page: Page) -> None:
    """Five optimisers from the same start."""
    _race(page, lambda runs: _curves(page, runs, {OPTIMIZER_NAMES[name]: color for name, color in figures.OPTIMIZER_COLORS.items()}))


def surface(page: Page) -> None:
    """The ways of the five over the loss surface."""
    _race(page, lambda runs: _surface(page, runs))


def _race(page: Page, show: Callable[[Racers], None]) -> None:
    left, right = st.columns(2)
    dataset = _dataset(page, left)
    rate = page.choose("lr", _("Learning rate, the same for all"), RATES, "0.01", right.select_slider)
    race.race(page, {OPTIMIZER_NAMES[name]: config for name, config in optimizers(dataset, float(rate)).items()}, "optimisers", show)


def _curves(page: Page, runs: Racers, colors: dict[str, str]) -> None:
    left, right = st.columns(2)
    shown = {name: color for name, color in colors.items() if name in runs}
    with left:
        race.loss_chart(runs, shown, "race.loss")
    with right:
        race.accuracy_chart(runs, shown, "race.accuracy")
    race.results(page, runs)


def _surface(page: Page, runs: Racers) -> None:
    who = page.choose("who", _("Ways"), list(WHO), widget=st.segmented_control, format_func=lambda name: _(WHO[name]))
    wanted = [name for name in RACERS if who == "all" or name in DESCENTS]
    racing = {name: run for name, run in runs.items() if run.config.optimizer in wanted}
    done = {run.config.optimizer: run for run in racing.values() if run.status == Status.FINISHED}
    left_out = [name for name, run in racing.items() if run.status == Status.FAILED]
    if left_out:
        st.caption(_("Left out, because training diverged: {names}.").format(names=", ".join(left_out)))
    if not done or len(done) + len(left_out) < len(wanted):
        st.caption(_("The map is drawn when all are trained."))
        return
    key = ("loss surface", page.store.url, *((run.id, run.started) for run in done.values()))
    ids = {name: run.id for name, run in done.items()}
    job = worker.job(key, lambda tell: _measure(page.store, ids, tell))
    found = wait_for(job, _("The loss is being measured at {n:,} places").format(n=loss_surface.GRID**2))
    if found is None:
        return
    chart(figures.surface_figure(found), "surface")
    st.caption(
        _(
            "Each place of the map is a whole network; its loss is measured on {images} training images. The plane holds {share:.0%} of how the ways "
            "differ: a point of a way beside it has a loss of its own, which you see when you point at it."
        ).format(images=SURFACE_IMAGES, share=found.share)
    )


def _measure(store: Store, ids: dict[str, str], tell: Tell) -> loss_surface.Surface:
    """The surface below the runs `ids` (optimiser -> run); called in the background."""
    kept = {name: {step: store.weights(run_id, step) for step in store.snapshot_steps(run_id)} for name, run_id in ids.items()}
    config = store.get(next(iter(ids.values()))).config
    known = split(load_dataset(config.dataset), config)
    images, labels = known.train_images[:SURFACE_IMAGES], known.train_labels[:SURFACE_IMAGES]
    model = model_from(config, next(iter(next(iter(kept.values())).values())))
    return loss_surface.loss_surface(model, kept, images, labels, config, loss_surface.GRID, tell)


# -- learning rate and batch size ----------------------------------------------------------------------------------------------


def too_high(page: Page) -> None:
    """One optimiser with a learning rate that is ten times too low, good, and ten times too high."""
    left, right = st.columns(2)
    dataset = _dataset(page, left)
    optimizer = page.choose("optimizer", _("Optimiser"), list(GOOD_RATES), widget=right.selectbox, format_func=OPTIMIZER_NAMES.__getitem__)
    configs = rates(dataset, optimizer)
    colors = dict(zip(configs, (TRAIN, GOOD, BAD), strict=True))
    race.race(page, configs, "rates", lambda runs: _curves(page, runs, colors))


def batch(page: Page) -> None:
    """Batches of several sizes: progress for each epoch, and for each second."""
    configs = batches(_dataset(page, st))
    colors = dict(zip(configs, (CLASS_COLORS[i] for i in (2, 1, 0, 4, 3)), strict=True))
    race.race(page, configs, "batches", lambda runs: _batches(page, runs, colors))


def _batches(page: Page, runs: Racers, colors: dict[str, str]) -> None:
    by_epoch, by_second = {}, {}
    for name, run in runs.items():
        known = state.history(run.id)
        losses = [(event.step, event.test_loss) for event in known["evaluated"]]
        seconds = seconds_of(known["progress"], run.config.batch_size)
        by_epoch[name] = [(step / run.config.steps_per_epoch, loss) for step, loss in losses]
        by_second[name] = [(seconds[step], loss) for step, loss in losses if step in seconds]
    for column, title, lines in zip(st.columns(2), (_("epoch"), _("seconds of training")), (by_epoch, by_second), strict=True):
        spec = race.loss_spec({name: colors[name] for name in runs}, title)
        spec["encoding"]["x"]["axis"] = {"tickCount": 6}  # not whole steps
        column.vega_lite_chart(
            curves.table(lines), spec, key=f"batches.{title}", on_select="rerun", selection_mode=[curves.ZOOM],
            alt=_("Test loss over {title} for batches of {names}").format(title=title, names=", ".join(runs)),
        )  # fmt: skip
    race.results(page, runs)


def repetition(page: Page) -> None:
    """Why batches: data of which one half repeats the other."""
    losses = _repeated()
    chart(figures.repetition_figure(losses), "repetition")
    half = PASSES // 2
    st.markdown(
        _("After {half} passes in halves the loss is **{halves:.4f}**; after {passes} passes as a whole it is **{whole:.4f}**.").format(
            half=half, halves=losses["halves"][half], passes=PASSES, whole=losses["whole"][PASSES]
        )
    )


def inertia(page: Page) -> None:
    """PyTorch's own optimisers, down a valley of two weights."""
    left, right = st.columns(2)
    rate = page.choose("valley_lr", _("Learning rate"), VALLEY_RATES, "0.02", left.select_slider)
    momentum = page.choose("momentum", _("Momentum"), MOMENTA, "0.9", right.select_slider)
    names = page.choose("ways", _("Optimisers"), list(WAYS), widget=st.segmented_control, format_func=lambda name: _(WAYS[name]))
    shown = RACERS if names == "all" else names.split("-")
    ways = {name: _way(name, float(rate), float(momentum), VALLEY_STEPS) for name in shown}
    chart(figures.valley_figure(ways), "valley")
    ended = [OPTIMIZER_NAMES[name] for name, way in ways.items() if len(way) <= VALLEY_STEPS]
    if ended:
        st.warning(_("Thrown out of the valley: {names}.").format(names=", ".join(ended)), icon=":material/trending_up:")


WAYS = {"sgd-momentum": N_("SGD and momentum"), "momentum-nesterov": N_("momentum and Nesterov"), "sgd-adam-rmsprop": N_("SGD, Adam and RMSprop"), "all": N_("all five")}  # fmt: skip
VIEWS = {
    "race": N_("The race"),
    "surface": N_("Ways over the loss"),
    "inertia": N_("Momentum"),
    "rate": N_("Ten times too high"),
    "batch": N_("Batch size"),
    "repeat": N_("Why batches?"),
}
SHOW: dict[str, Callable[[Page], None]] = {
    "race": compete, "surface": surface, "inertia": inertia, "rate": too_high, "batch": batch, "repeat": repetition,
}  # fmt: skip
PARAMETERS = {
    "view": one_of(*VIEWS), "dataset": one_of(*DATASETS), "lr": one_of(*RATES), "optimizer": one_of(*GOOD_RATES),
    "valley_lr": one_of(*VALLEY_RATES), "momentum": one_of(*MOMENTA), "ways": one_of(*WAYS), "who": one_of(*WHO),
}  # fmt: skip


def _dataset(page: Page, place: Any) -> str:
    return page.choose(
        "dataset", _("Data set"), DATASETS, "digits" if data.problem("mnist") else "mnist", place.segmented_control,
        format_func=lambda name: DATASET_NAMES[name] + ("" if name == "digits" else _(", 5,000 images")),
    )  # fmt: skip


@st.cache_data(max_entries=256, show_spinner=False)
def _way(optimizer: str, lr: float, momentum: float, steps: int) -> np.ndarray:
    return descent.descend(optimizer, lr, momentum, steps)


@st.cache_data(show_spinner=False)
def _repeated() -> dict[str, np.ndarray]:
    return descent.repeated_half(load_dataset("digits"), PASSES)
