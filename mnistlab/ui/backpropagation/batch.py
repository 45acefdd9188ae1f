"""The mini-batch to learn from: the training images, and their pass through the network."""

import streamlit as st
from torch import Tensor

from mnistlab.analysis.backward import Backward, backward
from mnistlab.analysis.optimizer_step import WholeStep, learning_rate, whole_step
from mnistlab.store import RunRecord
from mnistlab.train.order import next_batch, order_is_known
from mnistlab.ui.kit import state
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.compute.cached import cache_by_run, share_by_run, with_spinner
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import Parameter, key_of, whole
from mnistlab.ui.kit.widgets import bound

MOST, USUAL = 50, 16  # images
SOURCES = {"chosen": N_("Choose images"), "next": N_("The run's next")}
PARAMETERS: dict[str, Parameter] = {
    "batch": key_of(SOURCES),
    "images": whole(1, MOST),
    "first": whole(0, 59_999),
}


def choose_batch(page: Page, run: RunRecord) -> tuple[int, ...]:
    """The controls for the mini-batch; returns the images' numbers among the training images."""
    assert page.step is not None
    config, count = run.config, run.config.train_count
    options = list(SOURCES) if order_is_known(config, page.step) else ["chosen"]
    source = page.choose(
        "batch",
        _("Mini-batch"),
        options,
        widget=st.segmented_control,
        format_func=lambda name: _(SOURCES[name]),
        help=_("Images of your choice, or those that training takes next at this step."),
    )
    if source == "next":
        chosen = next_images(run, page.step)
        if config.batch_size > MOST:
            st.caption(
                _("The first {most} of its {size} images.").format(
                    most=MOST, size=min(config.batch_size, count)
                )
            )
        return chosen
    most = min(MOST, count)
    images = page.choose(
        "images", _("Images"), range(1, most + 1), min(USUAL, most), widget=st.select_slider
    )
    first = _choose_first(page, count - images)
    return tuple(range(first, first + images))


def _choose_first(page: Page, last: int) -> int:
    linked = page.query.get("first", 0)
    if linked > last and page.query.linked("first"):
        message = _(
            "The link says first={first}, but the last mini-batch of this size starts at training "
            "image {last:,}: this is it."
        )
        st.warning(message.format(first=linked, last=last), icon=":material/link_off:")
    label = _("From training image")
    how = page.offer("first", label)
    first: int = bound(
        f"{page.name}.first",
        min(linked, last),
        lambda key: st.number_input(label, 0, last, step=1, key=key, **how),
        lambda shown: shown <= last,
        page.query.is_locked("first"),
    )
    page.query.set("first", first or None)
    return first


def images_of(run: RunRecord, indices: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Training images of the run, uint8 (N, 1, 28, 28), and their labels (N,)."""
    parts, chosen = cached.images_of(run), list(indices)
    return parts.train_images[chosen], parts.train_labels[chosen]


@with_spinner(N_("Shuffling the images, epoch by epoch …"))
@cache_by_run(max_entries=cached.MANY)
def next_images(run: RunRecord, step: int) -> tuple[int, ...]:
    """The numbers of the images that training takes next after `step`, `MOST` of them at most."""
    return tuple(next_batch(run.config, step)[:MOST].tolist())


@share_by_run(max_entries=4)
def passed(run: RunRecord, step: int, indices: tuple[int, ...]) -> Backward:
    """The mini-batch through the network and back. Never change it. Raises `AnalysisError`."""
    return backward(cached.model(run, step), *images_of(run, indices), run.config)


@with_spinner(N_("Taking the step …"))
@cache_by_run(max_entries=cached.MANY)
def losses_around(
    run: RunRecord, step: int, indices: tuple[int, ...], lr: float, equal_steps: int
) -> WholeStep:
    """See `analysis.optimizer_step.whole_step`."""
    return whole_step(passed(run, step, indices), lr, equal_steps)


@cache_by_run(max_entries=cached.MANY)
def rate_at(run: RunRecord, step: int) -> float:
    """The learning rate of the step that follows: as training recorded it or, for a run that was
    imported without a record, as its schedule has it.
    """
    recorded = (event.lr for event in state.recorded(run.id).progress if event.step == step)
    return next(recorded, None) or learning_rate(run.config, step)
