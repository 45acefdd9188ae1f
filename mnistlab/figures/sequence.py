"""Sine and cosine, window by window; and how far back the gradient reaches in
a recurrent network.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.gradient_flow import GradientFlow
from mnistlab.experiments.race import READERS
from mnistlab.experiments.sine import Reading, Window
from mnistlab.figures.axes import log_axis
from mnistlab.figures.colors import BAD, CLASS_COLORS, TEST, TRAIN
from mnistlab.figures.grids import titled
from mnistlab.i18n import _, clauses, listed

INPUT, TARGET, PREDICTION = TRAIN, BAD, TEST
STATE_COLORS = {"carry+detach": TEST, "carry": CLASS_COLORS[2], "reset": CLASS_COLORS[1]}
CELL_COLORS = dict(zip(READERS, (CLASS_COLORS[i] for i in (1, 4, 0)), strict=True))
LEGEND = {"orientation": "h", "y": -0.25}  # below the chart: a phone is narrow


def task_figure() -> go.Figure:
    """Input and target over one whole period."""
    time = np.linspace(0, 2 * np.pi, 121, dtype=np.float32)
    figure = go.Figure()
    for name, values, color in (
        (_("input: sin(t)"), np.sin(time), INPUT),
        (_("target: cos(t)"), np.cos(time), TARGET),
    ):
        figure.add_scatter(
            x=time / np.float32(np.pi), y=values, name=name, line={"color": color, "width": 3}
        )
    _time_axis(figure).update_layout(
        height=300, margin={"l": 50, "r": 10, "t": 50, "b": 40}, legend=LEGEND
    )
    return titled(
        figure,
        _("One period"),
        _(
            "Two waves from 0 to 2π: the input sin(t) and, a quarter of a period ahead, the target "
            "cos(t)."
        ),
    )


def treatment_figure(windows: Sequence[Window], title: str) -> go.Figure:
    """Target and prediction of `windows`, one after the other."""
    figure = go.Figure()
    for name, hover, part, color in (
        (_("target"), _("target at %{x:.3g} π: <b>%{y:.4f}</b>"), "target", TARGET),
        (
            _("prediction"),
            _("prediction at %{x:.3g} π: <b>%{y:.4f}</b>"),
            "prediction",
            PREDICTION,
        ),
    ):
        time, values = (
            [number for window in windows for number in getattr(window, field)]
            for field in ("time", part)
        )
        figure.add_scatter(
            x=np.array(time, np.float32) / np.float32(np.pi),
            y=np.array(values, np.float32),
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2.5},
            marker_size=5,
            hovertemplate=hover + "<extra></extra>",
        )
    line = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": "gray", "width": 1, "dash": "dot"},
    }
    starts = [
        line | {"x0": window.time[0] / np.pi, "x1": window.time[0] / np.pi} for window in windows
    ]
    _time_axis(figure).update_layout(
        height=300, margin={"l": 40, "r": 10, "t": 50, "b": 40}, legend=LEGEND, shapes=starts
    )
    worst = max(
        abs(t - p)
        for window in windows
        for t, p in zip(window.target, window.prediction, strict=True)
    )
    alt = _("Target and prediction over the last {n} windows; the largest error is {error:.2f}.")
    return titled(figure, title, alt.format(n=len(windows), error=worst))


def treatments_figure(
    losses: Mapping[str, Sequence[float]], floor: float, names: Mapping[str, str]
) -> go.Figure:
    """The error of each window for each treatment of the state, labelled `names`, and the lowest
    error possible without memory.
    """
    figure = go.Figure()
    for state, values in losses.items():
        figure.add_scatter(
            x=np.arange(1, len(values) + 1),
            y=np.array(values, np.float32),
            name=names[state],
            mode="lines+markers" if len(values) < 3 else "lines",
            line={"color": STATE_COLORS[state], "width": 2.5},
            hovertemplate=_("{name}, window {n}: {error}").format(
                name=names[state], n="%{x}", error="<b>%{y:.4f}</b><extra></extra>"
            ),
        )
    if floor > 0:
        ends_at = [1, max(map(len, losses.values()))]
        line = {"color": "gray", "dash": "dash", "width": 1.5}
        figure.add_scatter(
            x=ends_at,
            y=[floor, floor],
            name=_("floor without memory: {floor:.3g}").format(floor=floor),
            mode="lines",
            line=line,
            hoverinfo="skip",
        )
    figure.update_xaxes(title=_("window")).update_yaxes(
        title=_("mean squared error"),
        **log_axis([floor, *(loss for values in losses.values() for loss in values)]),
    )
    figure.update_layout(height=340, margin={"l": 60, "r": 10, "t": 50, "b": 50}, legend=LEGEND)
    ends = clauses(
        _("{name} {error:.3g} over its last {n}").format(
            name=names[state], error=np.mean(values[-10:]), n=len(values[-10:])
        )
        for state, values in losses.items()
    )
    alt = _(
        "Line chart over the windows on a logarithmic scale. Mean squared error: {errors}. Floor "
        "{floor:.3g}."
    ).format(errors=ends, floor=floor)
    return titled(figure, _("Error of each window"), alt)


def reading_figure(
    readings: Mapping[str, Reading], learned: int, names: Mapping[str, str]
) -> go.Figure:
    """The predictions of networks (treatment of the state -> reading), labelled `names`, over one
    long sequence; they were trained on windows of `learned` steps.
    """
    figure = go.Figure()
    first = next(iter(readings.values()))
    steps = np.arange(1, len(first.time) + 1)
    figure.add_scatter(
        x=steps, y=first.target, name=_("target"), line={"color": TARGET, "width": 3}
    )
    for state, reading in readings.items():
        figure.add_scatter(
            x=steps,
            y=reading.prediction,
            name=names[state],
            mode="lines",
            line={"color": STATE_COLORS[state], "width": 2},
            hovertemplate=_("{name}, step {step}: {value}").format(
                name=names[state], step="%{x}", value="<b>%{y:.4f}</b><extra></extra>"
            ),
        )
    height = max(
        1.6, 1.1 * max(float(np.abs(reading.prediction).max()) for reading in readings.values())
    )
    figure.add_vrect(
        x0=0.5,
        x1=learned + 0.5,
        fillcolor=TEST,
        opacity=0.08,
        line_width=0,
        annotation_text=_("one window"),
    )
    figure.update_xaxes(title=_("step")).update_yaxes(title="cos(t)", range=[-height, height])
    figure.update_layout(height=360, margin={"l": 50, "r": 10, "t": 50, "b": 50}, legend=LEGEND)
    errors = clauses(
        f"{names[state]} {np.mean((reading.prediction - reading.target) ** 2):.3g}"
        for state, reading in readings.items()
    )
    alt = _("Target and predictions over {n} steps. Mean squared error: {errors}.")
    return titled(
        figure,
        _("{n} steps in one go").format(n=len(steps)),
        alt.format(n=len(steps), errors=errors),
    )


def flow_figure(flows: Mapping[str, GradientFlow]) -> go.Figure:
    """Architecture -> its gradient over the rows of the image, on a logarithmic scale; dotted: an
    LSTM's cell state.
    """
    figure = go.Figure()
    for arch, flow in flows.items():
        for part, values, dash in (("h", flow.hidden, "solid"), ("c", flow.cell, "dot")):
            if values is not None:
                figure.add_scatter(
                    x=np.arange(1, len(values) + 1),
                    y=np.where(values > 0, values, np.nan),  # 0 has no logarithm
                    name=f"{arch.upper()} {part}",
                    mode="lines+markers",
                    marker_size=4,
                    line={"color": CELL_COLORS[arch], "width": 2.5, "dash": dash},
                    hovertemplate=_("{network}, after row {row}: {norm}").format(
                        network=arch.upper(), row="%{x}", norm="<b>%{y:.3g}</b><extra></extra>"
                    ),
                )
    drawn = [value for trace in figure.data for value in trace.y]
    figure.update_xaxes(title=_("row of the image")).update_yaxes(
        title=_("gradient norm"), **log_axis(drawn)
    )
    figure.update_layout(height=380, margin={"l": 70, "r": 10, "t": 50, "b": 50}, legend=LEGEND)
    reach = listed(
        f"{arch.upper()} {_('{number} %').format(number=f'{100 * flow.reach:.2g}')}"
        for arch, flow in flows.items()
    )
    alt = _(
        "Line chart over the {n} rows. Share of the last row's gradient that reaches the first: "
        "{shares}."
    ).format(n=max(len(flow.hidden) for flow in flows.values()), shares=reach)
    return titled(figure, _("How far back does the gradient reach?"), alt)


def _time_axis(figure: go.Figure) -> go.Figure:
    return figure.update_xaxes(title=_("t, in units of π")).update_yaxes(
        range=[-1.5, 1.5], tickvals=[-1, 0, 1]
    )
