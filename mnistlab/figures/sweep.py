"""Figures of a sweep: how accurate each combination of settings is.

R rows, C columns.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.intervals import percent
from mnistlab.figures.axes import log_axis
from mnistlab.figures.colors import SEQUENTIAL, scale
from mnistlab.figures.data_table import HELPER, with_table
from mnistlab.figures.grids import PLAIN, outline, titled
from mnistlab.i18n import _, listed

CELL = 52  # pixels: height of a cell, and width of the invisible squares that take the click
WIDTH = 820  # pixels: the cells together, where there is room
NAMED = 12  # values of a setting that are written out one by one; more are a scale


@dataclass(frozen=True)
class Axis:
    """A setting that varies: its label, and what its values are called, in order."""

    title: str
    values: tuple[str, ...]


def heat_map(
    means: np.ndarray,
    texts: Sequence[Sequence[str]],
    rows: Axis,
    columns: Axis,
    what: str,
    chosen: tuple[int, int] | None = None,
) -> go.Figure:
    """The mean accuracies (R, C) of two settings, NaN where none is known yet, each with its text.

    A click on a cell selects a point whose customdata are its row and column. `what` is measured,
    such as "test accuracy"; `chosen`: a cell to outline.
    """
    figure = go.Figure(
        go.Heatmap(
            z=means * 100,
            text=texts,
            texttemplate="%{text}",
            colorscale=scale(SEQUENTIAL),
            colorbar={"title": "%"},
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            hoverongaps=False,
        )
    )
    _take_clicks(figure, texts, what)
    if chosen is not None:
        outline(figure, *chosen)
    figure.update_xaxes(**_ticks(columns))
    figure.update_yaxes(**_ticks(rows) | {"range": [len(rows.values) - 0.5, -0.5]})
    figure.update_layout(
        clickmode="event+select",
        dragmode=False,
        height=CELL * len(rows.values) + 130,
        margin={"l": 80, "r": 10, "t": 60, "b": 60},
    )
    titles = [axis.title for axis in (rows, columns) if axis.title]
    settings = _("{one} and {other}").format(one=titles[0], other=titles[-1])
    alt = _("Heat map of the mean {what} by {settings}.").format(
        what=what, settings=settings if len(titles) > 1 else titles[0]
    )
    title = _("Mean {what}").format(what=what)
    return titled(figure, title, f"{alt} {_best(means, rows, columns)}")


def parallel(axes: Sequence[tuple[str, Sequence[str]]], means: np.ndarray, what: str) -> go.Figure:
    """One line for each combination through its value of each setting, coloured by its mean
    accuracy. `axes` are the settings' labels and each combination's value of it, as text.
    """
    figure = go.Figure(
        go.Parcoords(
            line={
                "color": means * 100,
                "colorscale": scale(SEQUENTIAL),
                "showscale": True,
                "colorbar": {"title": "%"},
            },
            dimensions=[
                *(_dimension(title, values) for title, values in axes),
                {"label": _("{what}, %").format(what=what), "values": means * 100},
            ],
        )
    )
    best = int(np.argmax(means))
    alt = _(
        "Parallel coordinates of {n} combinations of {settings}, coloured by the mean {what}. The "
        "best, {share}: {place}."
    ).format(
        n=len(means),
        settings=listed(axis[0] for axis in axes),
        what=what,
        share=percent(means[best]),
        place=listed(f"{title} {values[best]}" for title, values in axes),
    )
    figure.update_layout(margin={"l": 80, "r": 40, "t": 100, "b": 40}, height=PLAIN)
    with_table(figure, dict(axes) | {what: means.tolist()})
    return titled(figure, _("Mean {what}").format(what=what), alt)


def _take_clicks(figure: go.Figure, texts: Sequence[Sequence[str]], what: str) -> None:
    """Cover each cell with invisible squares, whose customdata are its row and column."""
    places = math.ceil(WIDTH / CELL / len(texts[0]))  # side by side, as a cell is wide
    offsets = [(place + 0.5) / places - 0.5 for place in range(places)]
    cells = [
        (r, c) for r, row in enumerate(texts) for c in range(len(row)) if row[c] for _o in offsets
    ]
    figure.add_scatter(
        x=[
            column + offset
            for (_row, column), offset in zip(cells, itertools.cycle(offsets), strict=False)
        ],
        y=[row for row, _column in cells],
        mode="markers",
        marker={"symbol": "square", "size": CELL, "opacity": 0},
        text=[texts[row][column] for row, column in cells],
        customdata=cells,
        hovertemplate=f"{what}: <b>%{{text}}</b><extra></extra>",
        showlegend=False,
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        meta=HELPER,
    )


def _ticks(axis: Axis) -> dict[str, object]:
    return {
        "title": axis.title,
        "tickvals": list(range(len(axis.values))),
        "ticktext": list(axis.values),
        "range": [-0.5, len(axis.values) - 0.5],
        "showgrid": False,
        "zeroline": False,
    }


def _best(means: np.ndarray, rows: Axis, columns: Axis) -> str:
    if np.isnan(means).all():
        return _("None is trained yet.")
    row, column = np.unravel_index(int(np.nanargmax(means)), means.shape)
    place = [f"{a.title} {a.values[i]}" for a, i in ((rows, row), (columns, column)) if a.title]
    return _("The best, {share}: {place}.").format(
        share=percent(means[row, column]), place=listed(place)
    )


def _dimension(title: str, values: Sequence[str]) -> dict[str, object]:
    """A vertical axis: the values by name, or a logarithmic scale where they are many numbers."""
    names = list(dict.fromkeys(values))
    if len(names) > NAMED and all(_is_positive(name) for name in names):
        return _logarithmic(title, [float(value) for value in values])
    names.sort(key=_order)
    return {
        "label": title,
        "values": [names.index(value) for value in values],
        "tickvals": list(range(len(names))),
        "ticktext": names,
    }


def _logarithmic(title: str, numbers: Sequence[float]) -> dict[str, object]:
    axis = log_axis(numbers)
    return {
        "label": title,
        "values": np.log10(numbers),
        "tickvals": np.log10(axis["tickvals"]),
        "ticktext": axis["ticktext"],
    }


def _order(name: str) -> tuple[float, str]:
    return (float(name), "") if _is_positive(name) else (-math.inf, name)


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < math.inf
    except ValueError:
        return False
