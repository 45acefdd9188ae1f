"""What fine-tuning changed: accuracies before and after, each with its 95 % interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from mnistlab.analysis.intervals import interval, percent, wilson
from mnistlab.figures.colors import TEST, TRAIN
from mnistlab.figures.grids import titled

ROW = 74  # pixels
APART = 0.17  # of a row, from its middle: before above, after below


@dataclass(frozen=True)
class Change:
    """Some images, and how many of them are classified correctly before and after."""

    name: str
    count: int
    before: int
    after: int


def change_figure(changes: Sequence[Change]) -> go.Figure:
    """One row for each of `changes`, with a point and its interval before and after."""
    figure = go.Figure()
    for name, color, offset in (("before", TRAIN, -APART), ("after", TEST, APART)):
        figure.add_trace(_points(changes, name, color, offset))
    names = [f"{change.name}<br>({change.count:,})" for change in changes]
    figure.update_yaxes(
        tickvals=list(range(len(changes))),
        ticktext=names,
        range=[len(changes) - 0.5, -0.5],
        zeroline=False,
        showgrid=False,
    )
    figure.update_xaxes(range=[-2, 102], ticksuffix=" %", title="accuracy", zeroline=False)
    figure.update_layout(
        height=ROW * len(changes) + 110,
        margin={"l": 10, "r": 20, "t": 50, "b": 50},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        dragmode=False,
    )
    said = "; ".join(
        f"{change.name}: {percent(change.before / change.count)} before, "
        f"{percent(change.after / change.count)} after"
        for change in changes
    )
    return titled(figure, "Before and after", f"Accuracies with 95 % intervals. {said}.")


def _points(changes: Sequence[Change], name: str, color: str, offset: float) -> go.Scatter:
    counts = [(getattr(change, name), change.count) for change in changes]
    shares = [correct / count for correct, count in counts]
    ends = [wilson(correct, count) for correct, count in counts]
    return go.Scatter(
        x=[100 * share for share in shares],
        y=[place + offset for place in range(len(changes))],
        error_x={
            "array": [100 * (high - x) for (_, high), x in zip(ends, shares, strict=True)],
            "arrayminus": [100 * (x - low) for (low, _), x in zip(ends, shares, strict=True)],
            "thickness": 3,
            "width": 0,
            "color": color,
        },
        mode="markers",
        marker={"size": 13, "color": color},
        name=name,
        customdata=[
            f"{correct:,} of {count:,} correct<br>95 % interval {interval(correct, count)}"
            for correct, count in counts
        ],
        hovertemplate=f"{name}: <b>%{{x:.2f}} %</b><br>%{{customdata}}<extra></extra>",
    )
