"""One step of learning: the products that add up to a weight's gradient, the weights beside it, and
the loss before and after a step.

H rows, W columns, T time steps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnistlab.analysis.feature_maps import StageMaps
from mnistlab.analysis.optimizer_step import FAR, WholeStep
from mnistlab.analysis.weight_gradient import GradientSum
from mnistlab.figures.colors import BAD, CLASS_COLORS, DIVERGING, GOOD, TRAIN, scale
from mnistlab.figures.data_table import with_table
from mnistlab.figures.grids import Shades, shaped, titled
from mnistlab.figures.inside import cell_figure
from mnistlab.i18n import _, clauses, listed

NEGATIVE, POSITIVE = DIVERGING[1], DIVERGING[-2]  # as in the maps: blue below zero, red above
CUT = 4  # a bar ends at this many times the loss before the step
SIGNS = {1: (), 3: ("×", "=")}  # between so many panels


@dataclass(frozen=True, eq=False)
class Panel:
    """A map (H, W), or a number at each time step (T,), and what it is."""

    title: str
    values: np.ndarray
    gray: bool = False
    signed: bool = False  # a gradient or a product, also where all happen to have one sign
    box: tuple[int, int, int, int] | None = None  # outlined: top, left, bottom, right
    cell: tuple[int, int] | None = None  # outlined more strongly


def has_terms(chosen: GradientSum) -> bool:
    """Whether `terms_figure` has more to draw than two numbers."""
    return chosen.arriving.ndim > 1 or chosen.window is not None


def terms_figure(
    chosen: GradientSum, image: int, names: tuple[str, str], gray: bool = False
) -> go.Figure | None:
    """How one image of the batch comes to its part of the gradient: what the weight is multiplied
    by, the gradient that arrives, and their products. None without `has_terms`.

    `names`: of the first two. `gray`: the first is the image itself.
    """
    if not has_terms(chosen):
        return None
    panels = _panels(chosen, image, names, gray)
    figure = _bars(panels) if panels[0].values.ndim == 1 else _maps(panels)
    added = float(chosen.of_images[image])
    title = _("What this image adds: {number}").format(number=f"{added:.4g}".replace("-", "−"))
    parts = clauses(
        _("{name}, from {low:.4g} to {high:.4g}").format(
            name=panel.title, low=panel.values.min(), high=panel.values.max()
        )
        for panel in panels
    )
    alt = _("{parts}. The products add up to {sum:.6g}.").format(parts=parts, sum=added)
    return titled(figure, title, alt)


def _panels(chosen: GradientSum, image: int, names: tuple[str, str], gray: bool) -> list[Panel]:
    places = chosen.arriving.ndim - 1
    place, window = chosen.largest_place(image), chosen.window
    if places == 0:
        assert window is not None, "without one there are no terms"
        return [Panel(names[0], window.map[image], gray, cell=window.cell(place))]
    cell = (place[0], place[1]) if places == 2 else None
    arriving = Panel(names[1], chosen.arriving[image], signed=True, cell=cell)
    if chosen.is_bias:
        return [arriving]
    factor = Panel(names[0], chosen.factor[image], gray, cell=cell)
    if window is not None:
        box, own = window.box(place), window.cell(place)
        factor = Panel(names[0], window.map[image], gray, box=box, cell=own)
    return [factor, arriving, Panel(_("product"), chosen.products[image], signed=True, cell=cell)]


def _maps(panels: Sequence[Panel]) -> go.Figure:
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        subplot_titles=[panel.title for panel in panels],
        horizontal_spacing=0.08,
    )
    for column, panel in enumerate(panels, start=1):
        values = panel.values
        shades = _shades(values, panel.gray, panel.signed)
        figure.add_trace(
            go.Heatmap(
                z=values.astype(np.float32),
                colorscale=scale(shades.colors),
                zmin=shades.low,
                zmax=shades.high,
                showscale=False,
                name=panel.title,
                hovertemplate=_("row %{y}, column %{x}") + "<br><b>%{z:.5g}</b><extra></extra>",
            ),
            row=1,
            col=column,
        )
        _outline(figure, panel, column)
        height, width = values.shape
        low, high = _bounds(panel, height, width)
        figure.update_xaxes(
            visible=False, range=[low[1] - 0.5, high[1] - 0.5], constrain="domain", col=column
        )
        figure.update_yaxes(
            visible=False,
            range=[high[0] - 0.5, low[0] - 0.5],
            scaleanchor=f"x{column if column > 1 else ''}",
            constrain="domain",
            col=column,
        )
    count = len(panels)
    for place, sign in enumerate(SIGNS[count], start=1):
        figure.add_annotation(
            text=sign,
            x=place / count,
            y=0.5,
            xref="paper",
            yref="paper",
            showarrow=False,
            font_size=20,
        )
    figure.update_layout(
        height=380 if count > 1 else 300,
        margin={"l": 5, "r": 5, "t": 90, "b": 10},
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return shaped(figure, 1, count + 0.15 * (count - 1))


def _shades(values: np.ndarray, gray: bool = False, signed: bool = True) -> Shades:
    if signed:
        return Shades.signed(float(np.abs(values).max()) or 1.0)
    return Shades.of(float(values.min()), float(values.max()), gray)


def _bounds(panel: Panel, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """What has to be in view: the map, and a window that reaches into the padding."""
    top, left, bottom, right = panel.box or (0, 0, height, width)
    return (min(0, top), min(0, left)), (max(height, bottom), max(width, right))


def _outline(figure: go.Figure, panel: Panel, column: int) -> None:
    boxes = [] if panel.box is None else [(panel.box, 1.5)]
    if panel.cell is not None:
        row, col = panel.cell
        boxes.append(((row, col, row + 1, col + 1), 2.5))
    for (top, left, bottom, right), width in boxes:
        figure.add_shape(
            type="rect",
            x0=left - 0.5,
            x1=right - 0.5,
            y0=top - 0.5,
            y1=bottom - 0.5,
            line={"color": GOOD, "width": width},
            row=1,
            col=column,
        )


def _bars(panels: Sequence[Panel]) -> go.Figure:
    figure = make_subplots(
        rows=len(panels),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.1,
        subplot_titles=[panel.title for panel in panels],
    )
    for row, panel in enumerate(panels, start=1):
        figure.add_trace(
            go.Bar(
                y=panel.values.astype(np.float32),
                marker_color=[NEGATIVE if value < 0 else POSITIVE for value in panel.values],
                name=panel.title,
                hovertemplate=_("time step %{x}") + "<br><b>%{y:.5g}</b><extra></extra>",
            ),
            row=row,
            col=1,
        )
    figure.update_xaxes(title=_("time step: row of the image"), row=len(panels), col=1)
    return figure.update_layout(
        height=90 + 130 * len(panels),
        margin={"l": 60, "r": 10, "t": 80, "b": 50},
        showlegend=False,
        bargap=0.15,
        meta={"axes": {"x": _("time step"), "y": _("value")}},
    )


def neighbours_figure(
    gradients: np.ndarray, row: int, col: int, name: str, shown: str
) -> go.Figure:
    """The gradients (H, W) of the weights around a chosen one, which is outlined; a click on one
    selects a point whose customdata are 0, its row, its column and its gradient.
    """
    block = StageMaps(name, "gradient", gradients[None].astype(np.float32))
    figure = cell_figure(block, 0, row, col, _shades(gradients))
    rows, cols = gradients.shape
    figure.update_layout(height=300, margin={"l": 5, "r": 5, "t": 35, "b": 5}, title_font_size=14)
    alt = _(
        "The gradients of {name}, {rows}×{columns}: from {low:.4g} to {high:.4g}. Row {row}, "
        "column {column} is chosen: {value:.5g}."
    ).format(
        name=name,
        rows=rows,
        columns=cols,
        low=gradients.min(),
        high=gradients.max(),
        row=row,
        column=col,
        value=gradients[row, col],
    )
    return titled(figure, shown, alt)


def step_figure(whole: WholeStep) -> go.Figure:
    """The loss of the mini-batch before the step, after it, and after one ten times as large."""
    names = [
        _("before"),
        _("after the step"),
        _("after one {times} times as large").format(times=FAR),
    ]
    losses = [whole.before, whole.after, whole.far]
    top = CUT * max(whole.before, 1e-6)
    lengths = [min(loss, top) if math.isfinite(loss) else top for loss in losses]
    texts = [_length(loss, top) for loss in losses]
    figure = go.Figure(
        go.Bar(
            y=names,
            x=lengths,
            orientation="h",
            marker_color=[TRAIN, *(GOOD if loss < whole.before else BAD for loss in losses[1:])],
            text=texts,
            # beside one that is cut off there is no room for so many words
            textposition=["outside" if loss < top else "inside" for loss in losses],
            insidetextanchor="end",
            textangle=0,
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    with_table(figure, {_("step"): names, _("loss of the mini-batch (nats)"): losses})
    figure.update_xaxes(title=_("loss of the mini-batch (nats)"), range=[0, 1.3 * max(lengths)])
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_layout(height=230, margin={"l": 10, "r": 10, "t": 50, "b": 45}, bargap=0.3)
    said = listed(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    alt = _("The loss of the mini-batch: {losses}.").format(losses=said)
    return titled(figure, _("What the whole step does"), alt)


def _length(loss: float, top: float) -> str:
    """What stands beside a bar that ends at `top` at the latest."""
    if not math.isfinite(loss):
        return _("not a finite number")
    return (_("{loss:.4g} (cut off)") if loss > top else "{loss:.4g}").format(loss=loss)


def norms_figure(names: Sequence[str], norms: Sequence[float], chosen: str) -> go.Figure:
    """How large the gradient is at each stage, on a logarithmic scale, in the order in which it
    passes them; `chosen` stands out.
    """
    figure = go.Figure(
        go.Bar(
            x=list(names),
            y=list(norms),
            marker_color=CLASS_COLORS[0],
            marker_opacity=[1.0 if name == chosen else 0.45 for name in names],
            hovertemplate="%{x}: <b>%{y:.4g}</b><extra></extra>",
        )
    )
    figure.update_xaxes(title=_("stage"))
    figure.update_yaxes(title=_("norm of the gradient"), type="log", exponentformat="power")
    figure.update_layout(height=240, margin={"l": 60, "r": 10, "t": 50, "b": 40})
    ends = listed(f"{name} {norm:.3g}" for name, norm in zip(names, norms, strict=True))
    alt = _("From the loss backwards: {norms}.").format(norms=ends)
    return titled(figure, _("How large it is on its way back"), alt)
