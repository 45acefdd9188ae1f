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

INPUT, TARGET, PREDICTION = TRAIN, BAD, TEST
STATE_COLORS = {"carry+detach": TEST, "carry": CLASS_COLORS[2], "reset": CLASS_COLORS[1]}
CELL_COLORS = dict(zip(READERS, (CLASS_COLORS[i] for i in (1, 4, 0)), strict=True))
LEGEND = {"orientation": "h", "y": -0.25}  # below the chart: a phone is narrow


def task_figure() -> go.Figure:
    """Input and target over one whole period."""
    time = np.linspace(0, 2 * np.pi, 121, dtype=np.float32)
    figure = go.Figure()
    for name, values, color in (
        ("input: sin(t)", np.sin(time), INPUT),
        ("target: cos(t)", np.cos(time), TARGET),
    ):
        figure.add_scatter(
            x=time / np.float32(np.pi), y=values, name=name, line={"color": color, "width": 3}
        )
    _time_axis(figure).update_layout(
        height=300, margin={"l": 50, "r": 10, "t": 50, "b": 40}, legend=LEGEND
    )
    return titled(
        figure,
        "One period",
        "Two waves from 0 to 2π: the input sin(t) and, a quarter of a period ahead, the target "
        "cos(t).",
    )


def treatment_figure(windows: Sequence[Window], title: str) -> go.Figure:
    """Target and prediction of `windows`, one after the other."""
    figure = go.Figure()
    for name, part, color in (
        ("target", "target", TARGET),
        ("prediction", "prediction", PREDICTION),
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
            hovertemplate=name + " at %{x:.3g} π: <b>%{y:.4f}</b><extra></extra>",
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
    return titled(
        figure,
        title,
        f"Target and prediction over the last {len(windows)} windows; the largest "
        f"error is {worst:.2f}.",
    )


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
            hovertemplate=f"{names[state]}, window %{{x}}: <b>%{{y:.4f}}</b><extra></extra>",
        )
    if floor > 0:
        ends_at = [1, max(map(len, losses.values()))]
        line = {"color": "gray", "dash": "dash", "width": 1.5}
        figure.add_scatter(
            x=ends_at,
            y=[floor, floor],
            name=f"floor without memory: {floor:.3g}",
            mode="lines",
            line=line,
            hoverinfo="skip",
        )
    figure.update_xaxes(title="window").update_yaxes(
        title="mean squared error",
        **log_axis([floor, *(loss for values in losses.values() for loss in values)]),
    )
    figure.update_layout(height=340, margin={"l": 60, "r": 10, "t": 50, "b": 50}, legend=LEGEND)
    ends = "; ".join(
        f"{names[state]} {np.mean(values[-10:]):.3g} over its last {len(values[-10:])}"
        for state, values in losses.items()
    )
    return titled(
        figure,
        "Error of each window",
        f"Line chart over the windows on a logarithmic scale. Mean squared error: {ends}. Floor "
        f"{floor:.3g}.",
    )


def reading_figure(
    readings: Mapping[str, Reading], learned: int, names: Mapping[str, str]
) -> go.Figure:
    """The predictions of networks (treatment of the state -> reading), labelled `names`, over one
    long sequence; they were trained on windows of `learned` steps.
    """
    figure = go.Figure()
    first = next(iter(readings.values()))
    steps = np.arange(1, len(first.time) + 1)
    figure.add_scatter(x=steps, y=first.target, name="target", line={"color": TARGET, "width": 3})
    for state, reading in readings.items():
        figure.add_scatter(
            x=steps,
            y=reading.prediction,
            name=names[state],
            mode="lines",
            line={"color": STATE_COLORS[state], "width": 2},
            hovertemplate=f"{names[state]}, step %{{x}}: <b>%{{y:.4f}}</b><extra></extra>",
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
        annotation_text="one window",
    )
    figure.update_xaxes(title="step").update_yaxes(title="cos(t)", range=[-height, height])
    figure.update_layout(height=360, margin={"l": 50, "r": 10, "t": 50, "b": 50}, legend=LEGEND)
    errors = "; ".join(
        f"{names[state]} {np.mean((reading.prediction - reading.target) ** 2):.3g}"
        for state, reading in readings.items()
    )
    return titled(
        figure,
        f"{len(steps)} steps in one go",
        f"Target and predictions over {len(steps)} steps. Mean squared error: {errors}.",
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
                    hovertemplate=f"{arch.upper()}, after row %{{x}}: <b>%{{y:.3g}}</b>"
                    "<extra></extra>",
                )
    drawn = [value for trace in figure.data for value in trace.y]
    figure.update_xaxes(title="row of the image").update_yaxes(
        title="gradient norm", **log_axis(drawn)
    )
    figure.update_layout(height=380, margin={"l": 70, "r": 10, "t": 50, "b": 50}, legend=LEGEND)
    reach = ", ".join(f"{arch.upper()} {100 * flow.reach:.2g} %" for arch, flow in flows.items())
    return titled(
        figure,
        "How far back does the gradient reach?",
        "Line chart over the 28 rows. Share of the last row's gradient that reaches the first: "
        f"{reach}.",
    )


def _time_axis(figure: go.Figure) -> go.Figure:
    return figure.update_xaxes(title="t, in units of π").update_yaxes(
        range=[-1.5, 1.5], tickvals=[-1, 0, 1]
    )
