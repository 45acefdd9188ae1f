"""The views of one stage: its activations, its gradients, its kernels, and what excites it most."""

import streamlit as st

from mnistlab.analysis import feature_maps as maps
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.data import load_dataset
from mnistlab.figures import feature_maps as figures
from mnistlab.ui import cached
from mnistlab.ui.cellview import cell_card, strongest
from mnistlab.ui.charts import chart, clickable
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.inside import Look, choose_stage, choose_target
from mnistlab.ui.pictures import place_of

RANGES = {"map": N_("each map"), "stage": N_("this stage"), "network": N_("the whole network")}
CLICKABLE = 16_000  # cells of a stage; of a larger one, one clicks in its single maps


def activations(look: Look) -> None:
    """The maps of a stage, and one of its cells in full."""
    stage = look.maps[choose_stage(look)]
    color_range = _choose_range(look, stage)
    may_click = stage.array.ndim == 3 and stage.array.size <= CLICKABLE and stage.kind != "input"
    figure = figures.stage_figure(stage, color_range, look.maps.range, selectable=may_click)
    if not may_click:
        chart(figure, f"stage.{stage.name}")
    elif (clicked := clickable(figure, f"stage.{stage.name}")) is not None:
        for name, value in zip(("map", "row", "col"), clicked, strict=False):
            look.page.query.set(name, int(value))
    low, high = stage.range
    st.caption(_("Values from {low:.3g} to {high:.3g}. Point at a cell for its exact value.").format(low=low, high=high))
    cell_card(look, stage)


def gradients(look: Look) -> None:
    """What a small rise of each activation would do to the logit of a class."""
    target = choose_target(look)
    name = choose_stage(look, without=("softmax",))
    stage = cached.gradient_maps(look.run, look.step, look.picture.pixels, target)[name]
    color_range = _choose_range(look, stage)
    whole = cached.gradient_maps(look.run, look.step, look.picture.pixels, target).range
    chart(figures.stage_figure(stage, color_range, whole, quantity="gradient"), f"gradients.{name}")
    st.caption(
        _("Red: if this activation rose a little, the logit of {name} would rise. Blue: it would fall.").format(
            name=look.classes[target.digit]
        )
    )
    if stage.kind == "recurrent":
        st.caption(
            _("Only the last row goes on to the next stage, so only it has a gradient here; what the rows before gave it is inside.")
        )


def kernels(look: Look) -> None:
    """What a convolution has learned."""
    found = maps.kernels(cached.model(look.run, look.step))
    names = list(found)
    if look.page.query.get("stage") not in names:
        look.page.query.set("stage", None)
    name = look.page.choose("stage", _("Convolution"), names, widget=st.segmented_control)
    out, into = found[name].shape[:2]
    channel = None
    if into > 1:
        channel = _choose_map(look, out, 0, _("Output map"))
    chart(figures.kernel_figure(found[name], name, channel), f"kernels.{name}")
    st.caption(_("Where a kernel is red and the picture bright, the sum rises; where it is blue, it falls."))


def weights(look: Look) -> None:
    """The first layer of an MLP as pictures."""
    images = maps.weight_images(cached.model(look.run, look.step))
    stage = next(stage.name for stage in look.maps.stages if stage.kind == "linear")
    chart(figures.weight_image_figure(images, stage), "weights")
    st.caption(_("Each unit multiplies every pixel with its own weight: it looks at the whole picture at once."))


def excites(look: Look) -> None:
    """The nine test images in which a map, or unit, rises highest."""
    stage = look.maps[choose_stage(look, without=("input", "softmax"))]
    is_map = stage.array.ndim == 3
    count = stage.shape[0] if is_map else stage.shape[-1]
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        channel = _choose_map(look, count, strongest(stage)[0], _("Map") if is_map else _("Unit"))
    cropped = right.toggle(_("Only what the cell sees"), value=True, key="excites.cropped") if is_map else False
    dataset = load_dataset(look.run.config.dataset)
    found = cached.excitation(look.run, look.step, stage.name, channel)
    figure = figures.excitation_figure(found, dataset.test_images[:, 0].numpy(), cropped, "map" if is_map else "unit")
    chart(figure.update_layout(height=560), f"excites.{stage.name}")

    def open_picture() -> None:
        index = st.session_state["excites.open"]
        if index is not None:
            look.page.query.set("source", None)
            for name, value in zip(("digit", "index"), place_of(dataset, index), strict=True):
                look.page.query.set(name, value)

    options = found.indices.tolist()
    chosen = st.pills(_("Look at one of them"), options, format_func=lambda index: f"#{index}", key="excites.open", on_change=open_picture)
    if chosen is not None and chosen != look.picture.index:
        st.rerun()


def _choose_range(look: Look, stage: StageMaps) -> str:
    if stage.array.ndim == 1 and stage.shape == (10,):
        return "stage"
    return look.page.choose(
        "range",
        _("Colours comparable within"),
        list(RANGES),
        "stage",
        widget=st.segmented_control,
        format_func=lambda name: _(RANGES[name]),
    )


def _choose_map(look: Look, count: int, default: int, label: str) -> int:
    if look.page.query.get("map", 0) >= count:
        look.page.query.set("map", None)
    return look.page.choose("map", label, range(count), default)
