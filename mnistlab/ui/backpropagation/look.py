"""What the views share: a mini-batch, its pass through the network and back, and one weight."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistlab.analysis.backward import Backward
from mnistlab.analysis.weight_gradient import GradientSum
from mnistlab.choices import DATASETS
from mnistlab.models import uses_modes
from mnistlab.store import RunRecord
from mnistlab.ui.backpropagation import batch
from mnistlab.ui.backpropagation.weight import choose_weight
from mnistlab.ui.kit.i18n import _, clauses
from mnistlab.ui.kit.inputs.dataset import data_ready
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import signed


@dataclass(frozen=True, eq=False)
class Look:
    """A mini-batch of a run at one step of its training, and the weight to look at."""

    page: Page
    run: RunRecord
    step: int
    indices: tuple[int, ...]  # of the images, among the training images
    images: np.ndarray  # uint8 (N, 28, 28)
    labels: list[int]
    classes: tuple[str, ...]
    passed: Backward
    weight: GradientSum

    @property
    def weight_name(self) -> str:
        """As in PyTorch: conv1.weight[3, 0, 2, 1]."""
        place = ", ".join(map(str, self.weight.index))  # code, in every language
        return f"{self.weight.layer}.{self.weight.parameter}[{place}]"


def look_at(page: Page, run: RunRecord) -> Look:
    """The card with the choice of weight and mini-batch. Stops the page if there are no images."""
    assert page.step is not None
    if not data_ready(run.config.dataset):
        st.stop()
    weight_card, batch_card = st.container(), st.container()
    with batch_card:
        indices = batch.choose_batch(page, run)
        _modes(run)
    passed = batch.passed(run, page.step, indices)
    with weight_card:
        weight = choose_weight(page, passed)
        st.markdown(
            _("The weight is **{weight}**, its gradient **{gradient}**.").format(
                weight=signed(weight.weight, ".4g"), gradient=signed(weight.total, ".4g")
            )
        )
    images, labels = batch.images_of(run, indices)
    return Look(
        page,
        run,
        page.step,
        indices,
        images[:, 0].numpy(),
        labels.tolist(),
        DATASETS[run.config.dataset].class_names,
        passed,
        weight,
    )


def _modes(run: RunRecord) -> None:
    """What differs from a step of the training itself."""
    config, differs = run.config, []
    if uses_modes(config):
        differs.append(
            _(
                "in evaluation mode: nothing is dropped or drawn, and batch normalisation uses its "
                "running averages"
            )
        )
    if config.augment_shift or config.augment_rotation or config.augment_crop:
        differs.append(_("on the images themselves, not augmented"))
    if config.precision != "float32":
        differs.append(_("in float32"))
    if differs:
        st.caption(_("Computed {how}.").format(how=clauses(differs)))
