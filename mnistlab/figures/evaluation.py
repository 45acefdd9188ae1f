"""How good the predictions for each class are, and how well confidence says so: precision, recall,
calibration. The confusion matrix: `confusion`.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from mnistlab.analysis.evaluation import PerClass, Reliability
from mnistlab.analysis.intervals import percent
from mnistlab.figures.colors import CLASS_COLORS, DIGITS
from mnistlab.figures.data_table import HELPER, columns_of
from mnistlab.figures.grids import titled
from mnistlab.i18n import N_, _, sentences

MEASURES = {N_("precision"): "#3f90da", N_("recall"): "#ffa90e", N_("F1"): "#832db6"}


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
    _bars(figure, reliability)
    _points(figure, reliability)
    figure.update_xaxes(
        title=_("confidence: probability of the predicted class"),
        range=[0, 1.01],
        tickformat=".0%",
    )
    figure.update_yaxes(
        title=_("accuracy: share of correct predictions"), range=[0, 1.02], tickformat=".0%"
    )
    title = _("Calibration (expected calibration error {error})")
    title = title.format(error=percent(reliability.error))
    return titled(figure, title, _calibration(reliability))


def _bars(figure: go.Figure, reliability: Reliability) -> None:
    """The share of all answers in each bin."""
    edges = reliability.edges
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=reliability.counts / reliability.counts.sum(),
        width=edges[1] - edges[0],
        name=_("share of all predictions"),
        marker_color="rgba(148,164,162,0.35)",
        customdata=reliability.counts,
        meta=columns_of(_("answers")),
        hovertemplate=_("%{customdata:,} answers") + "<extra></extra>",
    )


def _points(figure: go.Figure, reliability: Reliability) -> None:
    """The accuracy in each bin that has answers, with its interval."""
    filled = reliability.counts > 0
    hover = _("%{customdata:,} answers, mean confidence %{x:.1%}<br><b>%{y:.1%} right</b>")
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
        hovertemplate=hover + "<extra></extra>",
    )


def _calibration(reliability: Reliability) -> str:
    """The diagram in words."""
    confidence, accuracy = (
        float(np.nansum(value * reliability.counts) / reliability.counts.sum())
        for value in (reliability.confidence, reliability.accuracy)
    )
    return _(
        "Reliability diagram. The mean confidence is {confidence}, the accuracy {accuracy}; the "
        "expected calibration error is {error}."
    ).format(
        confidence=percent(confidence, 1),
        accuracy=percent(accuracy, 1),
        error=percent(reliability.error),
    )
