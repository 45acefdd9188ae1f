"""Attribution: which pixels count towards the prediction."""

import streamlit as st

from mnistlab.figures.attribution import attribution_figure
from mnistlab.ui.feature_maps.look import Look, choose_target
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs.attribution import choose_method, explain_method


def attribution(look: Look) -> None:
    """Which pixels count towards a class, or towards it rather than another."""
    target = choose_target(look, against=True)
    model = cached.model(look.run, look.step)
    method = choose_method(look.page, model, st.segmented_control)
    result = cached.attribution(look.run, look.step, look.picture.pixels, target, method)
    chart(
        attribution_figure(look.maps["input"].array[0], result, look.classes).update_layout(
            height=520
        ),
        f"why.{method}",
    )
    explain_method(method)
    what = _("The logit of {name}").format(name=look.classes[target.digit])
    if target.against is not None:
        what += _(" minus the logit of {name}").format(name=look.classes[target.against])
    st.markdown(
        _("{what} is **{value:.3f}**; for an all-black picture it is {empty:.3f}.").format(
            what=what, value=result.value, empty=result.baseline_value
        )
    )
    if method == "integrated-gradients":
        st.caption(
            _(
                "The attributions of all pixels add up to {total:.3f}; the exact difference "
                "is {exact:.3f}."
            ).format(total=float(result.pixels.sum()), exact=result.value - result.baseline_value)
        )
