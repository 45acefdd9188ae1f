"""The choice of one weight: its layer, its parameter, and its place in it."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from torch import nn

from mnistlab.analysis.backward import Backward
from mnistlab.analysis.gates import GATES
from mnistlab.analysis.gradient_factors import connected, view_shape
from mnistlab.analysis.weight_gradient import GradientSum, gradient_sum
from mnistlab.figures.backpropagation import neighbours_figure
from mnistlab.ui.kit.charts import clickable
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.url import Parameter, text, whole
from mnistlab.ui.kit.words import literal

AXES = ("map", "input", "row", "col")  # what a place is called in the URL
PARAMETERS: dict[str, Parameter] = {
    "layer": text(),
    "parameter": text(),
    "map": whole(0, 10**6),
    "input": whole(0, 10**6),
    "row": whole(0, 27),
    "col": whole(0, 27),
}
CLICKABLE = 4_300  # weights in the picture, at most
WIDE, NARROW = 184, 88  # pixels
LABELS = {
    "conv": (N_("Output map"), N_("Input map"), N_("Row"), N_("Column")),
    "linear": (N_("Unit"), N_("Input"), N_("Row"), N_("Column")),
    "recurrent": (N_("Gate and unit"), N_("Input")),
}
ANY = (N_("Map"), N_("Input"), N_("Row"), N_("Column"))


def choose_weight(page: Page, passed: Backward) -> GradientSum:
    """The controls, and the sum that makes the gradient of the chosen weight."""
    layers, locked = passed.layers, page.query.is_locked("layer")
    wanted = page.query.get("layer")
    if wanted not in (None, *layers) and page.query.linked("layer") and not locked:
        message = _("This network has no layer {wanted} that learns; showing {first} instead.")
        first = next(iter(layers))
        st.caption(message.format(wanted=literal(repr(wanted[:40])), first=first))
        page.query.reset("layer", "parameter", *AXES)
    left, right = st.columns(2)
    with left:
        layer = page.choose("layer", _("Layer"), list(layers), resets=("parameter", *AXES))
    # names such as weight_hh_l0_reverse need all the room
    with right if max(map(len, layers[layer])) <= len("weight") else st.container():
        parameter = page.choose("parameter", _("Parameter"), layers[layer], resets=AXES)
    place = _choose_place(page, passed, layer, parameter)
    return gradient_sum(passed, layer, parameter, place)


def _choose_place(page: Page, passed: Backward, layer: str, parameter: str) -> tuple[int, ...]:
    """By default, the weight with the largest gradient; once a part of the place is chosen, the one
    with the largest gradient there.
    """
    shape = view_shape(passed, layer, parameter)
    gradients = passed.weights[f"{layer}.{parameter}"].cpu().numpy().reshape(shape)
    labels = LABELS.get(passed.kind(layer), ANY)
    place: tuple[int, ...] = ()
    with st.container(horizontal=True, gap="small"):
        for axis, name in enumerate(AXES[: len(shape)]):
            options: Sequence[int] = range(shape[axis])
            if axis == 1:
                options = connected(passed, layer, parameter, place[0])
            largest = np.abs(gradients[place]).reshape(shape[axis], -1).max(1)
            default = max(options, key=largest.__getitem__)
            if len(options) == 1:
                place += (options[0],)
                continue
            written = _written(passed, layer, axis)
            place += (
                page.choose(
                    name,
                    _(labels[axis]),
                    options,
                    default,
                    format_func=written,
                    width=WIDE if written is not str else NARROW,
                ),
            )
    _picture(page, passed, f"{layer}.{parameter}", gradients, place)
    return place


def _written(passed: Backward, layer: str, axis: int) -> Callable[[int], str]:
    """How a number along `axis` is shown: the sums of a recurrent layer by gate and unit."""
    module = getattr(passed.model, layer)
    if axis or not isinstance(module, nn.RNNBase):
        return str
    gates = list(GATES[type(module).__name__].values())
    if not gates:
        return str
    return lambda row: _("{gate}, unit {unit}").format(
        gate=gates[row // module.hidden_size], unit=row % module.hidden_size
    )


def _picture(
    page: Page, passed: Backward, name: str, gradients: np.ndarray, place: tuple[int, ...]
) -> None:
    """The gradients of the weights beside the chosen one, which a click chooses."""
    if len(place) == 1 or gradients[place[:-2]].size == 1:
        return
    block, first, axes = gradients[place[:-2]], 0, AXES[len(place) - 2 : len(place)]
    module = getattr(passed.model, name.partition(".")[0])
    if isinstance(module, nn.RNNBase):  # those of the same gate
        first = place[0] // module.hidden_size * module.hidden_size
        block = block[first : first + module.hidden_size]
    if block.size > CLICKABLE:
        return
    figure = neighbours_figure(
        block, place[-2] - first, place[-1], name, _("Gradients: click on one")
    )
    clicked = clickable(figure, f"neighbours.{name}.{place[:-2]}.{first}")
    if clicked is not None:
        chosen = int(clicked[1]) + first, int(clicked[2])
        if chosen != place[-2:]:
            for axis, number in zip(AXES, place, strict=False):
                page.query.set(axis, number)
            for axis, number in zip(axes, chosen, strict=True):
                page.query.set(axis, number)
            st.rerun()
