"""The optimiser's step: its arithmetic for the weight, and the loss after a whole step."""

import streamlit as st

from mnistlab.analysis.optimizer_step import Update, update
from mnistlab.choices import OPTIMIZERS
from mnistlab.figures import formula
from mnistlab.figures.backpropagation import step_figure
from mnistlab.ui.backpropagation.batch import losses_around, rate_at
from mnistlab.ui.backpropagation.look import Look
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import _, listed
from mnistlab.ui.kit.url import Parameter, whole
from mnistlab.ui.kit.words import signed

EQUAL_STEPS = (0, 1, 2, 5, 10, 20)
FADED = 0.01  # of the highest learning rate: less moves nothing that one could see
SCROLLS = """<style>
.st-key-arithmetic .katex-display { overflow: auto hidden; padding: 4px 0; font-size: 0.95em }
</style>"""  # on a phone, a line with its numbers is wider than the page
PARAMETERS: dict[str, Parameter] = {"after": whole(0, EQUAL_STEPS[-1])}


def optimiser(look: Look) -> None:
    """From the gradient to the new weight, and to the new loss."""
    config, rate = look.run.config, rate_at(look.run, look.step)
    equal_steps = look.page.choose(
        "after",
        _("Equal steps taken before this one"),
        EQUAL_STEPS,
        widget=st.segmented_control,
        help=_(
            "0: this is the very first step. Otherwise the optimiser behaves as if that many steps "
            "with this same gradient had come before: averages have filled up, momentum has "
            "gathered speed."
        ),
    )
    whole_step = losses_around(look.run, look.step, look.indices, rate, equal_steps)
    step = update(config, look.weight.weight, look.weight.total, rate, equal_steps)
    chart(step_figure(whole_step), "losses")
    st.caption(
        _(
            "All weights change at once. The gradient promised that the loss would change by "
            "{slope}; it changed by {change}."
        ).format(
            slope=signed(whole_step.slope, "+.3g"),
            change=signed(whole_step.after - whole_step.before, "+.3g"),
        )
    )
    if look.step >= config.total_steps:
        st.caption(_("Training ended here: this is the step that would have come next."))
    _faded(look, rate)
    _arithmetic(look, step)


def _faded(look: Look, rate: float) -> None:
    """Where the schedule has brought the rate down to almost nothing: why nothing moves, and a link
    to the step, of those that are stored, where it is highest.
    """
    rates = {step: rate_at(look.run, step) for step in look.page.steps}
    best = max(rates, key=rates.__getitem__, default=look.step)
    if best == look.step or rate > FADED * rates[best]:
        return
    st.caption(
        _(
            "The schedule has brought the learning rate down to {rate}, so this step changes next "
            "to nothing. At step {best} the rate is {highest}."
        ).format(rate=_power(rate), best=best, highest=_power(rates[best]))
    )
    label = _("See the step that follows step {best}").format(best=best)
    look.page.link("backpropagation", label, ":material/arrow_back:", step=best, view="update")


def _power(value: float) -> str:
    return f"${formula.number(value)}$"


def _arithmetic(look: Look, step: Update) -> None:
    name = _(OPTIMIZERS[look.run.config.optimizer].name)
    st.markdown(
        _("**{optimiser}**, line by line, for `{weight}`").format(
            optimiser=name, weight=look.weight_name
        )
    )
    known = step.constants | {"w": step.before, "g": look.weight.total} | step.state
    given = [f"${formula.symbol(name)} = {formula.number(value)}$" for name, value in known.items()]
    st.markdown(_("With {given}").format(given=listed(given)))
    with st.container(key="arithmetic"):
        st.html(SCROLLS)
        st.latex(formula.lines(step.lines))
    change = step.after - step.before
    st.markdown(
        _("The weight goes from {before} to **{after}**: {change}.").format(
            before=signed(step.before, ".5g"),
            after=signed(step.after, ".5g"),
            change=signed(change, "+.3g"),
        )
    )
