"""Why the network says what it says: attributions, and for recurrent networks the way from row to row."""

from collections.abc import Callable

import streamlit as st
from torch import nn

from mnistlab.analysis.attribution import grad_cam_layer
from mnistlab.errors import NotApplicable
from mnistlab.figures.feature_maps import attribution_figure
from mnistlab.figures.inside import hidden_row_figure, marked_row_figure, reading_figure
from mnistlab.figures.recurrent import beliefs_figure, gates_figure, row_importance_figure
from mnistlab.ui import cached, stageviews
from mnistlab.ui.charts import chart
from mnistlab.ui.i18n import N_, _
from mnistlab.ui.inside import METHODS, Look, choose_target

METHOD_NAMES = {
    "integrated-gradients": N_("Integrated gradients"),
    "saliency": N_("Saliency"),
    "grad-cam": N_("Grad-CAM"),
    "occlusion": N_("Occlusion"),
}
METHOD_WORDS = {
    "integrated-gradients": N_("The picture is faded in from black; what each pixel adds on the way is summed up. The parts add up to the whole."),
    "saliency": N_("How strongly the logit answers to a small change of each pixel, in whichever direction."),
    "grad-cam": N_("Which regions of the last feature maps speak for the class; coarse, as those maps are."),
    "occlusion": N_("A black patch of 4×4 pixels is moved over the picture: what the logit loses is what the patch hid."),
}  # fmt: skip


def why(look: Look) -> None:
    """Which pixels speak for a class, or for it rather than another."""
    target = choose_target(look, against=True)
    methods = [name for name in METHODS if name != "grad-cam" or has_grad_cam(cached.model(look.run, look.step))]
    method = look.page.choose("method", _("Method"), methods, widget=st.segmented_control, format_func=lambda name: _(METHOD_NAMES[name]))
    found = cached.attribution(look.run, look.step, look.picture.pixels, target, method)
    chart(attribution_figure(look.maps["input"].array[0], found, look.classes).update_layout(height=520), f"why.{method}")
    st.caption(_(METHOD_WORDS[method]))
    what = _("The logit of {name}").format(name=look.classes[target.digit])
    if target.against is not None:
        what += _(" less that of {name}").format(name=look.classes[target.against])
    st.markdown(
        _("{what} is **{value:.3f}**; for an empty picture it is {empty:.3f}.").format(
            what=what, value=found.value, empty=found.baseline_value
        )
    )
    if method == "integrated-gradients":
        st.caption(
            _("All pixels together: {total:.3f}; it should be {wanted:.3f}.").format(
                total=float(found.pixels.sum()), wanted=found.value - found.baseline_value
            )
        )


def rows(look: Look) -> None:
    """What the network believes after each row."""
    trace = cached.trace(look.run, look.step, look.picture.pixels)
    chart(reading_figure(trace, look.classes), "reading")
    chart(beliefs_figure(trace, look.classes), "beliefs")


def gates(look: Look) -> None:
    """Gates, cell state and hidden state as heat maps."""
    trace = cached.trace(look.run, look.step, look.picture.pixels)
    layers = {f"{part.layer + 1}{'' if part.direction == 'forward' else 'b'}": part for part in trace.layers}
    name = next(iter(layers))
    if len(layers) > 1:
        names = {key: _("layer {n}").format(n=part.layer + 1) + ("" if part.direction == "forward" else _(", from the bottom")) for key, part in layers.items()}  # fmt: skip
        name = look.page.choose("layer", _("Layer"), list(layers), widget=st.segmented_control, format_func=names.__getitem__)
    chart(gates_figure(trace, layers[name].layer, layers[name].direction), "gates")
    formulas = {
        "LSTM": r"c_t = f \cdot c_{t-1} + i \cdot g \qquad h_t = o \cdot \tanh(c_t)",
        "GRU": r"h_t = (1 - z) \cdot n + z \cdot h_{t-1}",
        "RNN": r"h_t = \tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)",
    }
    st.latex(formulas[trace.kind])


def hide(look: Look) -> None:
    """What becomes of the answer when one row is painted over."""
    importance = cached.row_importance(look.run, look.step, look.picture.pixels)
    digit = choose_target(look).digit
    strongest = int(importance.change[:, digit].argmin())
    row = look.page.choose("hide", _("Row to hide"), range(len(importance.hidden)), strongest, widget=st.select_slider)
    left, right = st.columns([2, 3])
    with left:
        chart(marked_row_figure(look.maps["input"].array[0], row), "hidden.picture")
    with right:
        chart(hidden_row_figure(importance, row, look.classes), "hidden.answer")
    chart(row_importance_figure(importance, digit, look.classes[digit]).update_layout(height=460), "importance")


def has_grad_cam(model: nn.Sequential) -> bool:
    """Whether Grad-CAM can be had of `model`."""
    try:
        grad_cam_layer(model)
    except NotApplicable:
        return False
    return True


SHOW: dict[str, Callable[[Look], None]] = {
    "maps": stageviews.activations, "gradients": stageviews.gradients, "kernels": stageviews.kernels, "weights": stageviews.weights,
    "excites": stageviews.excites, "why": why, "rows": rows, "gates": gates, "hide": hide,
}  # fmt: skip
