"""Attribution: which pixels count towards the prediction."""

import streamlit as st

from mnistlab.figures.attribution import attribution_figure
from mnistlab.ui.feature_maps.look import Look, choose_target
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.inputs.attribution import choose_method, explain_method
from mnistlab.ui.kit.words import signed


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
        _("{what} is **{value}**; for an all-black picture it is {empty}.").format(
            what=what,
            value=signed(result.value, ".3f"),
            empty=signed(result.baseline_value, ".3f"),
        )
    )
    if method == "integrated-gradients":
        st.caption(
            _(
                "The attributions of all pixels add up to {total}; the exact difference is {exact}."
            ).format(
                total=signed(float(result.pixels.sum()), ".3f"),
                exact=signed(result.value - result.baseline_value, ".3f"),
            )
        )
