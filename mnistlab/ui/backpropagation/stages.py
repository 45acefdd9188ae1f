"""Backpropagation stage by stage: the gradient that arrives at each, and what it passes on."""

import numpy as np
import streamlit as st

from mnistlab.analysis.feature_maps import FeatureMaps, StageMaps
from mnistlab.analysis.gates import GATES
from mnistlab.analysis.inspection import array
from mnistlab.figures.backpropagation import norms_figure
from mnistlab.figures.feature_maps import stage_figure
from mnistlab.figures.grids import alt_text, titled
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.backpropagation.opened import choose_image
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import N_, _, labelled, listed
from mnistlab.ui.kit.inputs.strip import strip
from mnistlab.ui.kit.url import Parameter, text
from mnistlab.ui.kit.words import literal

PARAMETERS: dict[str, Parameter] = {"stage": text()}
PASSES_ON = {  # kind of stage -> what it does with the gradient on its way back
    "conv": N_("Each gradient goes back to the patch that made it, times the kernel's weights."),
    "linear": N_(
        "Each input gets back the gradient of every unit, times the weight between the two, all "
        "added up."
    ),
    "activation": N_(
        "Each gradient is multiplied by the slope of the function there: where ReLU gave 0, "
        "nothing passes."
    ),
    "pool": N_(
        "Each gradient goes back to its window: to the largest number only, or to all in the "
        "shares in which they counted."
    ),
    "norm": N_("Each gradient is multiplied by γ and divided by the standard deviation."),
    "dropout": N_("Nothing is dropped here, so everything passes."),
    "flatten": N_("Nothing changes but the shape."),
    "rows": N_("Nothing changes but the shape."),
    "recurrent": N_(
        "From the last row back to the first, the gradient passes through the state of every time "
        "step."
    ),
    "last-step": N_("Only the last time step was passed on, so only it gets a gradient here."),
}


def stages(look: Look) -> None:
    """The gradient of the opened image's loss, from the logits back to the pixels."""
    image = choose_image(look)
    maps = [look.passed.gradient(name, image) for name in look.passed.outputs]
    signed_maps = FeatureMaps(tuple(StageMaps(each.name, "gradient", each.array) for each in maps))
    names = [each.name for each in maps]
    st.caption(_("The gradient that arrives at each stage: read from right to left."))
    chosen = _choose_stage(look, names)

    def clicked(name: str) -> None:
        if name in names:
            look.page.query.set("stage", name)

    strip(signed_maps, chosen, names, clicked, key="backward.strip")
    _stage(look, maps, names.index(chosen), image)
    norms = [float(np.linalg.norm(each.array.astype(np.float64))) for each in maps]
    chart(norms_figure(names[::-1], norms[::-1], chosen), "norms")


def shown_stage(look: Look) -> str:
    """The stage that is shown: the one of the URL, or the last."""
    names = list(look.passed.outputs)
    wanted: str = look.page.query.get("stage", names[-1])
    return wanted if wanted in names else names[-1]


def _choose_stage(look: Look, names: list[str]) -> str:
    wanted, shown = look.page.query.get("stage", names[-1]), shown_stage(look)
    if wanted == shown:
        return shown
    st.caption(
        _("This network has no stage {wanted}; showing {first} instead.").format(
            wanted=literal(repr(wanted[:40])), first=shown
        )
    )
    return shown


def _stage(look: Look, maps: list[StageMaps], place: int, image: int) -> None:
    """What arrives at the output of a stage, and what it passes on to the stage before."""
    stage = maps[place]
    if place == 0:
        st.markdown(_("**{stage}**: here the way back ends.").format(stage=stage.name))
        chart(_figure(stage, _("arrives at {stage}")), f"arrives.{stage.name}")
        return
    st.markdown(labelled(f"**{stage.name}**", _(PASSES_ON.get(stage.kind, ""))))
    left, right = st.columns(2)
    with left:
        chart(_figure(stage, _("arrives at {stage}")), f"arrives.{stage.name}")
    with right:
        chart(_figure(maps[place - 1], _("is passed on to {stage}")), f"passed.{stage.name}")
    if stage.name in look.passed.unrolled:
        _time_steps(look, stage.name, image)
    if place == len(maps) - 1:
        st.caption(_at_the_logits(look))


def _at_the_logits(look: Look) -> str:
    """The gradient of the mean cross-entropy at the logits, in words."""
    count, smoothing = len(look.labels), look.run.config.label_smoothing
    if not smoothing:
        return _(
            "At the logits the gradient is the probability of each class, minus 1 for the "
            "right one, divided by the {n} images of the mini-batch."
        ).format(n=count)
    others = smoothing / len(look.classes)
    return _(
        "At the logits the gradient is the probability of each class minus its target, divided by "
        "the {n} images of the mini-batch. With label smoothing, the target is {right:.4g} for the "
        "right class, and {others:.4g} for each of the others."
    ).format(n=count, right=1 - smoothing + others, others=others)


def _time_steps(look: Look, name: str, image: int) -> None:
    """The gradient at the sums of all gates, for each time step: of the chosen weight's direction
    and layer, or of the last.
    """
    passes, weight = look.passed.unrolled[name], look.weight
    suffix = next(reversed(passes))
    if weight.layer == name:
        suffix = weight.parameter.split("_", 2)[2]
    sums = array(passes[suffix].input_gradients[image])  # (T, G)
    title = _("arrives at the gates of {suffix}, through all later time steps")
    stage = StageMaps(f"{name}, gates of {suffix}", "recurrent", sums)
    figure = stage_figure(stage, quantity="gradient")
    chart(titled(figure, title.format(suffix=suffix), alt_text(figure)), f"gates.{name}")
    gates = list(GATES[type(getattr(look.passed.model, name)).__name__].values())
    if gates:
        st.caption(_("The units of each gate side by side: {gates}.").format(gates=listed(gates)))


def _figure(stage: StageMaps, title: str) -> object:
    figure = stage_figure(stage, quantity="gradient")
    return titled(figure, title.format(stage=stage.name), alt_text(figure))
