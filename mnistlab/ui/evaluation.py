"""Judging one network, and two side by side: what the page `evaluation` shows. a is the chosen run, b the one beside it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistlab.analysis.evaluation import Accuracy, compare, per_class, reliability
from mnistlab.figures import evaluation as figures
from mnistlab.names import run_name
from mnistlab.ui import cached, words
from mnistlab.ui.charts import chart, clickable, new_click
from mnistlab.ui.i18n import N_, _, ngettext
from mnistlab.ui.judged import Judged, images
from mnistlab.ui.url import EVERYWHERE, one_of, whole

SHARES = {"counts": "counts", "true": "by true digit", "predicted": "by predicted digit"}  # in the URL -> what the analysis calls it
SHARE_NAMES = {"counts": N_("Counts"), "true": N_("% of each row"), "predicted": N_("% of each column")}
COLORS = {"mistakes": N_("Mistakes only"), "all": N_("All cells")}
ONLY = {"a": N_("Only A gets these right"), "b": N_("Only B gets these right")}
FIRST = 2_000  # test images that a training asks about while it goes on
FEW, MANY = 12, 24  # images at a time, beside a figure and alone
LEGEND = {"orientation": "h", "y": -0.25}  # under the chart: a phone is narrow
COLUMNS = [6, 5]  # widths of a matrix and of the images beside it


def accuracy_row(found: Judged) -> None:
    """The accuracy on all test images, beside that on the first ones only."""
    whole_set, first = found.judgement.accuracy, found.judgement.first(FIRST)
    with st.container(horizontal=True):
        _accuracy(_("Accuracy on all {count:,} test images"), whole_set)
        if first.count < whole_set.count:
            _accuracy(_("Only the first {count:,}, as while training"), first)


def _accuracy(label: str, found: Accuracy) -> None:
    with st.container(width=330, gap=None):
        st.metric(label.format(count=found.count), words.percent(found.share))
        st.caption(_("95 % interval: {interval}").format(interval=words.interval(found.correct, found.count)))


def choose_view(found: Judged) -> str:
    """Which view is shown; only that one is computed."""
    return found.page.choose(
        "view", _("View"), list(VIEWS), widget=st.segmented_control, format_func=lambda name: _(VIEWS[name]), label_visibility="collapsed"
    )


# -- the views -------------------------------------------------------------------------------------------------------------------


def matrix(found: Judged) -> None:
    """The confusion matrix, and the images of one of its cells."""
    page, judgement = found.page, found.judgement
    left, right = st.columns(COLUMNS)
    with right:
        true, predicted = _choose_cell(found)
        places = judgement.cell(true, predicted)
        _told(found, true, predicted, len(places))
        images(found, places, f"cell.{true}.{predicted}", FEW)
    with left:
        share = page.choose("share", _("Numbers"), list(SHARES), widget=st.segmented_control, format_func=lambda name: _(SHARE_NAMES[name]))
        color = page.choose("color", _("Coloured"), list(COLORS), widget=st.segmented_control, format_func=lambda name: _(COLORS[name]))
        shown = judgement.confusion(SHARES[share])
        figure = figures.confusion_figure(shown, SHARES[share], color == "mistakes", (true, predicted), found.classes)
        clickable(_compact(figure), "matrix")
        st.caption(_("Choose a cell to see its images."))


def by_class(found: Judged) -> None:
    """Precision, recall and F1 of each class."""
    scores = per_class(found.judgement)
    chart(figures.per_class_figure(scores, found.classes).update_layout(legend=LEGEND), "classes")
    right = np.bincount(found.judgement.labels[found.judgement.correct], minlength=len(found.classes))
    intervals = [words.interval(int(r), int(n)) if n else "–" for r, n in zip(right, scores.support, strict=True)]
    table = pd.DataFrame({
        _("Class"): found.classes, _("Precision (%)"): 100 * scores.precision, _("Recall (%)"): 100 * scores.recall,
        _("95 % interval of the recall"): intervals, _("F1 (%)"): 100 * scores.f1, _("Images"): scores.support,
    })  # fmt: skip
    shares = {name: st.column_config.NumberColumn(format="%.2f") for name in table.columns if "(%)" in name}
    st.dataframe(table, hide_index=True, height="content", column_config=shares, alt=_("Precision, recall and F1 of each class in numbers"))


def mistakes(found: Judged) -> None:
    """The wrong answers, the most confident first."""
    places = found.judgement.mistakes()
    if not len(places):
        st.success(_("At this step the network gets all {count:,} test images right.").format(count=len(found.judgement.labels)))
        return
    st.markdown(ngettext("**{n:,} mistake**", "**{n:,} mistakes**, the surest answers first", len(places)).format(n=len(places)))
    images(found, places, "mistakes", MANY)


def calibration(found: Judged) -> None:
    """Whether the network is as often right as it is sure."""
    diagram = reliability(found.judgement)
    chart(figures.reliability_figure(diagram).update_layout(title=_("Confidence and accuracy"), legend=LEGEND, height=440), "calibration")
    st.markdown(_("Expected calibration error: **{error}**").format(error=words.percent(diagram.error)))
    mean, accuracy = float(found.judgement.confidence.mean()), found.judgement.accuracy
    verdict = _("It is surer than it may be.") if mean > accuracy.share else _("It is less sure than it might be.")
    if accuracy.low <= mean <= accuracy.high:
        verdict = _("So small a difference may be chance.")
    st.markdown(
        _("On average the network is {mean} sure, and right in {share} of all cases (95 % interval {interval}). {verdict}").format(
            mean=words.percent(mean), share=words.percent(accuracy.share), verdict=verdict,
            interval=words.interval(accuracy.correct, accuracy.count),
        )
    )  # fmt: skip


def side_by_side(found: Judged) -> None:
    """This network and another one, or itself at another step, on the same images."""
    page = found.page
    other = _choose_other(found)
    if other is None:
        return
    difference = compare(found.judgement, other.judgement)
    for letter, each in (("A", found), ("B", other)):
        accuracy = each.judgement.accuracy
        st.markdown(
            _("**{letter}**: {name}, step {step:,}: {share} right (95 % interval {interval})").format(
                letter=letter, name=run_name(each.run.config), step=each.step, share=words.percent(accuracy.share),
                interval=words.interval(accuracy.correct, accuracy.count),
            )
        )  # fmt: skip
    st.info(difference.in_words(), icon=":material/balance:")
    left, right = st.columns(COLUMNS)
    with left:
        chart(_compact(figures.difference_figure(difference, classes=found.classes)), "difference")
    with right:
        only = page.choose(
            "only",
            _("Images"),
            list(ONLY),
            widget=st.segmented_control,
            format_func=lambda name: _(ONLY[name]),
            label_visibility="collapsed",
        )
        places = difference.only_a if only == "a" else difference.only_b
        if not len(places):
            st.caption(_("There are none."))
        images(found, places, f"only.{only}", FEW, other)


VIEWS = {
    "matrix": N_("Confusion matrix"),
    "classes": N_("Each class"),
    "mistakes": N_("Worst mistakes"),
    "calibration": N_("Sure and right?"),
    "compare": N_("Beside another"),
}
SHOW: dict[str, Callable[[Judged], None]] = {
    "matrix": matrix, "classes": by_class, "mistakes": mistakes, "calibration": calibration, "compare": side_by_side,
}  # fmt: skip
PARAMETERS = {
    "view": one_of(*VIEWS), "share": one_of(*SHARES), "color": one_of(*COLORS), "true": whole(0, 9), "predicted": whole(0, 9),
    "other": EVERYWHERE["run"], "other_step": EVERYWHERE["step"], "only": one_of(*ONLY),
}  # fmt: skip


# -- which cell, which other network -------------------------------------------------------------------------------------------


def _choose_cell(found: Judged) -> tuple[int, int]:
    """(true, predicted): what was clicked, what the two boxes or the URL say, or the commonest confusion."""
    page, names = found.page, ("true", "predicted")
    clicked = new_click("matrix")
    if clicked is not None:
        for name, value in zip(names, clicked, strict=True):
            page.query.set(name, int(value))
    errors = found.judgement.confusion()
    np.fill_diagonal(errors, 0)
    default = np.unravel_index(int(errors.argmax()), errors.shape)
    labels = _("It is"), _("The network says")
    cell = [
        page.choose(name, label, range(len(found.classes)), int(start), widget=place.selectbox, format_func=found.classes.__getitem__)
        for place, name, label, start in zip(st.columns(2), names, labels, default, strict=True)
    ]
    if any(page.query.get(name) is not None for name in names):  # a half of the choice would change its meaning with the step
        for name, value in zip(names, cell, strict=True):
            page.query.set(name, value)
    return cell[0], cell[1]


def _told(found: Judged, true: int, predicted: int, count: int) -> None:
    names = {"n": count, "true": found.classes[true], "predicted": found.classes[predicted]}
    if true == predicted:
        sentence = ngettext("{n:,} image of {true} is recognised.", "{n:,} images of {true} are recognised.", count)
    else:
        sentence = ngettext("{n:,} image of {true} is taken for {predicted}.", "{n:,} images of {true} are taken for {predicted}.", count)
    st.markdown(sentence.format(**names) + ("" if count < 2 else " " + _("The surest answers come first.")))


def _choose_other(found: Judged) -> Judged | None:
    """Another run on the same data set, or this one at another step; None if there are no weights of it."""
    page, store = found.page, found.page.store
    runs = {run.id: run for run in store.runs() if run.step > 0 and run.config.dataset == found.dataset.name} | {found.run.id: found.run}
    options = [run_id for run_id in runs if run_id != found.run.id] + [found.run.id]

    def told(run_id: str) -> str:
        return _("this network at another step") if run_id == found.run.id else words.run_line(runs[run_id])

    left, right = st.columns(2)
    other = page.choose("other", _("Compare with"), options, widget=left.selectbox, format_func=told)
    steps = store.snapshot_steps(other)
    if not steps:
        st.caption(_("Nothing of this network is kept."))
        return None
    start = steps[0 if other == found.run.id else -1]
    if page.query.get("other_step", start) not in steps:  # the step of a run that was chosen before
        page.query.set("other_step", None)
    step = start
    if len(steps) > 1:
        step = page.choose(
            "other_step", _("Its training step"), steps, start, widget=right.select_slider, format_func=lambda step: f"{step:,}"
        )
    return Judged(page, runs[other], step, found.dataset, cached.judgement(runs[other], step))


def _compact(figure: Any) -> Any:
    """A matrix beside images: its numbers stand in its cells, so it needs no colour bar."""
    figure.update_traces(showscale=False, selector={"type": "heatmap"})
    return figure.update_layout(height=640, margin={"l": 50, "r": 10, "t": 50, "b": 50})
