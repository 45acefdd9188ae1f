"""How good a network is: confusion matrix, differences between two, precision and recall, calibration.

K classes, B bins.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.evaluation import Comparison, PerClass, Reliability
from mnistlab.figures.colors import BAD, CLASS_COLORS, DIVERGING, SEQUENTIAL, ink, scale
from mnistlab.figures.grids import Shades, shaped, titled
from mnistlab.figures.thumbnails import paint

DIGITS = tuple("0123456789")
CELL = 44  # pixels: width of the invisible square that is clicked
GROUND = "#5a6470"  # of cells without a colour: white numbers can be read on it
MARGINS = {"l": 50, "r": 10, "t": 60, "b": 50}
MEASURES = {"precision": "#3f90da", "recall": "#ffa90e", "F1": "#832db6"}


def confusion_figure(
    matrix: np.ndarray,
    normalize: str = "counts",
    errors_only: bool = False,
    chosen: tuple[int, int] | None = None,
    classes: Sequence[str] = DIGITS,
) -> go.Figure:
    """A confusion matrix (K, K) as `Judgement.confusion(normalize)` gives it. A click on a cell selects a point whose customdata
    are (true, predicted). `errors_only`: the diagonal has no colour, so that rare mistakes show. `chosen`: a cell to outline."""
    colors = np.array(matrix, np.float32)
    if errors_only:
        np.fill_diagonal(colors, np.nan)
    counted = normalize == "counts"
    text = np.array([[f"{value:.0f}" if counted else f"{100 * value:.1f}" for value in row] for row in matrix])
    unit = "images" if counted else f"share {normalize}, %"
    hover = "%{text} " + ("images" if counted else "%")
    shown = colors if counted else colors * 100
    shades = Shades(SEQUENTIAL, 0.0, float(np.nanmax(shown)) or 1.0)
    figure = _cells(shown, text, shades, unit, "true: %{y}<br>predicted: %{x}<br><b>" + hover + "</b>", classes, chosen)
    errors = np.array(matrix, float)
    np.fill_diagonal(errors, 0)
    true, predicted = divmod(int(errors.argmax()), len(errors))
    what = f"{text[true][predicted]} {'images' if counted else '%'}"
    worst = (
        f"The commonest confusion: {classes[true]} taken for {classes[predicted]} ({what})."
        if errors.any()
        else "There is no confusion at all."
    )
    alt = f"Confusion matrix, {normalize}: rows are true classes, columns predicted ones. {worst}"
    return titled(figure, f"Confusion matrix, {normalize}", alt)


def difference_figure(
    comparison: Comparison, a: str = "A", b: str = "B", chosen: tuple[int, int] | None = None, classes: Sequence[str] = DIGITS
) -> go.Figure:
    """How many more images `b` puts into each cell than `a`. Red: more, blue: fewer. Clicks as in `confusion_figure`."""
    matrix = comparison.difference
    limit = max(1, int(np.abs(matrix).max()))
    text = np.array([[f"{value:+d}".replace("-", "−") if value else "0" for value in row] for row in matrix])
    figure = _cells(
        matrix, text, Shades(DIVERGING, -limit, limit), "images", "true: %{y}<br>predicted: %{x}<br><b>%{text} images</b>", classes, chosen
    )
    gained = int(np.trace(matrix))
    alt = f"Difference of two confusion matrices, {b} less {a}: {b} gets {abs(gained):,} images {'more' if gained >= 0 else 'fewer'} right."
    return titled(figure, f"Confusion: {b} less {a}", alt)


def per_class_figure(found: PerClass, classes: Sequence[str] = DIGITS) -> go.Figure:
    """Precision, recall and F1 of each class as bars; the axis is cut off so that differences show, which its title says."""
    values = {"precision": found.precision, "recall": found.recall, "F1": found.f1}
    figure = go.Figure()
    for name, color in MEASURES.items():
        hover = f"{name} of %{{x}}: <b>%{{y:.2%}}</b><extra></extra>"
        figure.add_bar(x=list(classes), y=values[name], name=name, marker_color=color, hovertemplate=hover)
    low = max(0.0, np.floor(10 * np.nanmin(np.stack(list(values.values())))) / 10 - 0.1)
    figure.update_xaxes(title="class", type="category")
    figure.update_yaxes(title="share" if low == 0 else f"share (from {_percent(low, 0)} on)", range=[low, 1], tickformat=".0%")
    worst = int(np.nanargmin(found.f1)) if np.isfinite(found.f1).any() else 0
    precision = "it is never predicted" if np.isnan(found.precision[worst]) else f"a precision of {_percent(found.precision[worst])}"
    alt = f"Bars of precision, recall and F1 for each class. The hardest class is {classes[worst]}: {precision}, a recall of {_percent(found.recall[worst])}."
    return titled(figure.update_layout(barmode="group"), "Precision, recall and F1 of each class", alt)


def reliability_figure(found: Reliability) -> go.Figure:
    """How often answers of each confidence are right, with 95 % intervals, beside the diagonal of perfect calibration; below, how
    many answers there are of each."""
    filled = found.counts > 0
    middles, width = (found.edges[:-1] + found.edges[1:]) / 2, found.edges[1] - found.edges[0]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="perfectly calibrated", line={"color": "gray", "dash": "dash"}, hoverinfo="skip"
    )
    figure.add_bar(
        x=middles, y=found.counts / found.counts.sum(), width=width, name="share of all answers", marker_color="rgba(148,164,162,0.35)",
        customdata=found.counts, hovertemplate="%{customdata:,} answers<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=found.confidence[filled], y=found.accuracy[filled], mode="markers+lines", name="this network", marker={"size": 9, "color": CLASS_COLORS[0]},
        error_y={"array": (found.high - found.accuracy)[filled], "arrayminus": (found.accuracy - found.low)[filled]},
        customdata=found.counts[filled], hovertemplate="%{customdata:,} answers, on average %{x:.1%} sure<br><b>%{y:.1%} right</b><extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="confidence: probability of the answer", range=[0, 1.01], tickformat=".0%")
    figure.update_yaxes(title="share of right answers", range=[0, 1.02], tickformat=".0%")
    mean, right = (float(np.nansum(value * found.counts) / found.counts.sum()) for value in (found.confidence, found.accuracy))
    alt = f"Reliability diagram. The answers are on average {_percent(mean)} sure and {_percent(right)} right; the expected calibration error is {_percent(found.error, 2)}."
    return titled(figure, f"Is it as often right as it is sure? Expected calibration error {_percent(found.error, 2)}", alt)


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _cells(
    z: np.ndarray, text: np.ndarray, shades: Shades, unit: str, hover: str, classes: Sequence[str], chosen: tuple[int, int] | None
) -> go.Figure:
    """A heat map (K, K) under its numbers, black on light cells and white on dark ones, and squares that one does not see but can click."""
    count = len(classes)
    true, predicted = np.mgrid[:count, :count].reshape(2, -1)
    figure = go.Figure(
        go.Heatmap(
            z=z, text=text, colorscale=scale(shades.colors), zmin=shades.low, zmax=shades.high, colorbar={"title": unit}, xgap=1, ygap=1,
            hoverinfo="skip", hoverongaps=False,
        )
    )  # fmt: skip
    figure.add_heatmap(
        z=np.where(np.isnan(z), 0.0, np.nan), colorscale=scale((GROUND, GROUND)), showscale=False, hoverinfo="skip", xgap=1, ygap=1
    )
    inks = np.array([ink(f"#{red:02x}{green:02x}{blue:02x}") for red, green, blue in paint(z, shades).reshape(-1, 3)])
    inks[np.isnan(z.ravel())] = ink(GROUND)
    for color in np.unique(inks):
        mine, font = inks == color, {"color": str(color), "size": 13 if max(map(len, text.ravel())) < 4 else 12}
        kept = {"textfont": {"color": str(color)}}  # whatever is clicked
        figure.add_scatter(
            x=predicted[mine], y=true[mine], mode="text", text=text.ravel()[mine], textfont=font, selected=kept, unselected=kept,
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=predicted, y=true, mode="markers", marker={"symbol": "square", "size": CELL, "opacity": 0}, text=text.ravel(),
        customdata=np.stack([true, predicted], 1), hovertemplate=hover + "<extra></extra>", showlegend=False,
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
    )  # fmt: skip
    if chosen is not None:
        row, column = chosen
        figure.add_shape(type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5, line={"color": BAD, "width": 3})
    ticks = {
        "tickvals": list(range(count)),
        "ticktext": list(classes),
        "constrain": "domain",
        "range": [-0.5, count - 0.5],
        "showgrid": False,
        "zeroline": False,
    }
    figure.update_xaxes(title="predicted class", **ticks)
    figure.update_yaxes(title="true class", scaleanchor="x", **(ticks | {"range": [count - 0.5, -0.5]}))
    figure.update_layout(clickmode="event+select", dragmode=False, height=(CELL + 16) * count + 110, margin=MARGINS)
    return shaped(figure, count, count)
