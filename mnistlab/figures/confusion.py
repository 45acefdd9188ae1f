"""Confusion matrices (K, K): of one network, and the difference of two. K classes."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.evaluation import Comparison
from mnistlab.figures.colors import DIGITS, DIVERGING, SEQUENTIAL, ink, scale
from mnistlab.figures.data_table import HELPER
from mnistlab.figures.grids import Shades, outline, shaped, titled
from mnistlab.figures.thumbnails import paint
from mnistlab.i18n import N_, _, ngettext

CELL = 44  # pixels: width of the invisible square that takes the click
GROUND = "#5a6470"  # of cells without a colour: dark enough for white numbers
MARGINS = {"l": 50, "r": 10, "t": 60, "b": 50}
CONFUSION = {  # a key of `NORMALIZE` -> title, unit
    "counts": (N_("Confusion matrix, counts"), N_("images")),
    "by true digit": (N_("Confusion matrix, by true digit"), N_("share by true digit, %")),
    "by predicted digit": (
        N_("Confusion matrix, by predicted digit"),
        N_("share by predicted digit, %"),
    ),
}


def confusion_figure(
    matrix: np.ndarray,
    normalize: str = "counts",
    errors_only: bool = False,
    chosen: tuple[int, int] | None = None,
    classes: Sequence[str] = DIGITS,
    largest: float | None = None,
) -> go.Figure:
    """A confusion matrix (K, K) as `Judgement.confusion(normalize)` gives it. A click on a cell
    selects a point whose customdata are (true, predicted). `errors_only`: the diagonal has no
    colour, so that rare mistakes stand out. `chosen`: a cell to outline. `largest`: the value at
    the end of the colour scale, where it is not the matrix's own.
    """
    colors = np.array(matrix, np.float32)
    if errors_only:
        np.fill_diagonal(colors, np.nan)
    counted = normalize == "counts"
    text = np.array(
        [[f"{value:.0f}" if counted else f"{100 * value:.1f}" for value in row] for row in matrix]
    )
    title, unit = map(_, CONFUSION[normalize])
    shown = colors if counted else colors * 100
    shades = Shades(SEQUENTIAL, 0.0, largest or float(np.nanmax(shown)) or 1.0)
    figure = _cells(
        shown,
        text,
        shades,
        unit,
        _("%{text} images") if counted else _("{number} %").format(number="%{text}"),
        classes,
        chosen,
    )
    errors = np.array(matrix, float)
    np.fill_diagonal(errors, 0)
    true, predicted = divmod(int(errors.argmax()), len(errors))
    what = text[true][predicted]
    if not errors.any():
        worst = _("There are no mistakes.")
    elif counted:
        worst = _("The most common confusion: {true} predicted as {predicted} ({n} images).")
    else:
        worst = _("The most common confusion: {true} predicted as {predicted} ({n} %).")
    alt = _("{title}: rows are true classes, columns predicted ones.").format(title=title)
    worst = worst.format(true=classes[true], predicted=classes[predicted], n=what)
    return titled(figure, title, f"{alt} {_right(matrix, counted)}{worst}")


def _right(matrix: np.ndarray, counted: bool) -> str:
    """How many are right, where the cells are counts."""
    if not counted:
        return ""
    said = _("{right:,} of {count:,} images are on the diagonal.")
    return said.format(right=int(np.trace(matrix)), count=int(np.sum(matrix))) + " "


def difference_figure(
    comparison: Comparison,
    a: str = "A",
    b: str = "B",
    chosen: tuple[int, int] | None = None,
    classes: Sequence[str] = DIGITS,
) -> go.Figure:
    """How many more images `b` has in each cell than `a`. Red: more, blue: fewer. Clicks as in
    `confusion_figure`.
    """
    matrix = comparison.difference
    limit = max(1, int(np.abs(matrix).max()))
    text = np.array(
        [[f"{value:+d}".replace("-", "−") if value else "0" for value in row] for row in matrix]
    )
    figure = _cells(
        matrix,
        text,
        Shades(DIVERGING, -limit, limit),
        _("images"),
        _("%{text} images"),
        classes,
        chosen,
    )
    gained = int(np.trace(matrix))
    alt = (
        ngettext(
            "Difference of two confusion matrices, {b} minus {a}: {b} gets {n:,} image more right.",
            "Difference of two confusion matrices, {b} minus {a}: {b} gets {n:,} images more "
            "right.",
            gained,
        )
        if gained >= 0
        else ngettext(
            "Difference of two confusion matrices, {b} minus {a}: {b} gets {n:,} image fewer "
            "right.",
            "Difference of two confusion matrices, {b} minus {a}: {b} gets {n:,} images fewer "
            "right.",
            -gained,
        )
    ).format(a=a, b=b, n=abs(gained))
    return titled(figure, _("Confusion matrix: {b} minus {a}").format(a=a, b=b), alt)


def compact(figure: go.Figure) -> go.Figure:
    """Fit a matrix beside something else: its cells show their numbers, so it needs no colour
    bar.
    """
    figure.update_traces(showscale=False, selector={"type": "heatmap"})
    return figure.update_layout(height=640, margin={"l": 50, "r": 10, "t": 50, "b": 50})


def _cells(
    z: np.ndarray,
    text: np.ndarray,
    shades: Shades,
    unit: str,
    what: str,
    classes: Sequence[str],
    chosen: tuple[int, int] | None,
) -> go.Figure:
    """A heat map (K, K) with its numbers, black on light cells and white on dark ones, and
    invisible squares that take clicks.
    """
    figure = _heat_map(z, text, shades, unit)
    _write(figure, text, _inks(z, shades))
    _take_clicks(figure, text, what)
    if chosen is not None:
        outline(figure, *chosen)
    return _axes(figure, classes)


def _heat_map(z: np.ndarray, text: np.ndarray, shades: Shades, unit: str) -> go.Figure:
    """The cells of z (K, K); where it is NaN, in the colour of the ground."""
    figure = go.Figure(
        go.Heatmap(
            z=z,
            text=text,
            colorscale=scale(shades.colors),
            zmin=shades.low,
            zmax=shades.high,
            colorbar={"title": unit},
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            hoverongaps=False,
        )
    )
    return figure.add_heatmap(
        z=np.where(np.isnan(z), 0.0, np.nan),
        colorscale=scale((GROUND, GROUND)),
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
        meta=HELPER,
    )


def _inks(z: np.ndarray, shades: Shades) -> np.ndarray:
    """The colour of the text (K, K) that can be read on each cell of z."""
    inks = [ink(f"#{r:02x}{g:02x}{b:02x}") for r, g, b in paint(z, shades).reshape(-1, 3)]
    return np.where(np.isnan(z), ink(GROUND), np.reshape(inks, z.shape))


def _write(figure: go.Figure, text: np.ndarray, inks: np.ndarray) -> None:
    """Write `text` (K, K) into the cells, one trace for each ink."""
    size = 13 if max(map(len, text.ravel())) < 4 else 12
    for color in np.unique(inks):
        true, predicted = np.nonzero(inks == color)
        unchanged = {"textfont": {"color": str(color)}}  # by a selection
        figure.add_scatter(
            x=predicted,
            y=true,
            mode="text",
            text=text[true, predicted],
            textfont={"color": str(color), "size": size},
            selected=unchanged,
            unselected=unchanged,
            hoverinfo="skip",
            showlegend=False,
            meta=HELPER,
        )


def _take_clicks(figure: go.Figure, text: np.ndarray, what: str) -> None:
    """Lay an invisible square over each cell, whose customdata are its row and column; `what`: how
    its text is said.
    """
    said = _("true: %{y}<br>predicted: %{x}") + f"<br><b>{what}</b><extra></extra>"
    true, predicted = np.indices(text.shape).reshape(2, -1)
    figure.add_scatter(
        x=predicted,
        y=true,
        mode="markers",
        marker={"symbol": "square", "size": CELL, "opacity": 0},
        text=text.ravel(),
        customdata=np.stack([true, predicted], 1),
        hovertemplate=said,
        showlegend=False,
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        meta=HELPER,
    )


def _axes(figure: go.Figure, classes: Sequence[str]) -> go.Figure:
    """Classes along both axes, the first at the top left, and square cells."""
    count = len(classes)
    ticks = {
        "tickvals": list(range(count)),
        "ticktext": list(classes),
        "constrain": "domain",
        "range": [-0.5, count - 0.5],
        "showgrid": False,
        "zeroline": False,
    }
    figure.update_xaxes(title=_("predicted class"), **ticks)
    figure.update_yaxes(
        title=_("true class"), scaleanchor="x", **(ticks | {"range": [count - 0.5, -0.5]})
    )
    figure.update_layout(
        clickmode="event+select", dragmode=False, height=(CELL + 16) * count + 110, margin=MARGINS
    )
    return shaped(figure, count, count)
