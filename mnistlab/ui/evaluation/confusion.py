"""The confusion matrix, and the images in each of its cells."""

from typing import Any

import numpy as np
import streamlit as st

from mnistlab.figures import confusion as figures
from mnistlab.ui.evaluation.judged_run import JudgedRun, images
from mnistlab.ui.kit.charts import clickable, new_click
from mnistlab.ui.kit.compute import cached
from mnistlab.ui.kit.i18n import N_, _, ngettext, sentences

# in the URL -> in the analysis
SHARES = {"counts": "counts", "true": "by true digit", "predicted": "by predicted digit"}
SHARE_NAMES = {
    "counts": N_("Counts"),
    "true": N_("% of each row"),
    "predicted": N_("% of each column"),
}
COLORS = {"mistakes": N_("Mistakes only"), "all": N_("All cells")}
AT_ONCE = 12  # images beside a matrix
COLUMNS = [6, 5]  # widths of a matrix and of the images beside it


def matrix(judged: JudgedRun) -> None:
    """The confusion matrix, and the images in one of its cells."""
    page, judgement = judged.page, judged.judgement
    left, right = st.columns(COLUMNS)
    with right:
        true, predicted = _choose_cell(judged)
        places = judgement.cell(true, predicted)
        _describe(judged, true, predicted, len(places))
        images(judged, places, f"cell.{true}.{predicted}", AT_ONCE)
    with left:
        share = page.choose(
            "share",
            _("Numbers"),
            list(SHARES),
            widget=st.segmented_control,
            format_func=lambda name: _(SHARE_NAMES[name]),
        )
        color = page.choose(
            "color",
            _("Colour"),
            list(COLORS),
            widget=st.segmented_control,
            format_func=lambda name: _(COLORS[name]),
        )
        shown = judgement.confusion(SHARES[share])
        only_mistakes, chosen = color == "mistakes", (true, predicted)
        figure = cached.figure(_figure, shown, SHARES[share], only_mistakes, chosen, judged.classes)
        clickable(figure, "matrix")
        st.caption(_("Click a cell to see its images."))


def _figure(*shown: Any) -> Any:
    return figures.compact(figures.confusion_figure(*shown))


def _choose_cell(judged: JudgedRun) -> tuple[int, int]:
    """(true, predicted): what was clicked or chosen, or else the most common confusion."""
    page, names = judged.page, ("true", "predicted")
    clicked = new_click("matrix")
    if clicked is not None:
        for name, value in zip(names, clicked, strict=True):
            page.query.set(name, int(value))
    errors = judged.judgement.confusion()
    np.fill_diagonal(errors, 0)
    default = np.unravel_index(int(errors.argmax()), errors.shape)
    labels = _("True class"), _("Predicted class")
    cell = [
        page.choose(
            name,
            label,
            range(len(judged.classes)),
            int(start),
            widget=place.selectbox,
            format_func=judged.classes.__getitem__,
        )
        for place, name, label, start in zip(st.columns(2), names, labels, default, strict=True)
    ]
    # with only one in the URL, the other would change with the step
    if any(page.query.get(name) is not None for name in names):
        for name, value in zip(names, cell, strict=True):
            page.query.set(name, value)
    return cell[0], cell[1]


def _describe(judged: JudgedRun, true: int, predicted: int, count: int) -> None:
    names = {"n": count, "true": judged.classes[true], "predicted": judged.classes[predicted]}
    if true == predicted:
        sentence = ngettext(
            "{n:,} image labelled {true} is classified correctly.",
            "{n:,} images labelled {true} are classified correctly.",
            count,
        )
    else:
        sentence = ngettext(
            "{n:,} image labelled {true} is classified as {predicted}.",
            "{n:,} images labelled {true} are classified as {predicted}.",
            count,
        )
    order = [] if count < 2 else [_("The most confident come first.")]
    st.markdown(sentences(sentence.format(**names), *order))
