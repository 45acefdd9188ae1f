"""Figures of an evaluation: confusion matrix, comparison of two networks, precision and recall,
calibration.

K classes, B bins.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.evaluation import Comparison, PerClass, Reliability
from mnistlab.analysis.intervals import percent
from mnistlab.figures.colors import CLASS_COLORS, DIVERGING, SEQUENTIAL, ink, scale
from mnistlab.figures.data_table import HELPER, columns_of
from mnistlab.figures.grids import Shades, outline, shaped, titled
from mnistlab.figures.thumbnails import paint
from mnistlab.i18n import N_, _, ngettext, sentences

DIGITS = tuple("0123456789")
CELL = 44  # pixels: width of the invisible square that takes the click
GROUND = "#5a6470"  # of cells without a colour: dark enough for white numbers
MARGINS = {"l": 50, "r": 10, "t": 60, "b": 50}
MEASURES = {N_("precision"): "#3f90da", N_("recall"): "#ffa90e", N_("F1"): "#832db6"}
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


def per_class_figure(measures: PerClass, classes: Sequence[str] = DIGITS) -> go.Figure:
    """Precision, recall and F1 of each class as bars. The axis may start above 0, so that
    differences show; its title says so.
    """
    values = {"precision": measures.precision, "recall": measures.recall, "F1": measures.f1}
    figure = go.Figure()
    for name, color in MEASURES.items():
        hover = _("{measure} of {class_name}: {share}").format(
            measure=_(name), class_name="%{x}", share="<b>%{y:.2%}</b><extra></extra>"
        )
        figure.add_bar(
            x=list(classes), y=values[name], name=_(name), marker_color=color, hovertemplate=hover
        )
    low = max(0.0, np.floor(10 * np.nanmin(np.stack(list(values.values())))) / 10 - 0.1)
    figure.update_xaxes(title=_("class"), type="category")
    figure.update_yaxes(
        title=_("share")
        if low == 0
        else _("share (axis starts at {share})").format(share=percent(low, 0)),
        range=[low, 1],
        tickformat=".0%",
    )
    worst = int(np.nanargmin(measures.f1)) if np.isfinite(measures.f1).any() else 0
    hardest = (
        _("The hardest class is {class_name}: it is never predicted, a recall of {recall}.")
        if np.isnan(measures.precision[worst])
        else _(
            "The hardest class is {class_name}: a precision of {precision}, a recall of {recall}."
        )
    ).format(
        class_name=classes[worst],
        precision=percent(measures.precision[worst], 1),
        recall=percent(measures.recall[worst], 1),
    )
    return titled(
        figure.update_layout(barmode="group"),
        _("Precision, recall and F1 of each class"),
        sentences(_("Bar chart of precision, recall and F1 for each class."), hardest),
    )


def reliability_figure(reliability: Reliability) -> go.Figure:
    """The accuracy of answers of each confidence, with 95 % intervals, against the diagonal of
    perfect calibration; bars: the share of answers in each bin.
    """
    filled = reliability.counts > 0
    middles, width = (
        (reliability.edges[:-1] + reliability.edges[1:]) / 2,
        reliability.edges[1] - reliability.edges[0],
    )
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name=_("perfectly calibrated"),
        line={"color": "gray", "dash": "dash"},
        hoverinfo="skip",
        meta=HELPER,
    )
    figure.add_bar(
        x=middles,
        y=reliability.counts / reliability.counts.sum(),
        width=width,
        name=_("share of all predictions"),
        marker_color="rgba(148,164,162,0.35)",
        customdata=reliability.counts,
        meta=columns_of(_("answers")),
        hovertemplate=_("%{customdata:,} answers") + "<extra></extra>",
    )
    figure.add_scatter(
        x=reliability.confidence[filled],
        y=reliability.accuracy[filled],
        mode="markers+lines",
        name=_("this network"),
        marker={"size": 9, "color": CLASS_COLORS[0]},
        error_y={
            "array": (reliability.high - reliability.accuracy)[filled],
            "arrayminus": (reliability.accuracy - reliability.low)[filled],
        },
        customdata=reliability.counts[filled],
        meta=columns_of(_("answers")),
        hovertemplate=_(
            "%{customdata:,} answers, mean confidence %{x:.1%}<br><b>%{y:.1%} right</b>"
        )
        + "<extra></extra>",
    )
    figure.update_xaxes(
        title=_("confidence: probability of the predicted class"),
        range=[0, 1.01],
        tickformat=".0%",
    )
    figure.update_yaxes(
        title=_("accuracy: share of correct predictions"), range=[0, 1.02], tickformat=".0%"
    )
    mean, right = (
        float(np.nansum(value * reliability.counts) / reliability.counts.sum())
        for value in (reliability.confidence, reliability.accuracy)
    )
    error = percent(reliability.error)
    alt = _(
        "Reliability diagram. The mean confidence is {confidence}, the accuracy {accuracy}; the "
        "expected calibration error is {error}."
    ).format(confidence=percent(mean, 1), accuracy=percent(right, 1), error=error)
    title = _("Calibration (expected calibration error {error})").format(error=error)
    return titled(figure, title, alt)


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
