"""The curves of two trainings that differ in one line."""

import plotly.graph_objects as go

from mnistlab.analysis.intervals import percent
from mnistlab.experiments.loop import Curve, Outcome
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.grids import titled
from mnistlab.i18n import N_, _, clauses, labelled

LOG_FROM = 50.0  # nats: for higher losses the axis is logarithmic
AXES = {
    "train loss": (N_("Loss of each mini-batch"), N_("loss (nats)")),
    "test accuracy": (N_("Accuracy on the test images"), N_("accuracy")),
}


def curves_figure(
    correct: Outcome,
    mistaken: Outcome,
    curve: str,
    names: tuple[str, str],
    level: tuple[float, str] | None = None,
) -> go.Figure:
    """The curve `curve` of both variants, labelled `names`, over the training steps. `level`: a
    height to mark, and its label.
    """
    title, unit = map(_, AXES[curve])
    number = ":.1%" if curve == "test accuracy" else ":.4g"
    figure = go.Figure()
    for outcome, name, color, dash in (
        (correct, names[0], GOOD, "solid"),
        (mistaken, names[1], BAD, "dot"),
    ):
        steps, values = zip(*outcome.curves[curve], strict=True)
        hover = _("{name}: {value} at step {step}").format(
            name=name, value=f"<b>%{{y{number}}}</b>", step="%{x}<extra></extra>"
        )
        mode = "lines+markers" if len(steps) < 25 else "lines"
        figure.add_scatter(
            x=steps,
            y=values,
            name=name,
            mode=mode,
            line={"color": color, "width": 2.5, "dash": dash},
            hovertemplate=hover,
        )
    everything = [point for outcome in (correct, mistaken) for point in outcome.curves[curve]]
    if level is not None:
        last = max(point[0] for point in everything)
        line = {"dash": "dash", "color": "gray"}
        figure.add_scatter(
            x=[0, last], y=[level[0]] * 2, name=level[1], mode="lines", line=line, hoverinfo="skip"
        )
    if curve == "test accuracy":
        figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    else:
        figure.update_yaxes(
            **(
                {"type": "log"}
                if max(point[1] for point in everything) > LOG_FROM
                else {"rangemode": "tozero"}
            )
        )
    figure.update_xaxes(title=_("training step"))
    figure.update_yaxes(title=unit)
    ends = clauses(
        labelled(name, _end(outcome.curves[curve], curve))
        for outcome, name in ((correct, names[0]), (mistaken, names[1]))
    )
    figure.update_layout(
        legend={"orientation": "h", "y": -0.25},
        height=340,
        margin={"l": 60, "r": 20, "t": 50, "b": 50},
    )
    alt = _("{title} in two runs. At the end: {ends}.").format(title=title, ends=ends)
    return titled(figure, title, alt)


def _end(points: Curve, curve: str) -> str:
    step, value = points[-1]
    if curve == "test accuracy":
        return _("{share} at step {step:g}").format(share=percent(value, 1), step=step)
    return _("{value:.3g} nats at step {step:g}").format(value=value, step=step)
