"""Feature visualisation: a picture made to excite a map, unit or class, beside the test images that
do.
"""

import numpy as np
import streamlit as st

from mnistlab.analysis.feature_visualisation import Visualisation
from mnistlab.data import load_dataset
from mnistlab.figures.made_pictures import visualisation_figure
from mnistlab.figures.receptive_fields import top_activations_figure
from mnistlab.ui.feature_maps.cell import strongest
from mnistlab.ui.feature_maps.jobs import AT_ONCE, MadePictures, PictureJobs
from mnistlab.ui.feature_maps.look import Look, choose_stage
from mnistlab.ui.kit import state
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.compute.waiting import wait_for
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.words import signed

PATIENCE = 0.5  # seconds that a rerun waits before it shows progress
WITHOUT = ("input", "rows", "flatten", "softmax")  # kinds of stages with no units of their own


def feature_visualisation(look: Look) -> None:
    """What would excite a map, unit or class most, and what does."""
    names = tuple(stage.name for stage in look.maps.stages if stage.kind in WITHOUT)
    stage = look.maps[choose_stage(look, without=names)]
    what = "map" if stage.array.ndim == 3 else "unit"
    count = stage.shape[1] if stage.array.ndim == 2 else stage.shape[0]
    unit = _choose_unit(look, stage.name, count, strongest(stage)[0])
    block = range(unit // AT_ONCE * AT_ONCE, min(count, (unit // AT_ONCE + 1) * AT_ONCE))
    jobs = PictureJobs(look.page.store, look.run, look.step)
    pictures: MadePictures | None = wait_for(
        jobs.visualise(state.session_id(), stage.name, block),
        _("Making pictures by gradient ascent"),
        PATIENCE,
    )
    if pictures is None:
        return
    _one(look, pictures, stage.name, unit, what)
    _all(pictures, what)


def _choose_unit(look: Look, stage: str, count: int, default: int) -> int:
    """The number of a map or unit; of the last stage, a class."""
    if stage == look.stage_names(without=("softmax",))[-1]:
        label, names = _("Class"), look.classes
    else:
        label, names = _("Map or unit"), tuple(map(str, range(count)))
    with st.container(width=240):
        unit: int = look.page.choose(
            "map", label, range(count), default, format_func=names.__getitem__
        )
    return unit


def _one(look: Look, pictures: MadePictures, stage: str, unit: int, what: str) -> None:
    """The picture made for one unit, and the nine test images that excite it most."""
    made, place = pictures.made, int(np.flatnonzero(pictures.made.units == unit)[0])
    alone = Visualisation(
        stage,
        made.units[place : place + 1],
        made.pictures[place : place + 1],
        made.excitement[place : place + 1],
    )
    top = cached.top_activating_images(look.run, look.step, stage, unit)
    images = load_dataset(look.run.config.dataset).test_images[:, 0].numpy()
    left, right = st.columns(2)
    with left:
        figure = visualisation_figure(alone, what, 1)
        chart(figure.update_layout(height=430, title=_("Made for it")), f"ideal.made.{stage}")
    with right:
        figure = top_activations_figure(top, images, False, what)
        title = _("The test images that excite it most")
        chart(figure.update_layout(height=430, title=title), f"ideal.real.{stage}")
    st.markdown(
        _(
            "The made picture takes it to **{made}**, the best of {count:,} test images to "
            "**{real}**. Both are the highest value anywhere in its output."
        ).format(
            made=signed(float(made.excitement[place])),
            real=signed(float(pictures.real[place])),
            count=len(images),
        )
    )
    if not pictures.live[place]:
        st.caption(_("It is dead: nothing excites it."))


def _all(pictures: MadePictures, what: str) -> None:
    """The pictures of all units of the stage, or of as many as are made at once."""
    if len(pictures.made.units) == 1:
        return
    chart(visualisation_figure(pictures.made, what), f"ideal.all.{pictures.made.stage}")
    st.caption(
        _(
            "{beaten} of {live} pictures excite their map or unit more than any test image does."
        ).format(beaten=int(pictures.beaten.sum()), live=int(pictures.live.sum()))
    )
