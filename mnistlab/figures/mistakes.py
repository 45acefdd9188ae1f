"""Two trainings that differ in one line: their curves, or their single numbers."""

import plotly.graph_objects as go

from mnistlab.experiments.loop import Outcome
from mnistlab.figures.colors import BAD, GOOD
from mnistlab.figures.grids import titled

LOG_FROM = 50.0  # a loss that spans more than this factor is drawn on a logarithmic axis
AXES = {"train loss": ("Loss of each mini-batch", "loss (nats)"), "test accuracy": ("Accuracy on the test images", "accuracy")}


def curves_figure(
    correct: Outcome, mistaken: Outcome, curve: str, names: tuple[str, str], level: tuple[float, str] | None = None
) -> go.Figure:
    """The curve `curve` of both sides, called `names`, over the training steps. `level`: a height to mark, and what it is."""
    title, unit = AXES[curve]
    figure = go.Figure()
    values: list[float] = []
    for outcome, name, color in ((correct, names[0], GOOD), (mistaken, names[1], BAD)):
        points = outcome.curves.get(curve, [])
        values += [value for _, value in points]
        shown = f"{name}: <b>%{{y{':.1%' if curve == 'test accuracy' else ':.4g'}}}</b> at step %{{x}}<extra></extra>"
        figure.add_scatter(
            x=[step for step, _ in points], y=[value for _, value in points], name=name, line={"color": color, "width": 2.5},
            mode="lines+markers" if len(points) < 25 else "lines", hovertemplate=shown,
        )  # fmt: skip
    if level is not None:
        figure.add_hline(y=level[0], line={"dash": "dash", "color": "gray"}, annotation_text=level[1], annotation_position="top right")
    spread = max(values, default=1.0) / max(min(values, default=1.0), 1e-9)
    if curve == "test accuracy":
        figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    elif spread > LOG_FROM and max(values) > LOG_FROM:
        figure.update_yaxes(type="log")
    else:
        figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(title="training step")
    figure.update_yaxes(title=unit)
    ends = "; ".join(f"{name}: {_end(outcome, curve)}" for outcome, name in ((correct, names[0]), (mistaken, names[1])))
    figure.update_layout(legend={"orientation": "h", "y": -0.25}, height=340, margin={"l": 60, "r": 20, "t": 50, "b": 50})
    return titled(figure, title, f"{title} of two trainings. {ends}.")


def _end(outcome: Outcome, curve: str) -> str:
    points = outcome.curves.get(curve, [])
    if not points:
        return "no points"
    step, value = points[-1]
    return f"{100 * value:.1f} % at step {step:g}" if curve == "test accuracy" else f"{value:.3g} nats at step {step:g}"
