"""Many small pictures in one heat map: a single trace however many pictures there are, with the exact value on hover.

M pictures, H rows, W columns.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from mnistlab.figures.colors import DIVERGING, GRAY, SEQUENTIAL, scale

WIDTH = 900  # pixels: how wide a grid is drawn where there is room
TILE = (48, 260)  # pixels: a picture's width, at least and at most
PLAIN = 380  # pixels: the height of a figure that is no grid
MARGIN = 60  # pixels above the grid
BAR = {
    "orientation": "h",
    "thickness": 10,
    "len": 0.6,
    "x": 0,
    "xanchor": "left",
    "y": 0,
    "yanchor": "top",
}  # under the grid: a phone is narrow


@dataclass(frozen=True)
class Shades:
    """How values become colours: `colors` from `low` to `high`."""

    colors: tuple[str, ...]
    low: float
    high: float

    @classmethod
    def of(cls, low: float, high: float, gray: bool = False) -> "Shades":
        """For values between `low` and `high`: signed ones diverge from white at zero, others begin at zero; `gray` for pixels."""
        if gray:
            return cls(GRAY, low, high if high > low else low + 1)
        limit = max(-low, high) or 1.0
        return cls(DIVERGING, -limit, limit) if low < 0 else cls(SEQUENTIAL, 0.0, limit)


def grid(
    pictures: np.ndarray,
    labels: Sequence[str],
    shades: Shades,
    hover: str,
    colors_of: np.ndarray | None = None,
    columns: int | None = None,
    bar: dict | None = None,
    selectable: bool = False,
) -> go.Figure:
    """`pictures` (M, H, W) side by side, each under its label; NaN cells stay empty.

    `hover` may say %{customdata[0]} to [3]: picture, row, column, value. `colors_of`, of the same shape, replaces the values where
    colour is concerned. `selectable`: a click on a cell selects a point whose customdata are the same four numbers.
    """
    count, height, width = pictures.shape
    columns = columns or min(count, max(1, math.ceil(math.sqrt(count * 1.6))))
    rows, tile = math.ceil(count / columns), min(TILE[1], max(TILE[0], WIDTH // columns))
    step_y, step_x = height + max(1, math.ceil(height * 0.25)), width + max(1, math.ceil(width * 0.08))  # room for a label above
    z = np.full((rows * step_y, columns * step_x), np.nan, np.float32)
    data = np.full((*z.shape, 4), np.nan, np.float32)
    cell_rows, cell_cols = np.mgrid[:height, :width]
    tops, lefts = (np.arange(count) // columns + 1) * step_y - height, np.arange(count) % columns * step_x
    for index, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        place = slice(top, top + height), slice(left, left + width)
        z[place] = (pictures if colors_of is None else colors_of)[index]
        data[place] = np.stack([np.full_like(cell_rows, index), cell_rows, cell_cols, pictures[index]], axis=-1)
    colors = {"colorscale": scale(shades.colors), "zmin": shades.low, "zmax": shades.high, "colorbar": bar and BAR | bar}
    pointer = {"hoverinfo": "skip"} if selectable else {"customdata": data, "hovertemplate": hover + "<extra></extra>"}
    figure = go.Figure(go.Heatmap(z=z, hoverongaps=False, showscale=bar is not None, **colors, **pointer))
    figure.add_scatter(
        x=lefts + (width - 1) / 2, y=tops - 0.5, mode="text", text=list(labels), textposition="top center", textfont_size=10,
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    if selectable:
        ys, xs = np.nonzero(~np.isnan(z))
        marker = {"symbol": "square", "size": max(4, tile // width), "opacity": 0}
        figure.add_scattergl(x=xs, y=ys, mode="markers", marker=marker, customdata=data[ys, xs], hovertemplate=hover + "<extra></extra>")
        figure.update_layout(showlegend=False, clickmode="event+select")
    figure.update_xaxes(visible=False, range=[-0.5, columns * step_x - 0.5], constrain="domain")
    figure.update_yaxes(visible=False, range=[rows * step_y - 0.5, -0.5], scaleanchor="x", constrain="domain")
    height = round(rows * step_y * tile / width) + MARGIN * (1 if bar is None else 2)
    figure.update_layout(
        height=height, margin={"l": 10, "r": 10, "t": MARGIN, "b": 10 if bar is None else MARGIN}, plot_bgcolor="rgba(0,0,0,0)"
    )
    return shaped(figure, rows * step_y, columns * step_x)


def shaped(figure: go.Figure, height: float, width: float) -> go.Figure:
    """`figure`, whose plot is `height` to `width` as it is drawn to scale; its own height is then the largest that it is given."""
    return figure.update_layout(meta=(figure.layout.meta or {}) | {"ratio": height / width})


def titled(figure: go.Figure, title: str, alt: str) -> go.Figure:
    """`figure` with its title and the words for who cannot see it; see `alt_text`."""
    if figure.layout.height is None:
        figure.update_layout(height=PLAIN, margin={"l": 60, "r": 20, "t": MARGIN, "b": 50})
    return figure.update_layout(title=title, meta=(figure.layout.meta or {}) | {"alt": alt})


def alt_text(figure: go.Figure) -> str:
    """What the figure shows, in words."""
    return figure.layout.meta["alt"]
