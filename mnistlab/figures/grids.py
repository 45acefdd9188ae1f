"""Many small pictures in one heat map: a single trace, with exact values on hover.

M pictures, H rows, W columns.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mnistlab.figures.colors import BAD, DIVERGING, GRAY, SEQUENTIAL, scale
from mnistlab.figures.data_table import HELPER

WIDTH = 900  # pixels: a grid's width where there is room
TILE = (48, 260)  # pixels: a picture's width, lowest and highest
PLAIN = 380  # pixels: the height of a figure that is not a grid
MARGIN = 60  # pixels above the grid
VALUE = "<br><b>%{customdata[3]:.6g}</b>"  # the last line of a cell's `hover`
BAR = {
    "orientation": "h",
    "thickness": 10,
    "len": 0.6,
    "x": 0,
    "xanchor": "left",
    "y": 0,
    "yanchor": "top",
}  # below the grid: a phone is narrow


@dataclass(frozen=True)
class Shades:
    """How values map to colours: `colors` from `low` to `high`."""

    colors: tuple[str, ...]
    low: float
    high: float

    @classmethod
    def of(cls, low: float, high: float, gray: bool = False) -> "Shades":
        """For values between `low` and `high`: signed ones diverge from white at zero, others start
        at zero; `gray` for pixels.
        """
        if gray:
            return cls(GRAY, low, high if high > low else low + 1)
        limit = max(-low, high) or 1.0
        return cls.signed(limit) if low < 0 else cls(SEQUENTIAL, 0.0, limit)

    @classmethod
    def signed(cls, limit: float) -> "Shades":
        """For signed values up to `limit` in magnitude, whichever signs there happen to be."""
        return cls(DIVERGING, -limit, limit)


@dataclass(frozen=True)
class Tiles:
    """Where each of M pictures lies in one big array, with room for a label above it."""

    size: tuple[int, int]  # of the array
    tops: np.ndarray  # (M,)
    lefts: np.ndarray  # (M,)
    pixels: int  # a picture's width on the screen

    @classmethod
    def of(cls, count: int, height: int, width: int, columns: int | None) -> "Tiles":
        """Row after row, with `columns` in each; without them, somewhat wider than high."""
        columns = columns or min(count, max(1, math.ceil(math.sqrt(count * 1.6))))
        rows = math.ceil(count / columns)
        step_y = height + max(1, math.ceil(height * 0.25))
        step_x = width + max(1, math.ceil(width * 0.08))
        return cls(
            (rows * step_y, columns * step_x),
            (np.arange(count) // columns + 1) * step_y - height,
            np.arange(count) % columns * step_x,
            min(TILE[1], max(TILE[0], WIDTH // columns)),
        )

    def places(self, height: int, width: int, labels: Sequence[str]) -> dict[str, Any]:
        """Where the pictures are, as plain values."""
        corners = {"tops": self.tops.tolist(), "lefts": self.lefts.tolist()}
        return corners | {"height": height, "width": width, "labels": list(labels)}

    def filled(self, tiles: np.ndarray) -> np.ndarray:
        """`tiles` (M, H, W, ...) at their places; NaN between them."""
        height, width, *rest = tiles.shape[1:]
        array = np.full((*self.size, *rest), np.nan, np.float32)
        for tile, top, left in zip(tiles, self.tops, self.lefts, strict=True):
            array[top : top + height, left : left + width] = tile
        return array


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

    `hover` can use %{customdata[0]} to [3]: picture, row, column, value. `colors_of`, of the same
    shape, gives other values to colour by. `selectable`: a click on a cell selects a
    point whose customdata are the same four numbers.
    """
    count, height, width = pictures.shape
    tiles = Tiles.of(count, height, width, columns)
    z = tiles.filled(pictures if colors_of is None else colors_of)
    row, column = np.indices((height, width))
    numbers = [
        np.stack([np.full_like(row, index), row, column, picture], axis=-1, dtype=np.float32)
        for index, picture in enumerate(pictures)
    ]
    data = tiles.filled(np.stack(numbers))
    colors = {
        "colorscale": scale(shades.colors),
        "zmin": shades.low,
        "zmax": shades.high,
        "colorbar": bar and BAR | bar,
    }
    pointer = (
        {"hoverinfo": "skip"}
        if selectable
        else {"customdata": data, "hovertemplate": hover + "<extra></extra>"}
    )
    figure = go.Figure(
        go.Heatmap(z=z, hoverongaps=False, showscale=bar is not None, **colors, **pointer)
    )
    _write(figure, tiles, width, labels)
    if selectable:
        cells = np.nonzero(~np.isnan(z))
        _take_clicks(figure, cells, data[cells], hover, max(4, tiles.pixels // width))
    rows, columns = z.shape
    figure.update_xaxes(visible=False, range=[-0.5, columns - 0.5], constrain="domain")
    figure.update_yaxes(
        visible=False, range=[rows - 0.5, -0.5], scaleanchor="x", constrain="domain"
    )
    figure.update_layout(
        height=round(rows * tiles.pixels / width) + MARGIN * (1 if bar is None else 2),
        margin={"l": 10, "r": 10, "t": MARGIN, "b": 10 if bar is None else MARGIN},
        plot_bgcolor="rgba(0,0,0,0)",
        meta={"tiles": tiles.places(height, width, labels)},  # for its table
    )
    return shaped(figure, rows, columns)


def _write(figure: go.Figure, tiles: Tiles, width: int, labels: Sequence[str]) -> None:
    """Write the label of each picture, which is `width` cells wide, above it."""
    figure.add_scatter(
        x=tiles.lefts + (width - 1) / 2,
        y=tiles.tops - 0.5,
        mode="text",
        text=list(labels),
        textposition="top center",
        textfont_size=10,
        hoverinfo="skip",
        showlegend=False,
        meta=HELPER,
    )


def _take_clicks(
    figure: go.Figure, cells: tuple[np.ndarray, ...], data: np.ndarray, hover: str, size: int
) -> None:
    """Lay an invisible square of `size` pixels over each of the K `cells`, (rows, columns), with
    its row of `data` (K, 4).
    """
    figure.add_scattergl(
        x=cells[1],
        y=cells[0],
        mode="markers",
        marker={"symbol": "square", "size": size, "opacity": 0},
        customdata=data,
        hovertemplate=hover + "<extra></extra>",
        meta=HELPER,
    )
    figure.update_layout(showlegend=False, clickmode="event+select")


def shaped(figure: go.Figure, height: float, width: float) -> go.Figure:
    """Give `figure` the ratio `height` / `width` of its plot; its own height becomes an upper
    bound.
    """
    return figure.update_layout(meta=(figure.layout.meta or {}) | {"ratio": height / width})


def outline(figure: go.Figure, row: int, column: int, color: str = BAD, width: float = 3) -> None:
    """Draw a frame around one cell of a heat map."""
    figure.add_shape(
        type="rect",
        x0=column - 0.5,
        x1=column + 0.5,
        y0=row - 0.5,
        y1=row + 0.5,
        line={"color": color, "width": width},
    )


def titled(figure: go.Figure, title: str, alt: str) -> go.Figure:
    """`figure` with its title and its alternative text; see `alt_text`."""
    if figure.layout.height is None:
        figure.update_layout(height=PLAIN, margin={"l": 60, "r": 20, "t": MARGIN, "b": 50})
    return figure.update_layout(title=title, meta=(figure.layout.meta or {}) | {"alt": alt})


def alt_text(figure: go.Figure) -> str:
    """The figure's alternative text."""
    return figure.layout.meta["alt"]
