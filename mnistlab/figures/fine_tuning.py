"""What fine-tuning changed: accuracies before and after, each with its 95 % interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from mnistlab.analysis.intervals import interval, percent, wilson
from mnistlab.figures.colors import TEST, TRAIN
from mnistlab.figures.data_table import with_table
from mnistlab.figures.grids import titled
from mnistlab.i18n import _, clauses

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
    for moment, name, color, offset in (
        ("before", _("before"), TRAIN, -APART),
        ("after", _("after"), TEST, APART),
    ):
        figure.add_trace(_points(changes, moment, name, color, offset))
    with_table(
        figure,
        {
            _("images"): [change.name for change in changes],
            _("number of images"): [change.count for change in changes],
            _("correct before"): [change.before for change in changes],
            _("correct after"): [change.after for change in changes],
        },
    )
    names = [f"{change.name}<br>({change.count:,})" for change in changes]
    figure.update_yaxes(
        tickvals=list(range(len(changes))),
        ticktext=names,
        range=[len(changes) - 0.5, -0.5],
        zeroline=False,
        showgrid=False,
    )
    figure.update_xaxes(
        range=[-2, 102],
        ticksuffix=_("{number} %").format(number=""),
        title=_("accuracy"),
        zeroline=False,
    )
    figure.update_layout(
        height=ROW * len(changes) + 110,
        margin={"l": 10, "r": 20, "t": 50, "b": 50},
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        dragmode=False,
    )
    said = clauses(
        _("{images}: {before} before, {after} after").format(
            images=change.name,
            before=percent(change.before / change.count),
            after=percent(change.after / change.count),
        )
        for change in changes
    )
    alt = _("Accuracies with 95 % intervals. {accuracies}.").format(accuracies=said)
    return titled(figure, _("Before and after"), alt)


def _points(
    changes: Sequence[Change], moment: str, name: str, color: str, offset: float
) -> go.Scatter:
    """The accuracies at `moment`, "before" or "after", which is called `name`."""
    counts = [(getattr(change, moment), change.count) for change in changes]
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
            _("{correct:,} of {count:,} correct<br>95 % interval {interval}").format(
                correct=correct, count=count, interval=interval(correct, count)
            )
            for correct, count in counts
        ],
        hovertemplate=_("{moment}: {share} %").format(moment=name, share="<b>%{x:.2f}</b>")
        + "<br>%{customdata}<extra></extra>",
    )
