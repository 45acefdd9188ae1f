"""Accuracy, scores by class, mistakes and calibration."""

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab.analysis.evaluation import Accuracy, per_class, reliability
from mnistlab.analysis.intervals import probability
from mnistlab.figures import evaluation as figures
from mnistlab.ui.evaluation.judged_run import JudgedRun, images
from mnistlab.ui.kit import words
from mnistlab.ui.kit.charts import chart
from mnistlab.ui.kit.i18n import _, ngettext

FIRST = 2_000  # test images on which a run is evaluated while it trains
AT_ONCE = 24  # images
LEGEND = {"orientation": "h", "y": -0.25}  # below the chart: phones are narrow


def accuracy_row(judged: JudgedRun) -> None:
    """The accuracy on all test images, beside that on the images used during training."""
    whole_set, first = judged.judgement.accuracy, judged.judgement.first(FIRST)
    with st.container(horizontal=True):
        _accuracy(_("Accuracy on all {count:,} test images"), whole_set)
        if first.count < whole_set.count:
            _accuracy(_("On the first {count:,} only"), first)


def _accuracy(label: str, accuracy: Accuracy) -> None:
    with st.container(width=330, gap=None):
        st.metric(label.format(count=accuracy.count), words.percent(accuracy.share))
        st.caption(
            _("95 % interval: {interval}").format(
                interval=words.interval(accuracy.correct, accuracy.count)
            )
        )


def by_class(judged: JudgedRun) -> None:
    """Precision, recall and F1 of each class."""
    scores = per_class(judged.judgement)
    chart(figures.per_class_figure(scores, judged.classes).update_layout(legend=LEGEND), "classes")
    right = np.bincount(
        judged.judgement.labels[judged.judgement.correct], minlength=len(judged.classes)
    )
    intervals = [
        words.interval(int(r), int(n)) if n else "–"
        for r, n in zip(right, scores.support, strict=True)
    ]
    table = pd.DataFrame(
        {
            _("Class"): judged.classes,
            _("Precision (%)"): 100 * scores.precision,
            _("Recall (%)"): 100 * scores.recall,
            _("95 % interval of the recall"): intervals,
            _("F1 (%)"): 100 * scores.f1,
            _("Images"): scores.support,
        }
    )
    shares = {
        name: st.column_config.NumberColumn(format="%.2f")
        for name in table.columns
        if "(%)" in name
    }
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=shares,
        alt=_("Precision, recall and F1 of each class in numbers"),
    )


def mistakes(judged: JudgedRun) -> None:
    """The wrong predictions, the most confident first."""
    places = judged.judgement.mistakes()
    if not len(places):
        st.success(
            _("At this step the network gets all {count:,} test images right.").format(
                count=len(judged.judgement.labels)
            )
        )
        return
    st.markdown(
        ngettext(
            "**{n:,} mistake**", "**{n:,} mistakes**, the most confident first", len(places)
        ).format(n=len(places))
    )
    images(judged, places, "mistakes", AT_ONCE)


def calibration(judged: JudgedRun) -> None:
    """Whether the confidence of the network matches its accuracy."""
    diagram = reliability(judged.judgement)
    chart(
        figures.reliability_figure(diagram).update_layout(
            title=_("Confidence and accuracy"), legend=LEGEND, height=440
        ),
        "calibration",
    )
    st.markdown(
        _("Expected calibration error: **{error}**").format(error=words.percent(diagram.error))
    )
    mean, accuracy = float(judged.judgement.confidence.mean()), judged.judgement.accuracy
    verdict = _("It is overconfident.") if mean > accuracy.share else _("It is underconfident.")
    if accuracy.low <= mean <= accuracy.high:
        verdict = _("A difference this small may be due to chance.")
    st.markdown(
        _(
            "The network's mean confidence is {mean}, its accuracy {share} (95 % interval "
            "{interval}). {verdict}"
        ).format(
            mean=probability(mean),
            share=words.percent(accuracy.share),
            verdict=verdict,
            interval=words.interval(accuracy.correct, accuracy.count),
        )
    )
