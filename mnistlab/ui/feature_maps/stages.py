"""The views of one stage: activations, gradients, kernels or weights, and top-activating images."""

import streamlit as st

from mnistlab.analysis import feature_maps as maps
from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.data import load_dataset
from mnistlab.figures import feature_maps as figures
from mnistlab.figures.kernels import kernel_figure, weight_image_figure
from mnistlab.figures.receptive_fields import top_activations_figure
from mnistlab.ui.feature_maps.cell import cell_card, strongest
from mnistlab.ui.feature_maps.look import Look, choose_stage, choose_target
from mnistlab.ui.kit.charts import chart, clickable
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs.image_choice import place_of
from mnistlab.ui.kit.words import signed

CLICKABLE = 16_000  # cells of a stage; in larger ones, only single maps can be clicked


def activations(look: Look) -> None:
    """The maps of a stage, and how one of its cells is computed."""
    stage = look.maps[choose_stage(look)]
    color_range = _choose_range(look, stage)
    clickable_stage = (
        stage.array.ndim == 3 and stage.array.size <= CLICKABLE and stage.kind != "input"
    )
    figure = cached.figure(
        figures.stage_figure, stage, color_range, look.maps.range, selectable=clickable_stage
    )
    if not clickable_stage:
        chart(figure, f"stage.{stage.name}")
    elif (clicked := clickable(figure, f"stage.{stage.name}")) is not None:
        for name, value in zip(("map", "row", "col"), clicked, strict=False):
            look.page.query.set(name, int(value))
    low, high = stage.range
    st.caption(
        _("Values from {low} to {high}. Hover over a cell for its exact value.").format(
            low=signed(low), high=signed(high)
        )
    )
    cell_card(look, stage)


def gradients(look: Look) -> None:
    """How the logit of a class reacts to a small increase of each activation."""
    target = choose_target(look)
    name = choose_stage(look, without=("softmax",))
    stage = cached.gradient_maps(look.run, look.step, look.picture.pixels, target)[name]
    color_range = _choose_range(look, stage)
    whole = cached.gradient_maps(look.run, look.step, look.picture.pixels, target).range
    chart(figures.stage_figure(stage, color_range, whole, quantity="gradient"), f"gradients.{name}")
    st.caption(
        _(
            "Red: a slightly larger activation would raise the logit of {name}. Blue: it would "
            "lower it."
        ).format(name=look.classes[target.digit])
    )
    if stage.kind == "recurrent":
        st.caption(
            _(
                "Only the state after the last row is passed on, so only it has a gradient here; "
                "earlier rows act through that state."
            )
        )


def kernels(look: Look) -> None:
    """The kernels of a convolution."""
    kernels_by_name = maps.kernels(cached.model(look.run, look.step))
    names = list(kernels_by_name)
    name = look.page.choose("stage", _("Convolution"), names, widget=st.segmented_control)
    out, into = kernels_by_name[name].shape[:2]
    channel = None
    if into > 1:
        channel = _choose_map(look, out, 0, _("Output map"))
    chart(kernel_figure(kernels_by_name[name], name, channel), f"kernels.{name}")
    st.caption(
        _("Bright inputs under red weights raise the output; under blue weights they lower it.")
    )


def weights(look: Look) -> None:
    """The weights of an MLP's first layer as pictures."""
    images = maps.weight_images(cached.model(look.run, look.step))
    stage = next(stage.name for stage in look.maps.stages if stage.kind == "linear")
    chart(weight_image_figure(images, stage), "weights")
    st.caption(
        _("Each unit has a weight of its own for every pixel: it sees the whole picture at once.")
    )


def top_activating_images(look: Look) -> None:
    """The nine test images that activate a map or unit most."""
    stage = look.maps[choose_stage(look, without=("input", "softmax"))]
    is_map = stage.array.ndim == 3
    count = stage.shape[0] if is_map else stage.shape[-1]
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        channel = _choose_map(look, count, strongest(stage)[0], _("Map") if is_map else _("Unit"))
    with right:
        cropped = is_map and look.page.switch("crop", _("Crop to the receptive field"))
    dataset = load_dataset(look.run.config.dataset)
    top = cached.top_activating_images(look.run, look.step, stage.name, channel)
    figure = top_activations_figure(
        top, dataset.test_images[:, 0].numpy(), cropped, "map" if is_map else "unit"
    )
    chart(figure.update_layout(height=560), f"excites.{stage.name}")

    def open_picture() -> None:
        index = st.session_state["excites.open"]
        if index is not None:
            look.page.query.set("source", None)
            for name, value in zip(
                ("digit", "index"), place_of(dataset.test_labels, index), strict=True
            ):
                look.page.query.set(name, value)

    options = top.indices.tolist()
    chosen = st.pills(
        _("Open one of them"),
        options,
        format_func=lambda index: f"#{index}",
        key="excites.open",
        on_change=open_picture,
    )
    if chosen is not None and chosen != look.picture.index:
        st.rerun()


def _choose_range(look: Look, stage: StageMaps) -> str:
    if stage.array.ndim == 1 and stage.shape == (10,):
        return "stage"
    return look.page.choose(
        "range",
        _("One colour scale for"),
        list(figures.COLOR_RANGES),
        "stage",
        widget=st.segmented_control,
        format_func=lambda name: _(figures.COLOR_RANGES[name]),
    )


def _choose_map(look: Look, count: int, default: int, label: str) -> int:
    return look.page.choose("map", label, range(count), default)
