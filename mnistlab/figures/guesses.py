"""What a class guessed, as numbers or as points of a curve, against what the experiment gives. As
in `questions`, no figure says who answered what.
"""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.figures.colors import GOOD, TEST, TRAIN
from mnistlab.figures.grids import titled
from mnistlab.figures.questions import MARGINS, series, whole_steps

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
    everything = [value for _, answers in shown for value in answers]
    edges = _edges(min(everything), max(everything), bounds)
    for title, answers in shown:
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=np.histogram(answers, edges)[0],
            name=title,
            marker_color=COLORS[title],
            customdata=np.stack([edges[:-1], edges[1:]], 1),
            hovertemplate=f"%{{y}} {title}: %{{customdata[0]:.6~g}} to %{{customdata[1]:.6~g}}"
            "<extra></extra>",
        )
    if right is not None:
        line = {"color": GOOD, "width": 3, "dash": "dash"}
        side = "top left" if right > edges.mean() else "top right"  # where there is room
        text = {"text": f"measured: {right:.4g}", "yshift": 14}  # above the highest bar
        figure.add_vline(right, line=line, annotation=text, annotation_position=side)
    ticks = {"tick0": edges[0], "dtick": 2 * (edges[1] - edges[0])}
    figure.update_xaxes(title=unit or "answer", **ticks)
    figure.update_yaxes(title="answers", dtick=whole_steps(len(now)))
    layout = {"height": 340, "margin": MARGINS | {"l": 60}, "legend": BELOW}
    figure.update_layout(barmode="group", bargap=0.1, showlegend=len(shown) > 1, **layout)
    truth = "" if right is None else f" The experiment gives {right:.4g}."
    alt = f"Histogram of what {len(now)} students answered: {_spread(now)}.{truth}"
    return titled(figure, f"{len(now)} answers", alt)


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
        _add(figure, curve, "the experiment", mode="lines", line=line)
    for title, points in series(before, now):
        marker = {"color": COLORS[title], "size": 11, "opacity": 0.75}
        _add(figure, points, title, mode="markers", marker=marker | {"line": {"width": 1}})
    if right is not None:
        marker = {"color": GOOD, "size": 15, "symbol": "diamond"}
        _add(figure, [right], f"measured: {right[1]:.4g}", mode="markers", marker=marker)
    highest = max([bounds[1][1], *(y for _, y in curve)])
    figure.update_xaxes(title=titles[0], range=_widened(bounds[0]))
    figure.update_yaxes(title=titles[1], range=_widened((bounds[1][0], highest)))
    figure.update_layout(height=380, margin=MARGINS | {"l": 60}, legend=BELOW, showlegend=True)
    truth = "" if right is None else f" The experiment gives {right[1]:.4g} at {right[0]:g}."
    spread = _spread([y for _, y in now])
    alt = f"Where {len(now)} students see the curve: {titles[1]} {spread}.{truth}"
    return titled(figure, f"{len(now)} answers", alt)


def _add(figure: go.Figure, points: Sequence[Point], name: str, **how: object) -> None:
    xs, ys = zip(*points, strict=True)
    hover = f"{name}: <b>%{{y:.4g}}</b> at %{{x:,.6~g}}<extra></extra>"
    figure.add_scatter(x=xs, y=ys, name=name, hovertemplate=hover, **how)


def _spread(values: Sequence[float]) -> str:
    return (
        f"from {min(values):.4g} to {max(values):.4g}, half of them below {np.median(values):.4g}"
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
