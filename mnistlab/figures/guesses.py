"""What a class guessed, as numbers or as points of a curve, against what the experiment gives. As
in `questions`, no figure says who answered what.
"""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.figures.colors import GOOD, TEST, TRAIN
from mnistlab.figures.data_table import columns_of
from mnistlab.figures.grids import titled
from mnistlab.figures.questions import MARGINS, SERIES, answers_title, series, whole_steps
from mnistlab.i18n import _, ngettext, sentences

BINS = 12  # of a histogram, about
SAME = 1e-12  # of what the question allows: answers that are no further apart are one
BELOW = {"orientation": "h", "y": -0.24}  # a legend
COLORS = {"before": TRAIN, "now": TEST, "answers": TEST}

Point = Sequence[float]  # x, y


def numbers_figure(
    before: Sequence[float],
    now: Sequence[float],
    bounds: tuple[float, float],
    unit: str = "",
    right: float | None = None,
) -> go.Figure:
    """A histogram of the answers, and the figure of the experiment as a line. `bounds`: the lowest
    and the highest answer that there could be.
    """
    figure = go.Figure()
    shown = series(before, now)
    everything = [value for _moment, answers in shown for value in answers]
    edges = _edges(min(everything), max(everything), bounds)
    for moment, answers in shown:
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=np.histogram(answers, edges)[0],
            name=_(SERIES[moment]),
            marker_color=COLORS[moment],
            customdata=np.stack([edges[:-1], edges[1:]], 1),
            meta=columns_of(_("from"), _("to")),
            hovertemplate=_("{n} {answers}: {low} to {high}").format(
                n="%{y}",
                answers=_(SERIES[moment]),
                low="%{customdata[0]:.6~g}",
                high="%{customdata[1]:.6~g}<extra></extra>",
            ),
        )
    if right is not None:
        line = {"color": GOOD, "width": 3, "dash": "dash"}
        side = "top left" if right > edges.mean() else "top right"  # where there is room
        text = {"text": _measured(right), "yshift": 14}  # above the highest bar
        figure.add_vline(right, line=line, annotation=text, annotation_position=side)
    ticks = {"tick0": edges[0], "dtick": 2 * (edges[1] - edges[0])}
    figure.update_xaxes(title=unit or _("answer"), **ticks)
    figure.update_yaxes(title=_("answers"), dtick=whole_steps(len(now)))
    layout = {"height": 340, "margin": MARGINS | {"l": 60}, "legend": BELOW}
    figure.update_layout(barmode="group", bargap=0.1, showlegend=len(shown) > 1, **layout)
    alt = ngettext(
        "Histogram of what {n} student answered: {spread}.",
        "Histogram of what {n} students answered: {spread}.",
        len(now),
    ).format(n=len(now), spread=_spread(now))
    if right is not None:
        alt = sentences(alt, _("The experiment gives {value:.4g}.").format(value=right))
    return titled(figure, answers_title(len(now)), alt)


def points_figure(
    titles: tuple[str, str],
    bounds: tuple[Point, Point],
    before: Sequence[Point],
    now: Sequence[Point],
    curve: Sequence[Point] = (),
    right: Point | None = None,
) -> go.Figure:
    """The points that were chosen over the experiment's `curve`; `right`: its own point. `titles`
    and `bounds` are those of the x and the y axis.
    """
    figure = go.Figure()
    curve = [point for point in curve if math.isfinite(point[1])]
    if curve:
        line = {"color": GOOD, "width": 3}
        _add(figure, curve, _("the experiment"), mode="lines", line=line)
    for moment, points in series(before, now):
        marker = {"color": COLORS[moment], "size": 11, "opacity": 0.75}
        _add(
            figure,
            points,
            _(SERIES[moment]),
            mode="markers",
            marker=marker | {"line": {"width": 1}},
        )
    if right is not None:
        marker = {"color": GOOD, "size": 15, "symbol": "diamond"}
        _add(figure, [right], _measured(right[1]), mode="markers", marker=marker)
    highest = max([bounds[1][1], *(point[1] for point in curve)])
    figure.update_xaxes(title=titles[0], range=_widened(bounds[0]))
    figure.update_yaxes(title=titles[1], range=_widened((bounds[1][0], highest)))
    figure.update_layout(height=380, margin=MARGINS | {"l": 60}, legend=BELOW, showlegend=True)
    alt = ngettext(
        "Where {n} student sees the curve: {quantity} {spread}.",
        "Where {n} students see the curve: {quantity} {spread}.",
        len(now),
    ).format(n=len(now), quantity=titles[1], spread=_spread([point[1] for point in now]))
    if right is not None:
        truth = _("The experiment gives {value:.4g} at {place:g}.")
        alt = f"{alt} {truth.format(value=right[1], place=right[0])}"
    return titled(figure, answers_title(len(now)), alt)


def _measured(value: float) -> str:
    return _("measured: {value:.4g}").format(value=value)


def _add(figure: go.Figure, points: Sequence[Point], name: str, **how: object) -> None:
    xs, ys = zip(*points, strict=True)
    hover = _("{name}: {value} at {place}").format(
        name=name, value="<b>%{y:.4g}</b>", place="%{x:,.6~g}<extra></extra>"
    )
    figure.add_scatter(x=xs, y=ys, name=name, hovertemplate=hover, **how)


def _spread(values: Sequence[float]) -> str:
    return _("from {low:.4g} to {high:.4g}, half of them below {middle:.4g}").format(
        low=min(values), high=max(values), middle=np.median(values)
    )


def _edges(low: float, high: float, bounds: tuple[float, float]) -> np.ndarray:
    """Round numbers between which answers are counted, from `low` to `high`; over all that the
    question allows, where all say the same.
    """
    if high - low <= SAME * (bounds[1] - bounds[0]):
        low, high = bounds
    power = 10.0 ** math.floor(math.log10((high - low) / BINS))
    size = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= (high - low) / BINS)
    first, last = math.floor(low / size), math.floor(high / size) + 1
    return np.arange(first, last + 1) * size


def _widened(bounds: Point) -> list[float]:
    """Room for the points at the edges."""
    edge = 0.03 * (bounds[1] - bounds[0])
    return [bounds[0] - edge, bounds[1] + edge]
