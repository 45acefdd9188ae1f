"""The reader's own test set: labelled drawings, and how many of them each network gets right."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnistlab.analysis import drawing
from mnistlab.choices import DATASETS
from mnistlab.config import TrainConfig
from mnistlab.drawing_set import FEWEST
from mnistlab.figures.pictures import gallery
from mnistlab.store import RunRecord
from mnistlab.store.drawings import Drawing, delete_drawing, drawings, relabel_drawing, save_drawing
from mnistlab.ui.draw import canvas
from mnistlab.ui.draw.predictions import probabilities
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.guard import guard, guard_callback, report
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.words import literal, unique_names

ADD, DELETE = "draw.add", "draw.delete"


def add(page: Page, image: np.ndarray | None, config: TrainConfig) -> None:
    """A button for each class, which adds `image`, uint8 (28, 28), to the test set with this label,
    and clears the canvas for the next drawing.
    """
    st.markdown(_("Which one is it? A click adds it to your test set."))
    with st.container(horizontal=True, gap="xsmall"):
        for label, name in enumerate(DATASETS[config.dataset].class_names):
            st.button(
                name,
                disabled=image is None,
                key=f"{ADD}.{label}",
                on_click=_keep,
                args=(page, image, label),
            )
    report(ADD)
    with guard():
        count = len(drawings(page.store, state.drawer()))
        text = _("{n} of {fewest} drawings") if count < FEWEST else _("{n} drawings")
        st.caption(text.format(n=count, fewest=FEWEST))


def _keep(page: Page, image: np.ndarray, label: int) -> None:
    """Add `image` to the test set, and clear the canvas for the next drawing."""
    with guard_callback(ADD):
        save_drawing(page.store, state.drawer(), image, label)
        if page.query.get("from", "canvas") == "canvas":
            canvas.clear()


def download(image: np.ndarray, config: TrainConfig) -> None:
    """Download `image`, uint8 (28, 28)."""
    low, high = drawing.value_range(config)
    with st.container(horizontal=True):
        st.download_button(
            "PNG",
            drawing.to_png(image),
            "digit.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
            key="draw.png",
        )
        st.download_button(
            "CSV",
            drawing.digit_csv(image, config),
            "digit.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="draw.csv",
            help=_(
                "28 lines of 28 values, not bytes but as fed to the network: from {low:.2f} "
                "(black) to {high:.2f} (white)."
            ).format(low=low, high=high),
        )


def own_test_set(page: Page, runs: list[RunRecord]) -> None:
    """The saved drawings, and how many of them each of `runs` gets right."""
    report(DELETE)
    with guard():
        saved = drawings(page.store, state.drawer())
        if not saved:
            st.caption(
                _(
                    "Nothing here yet. Draw something, and click what it is: ten drawings of each "
                    "class already make a small test set."
                )
            )
            return
        images, labels = (
            np.stack([each.image for each in saved]),
            np.array([each.label for each in saved]),
        )
        predictions = [probabilities(page, run, images).argmax(1) for run in runs]
        names = [literal(name) for name in unique_names(runs)]
        for predicted, name in zip(predictions, names, strict=True):
            _accuracy(name, int((predicted == labels).sum()), len(labels))
        if any(run.config.drawings is not None for run in runs):
            st.caption(
                _(
                    "A network that was taught some of these drawings knows them. How well it "
                    "reads your hand, only those that were held out can tell: see below."
                )
            )
        _gallery(images, labels, predictions[0], DATASETS[runs[0].config.dataset].class_names)
        st.caption(
            _(
                "True label → prediction of {name}. Your drawings stay with this browser until "
                "you close it: download them to keep them longer."
            ).format(name=names[0])
        )
        _set_tools(page, saved, images, labels, DATASETS[runs[0].config.dataset].class_names)


def _accuracy(name: str, correct: int, count: int) -> None:
    st.markdown(
        _("**{name}**: {correct} of {count} correct, {accuracy} (95 % interval {interval})").format(
            name=name,
            correct=correct,
            count=count,
            accuracy=words.percent(correct / count),
            interval=words.interval(correct, count),
        )
    )


def _gallery(
    images: np.ndarray, labels: np.ndarray, predicted: np.ndarray, classes: Sequence[str]
) -> None:
    names = [(classes[a], classes[b]) for a, b in zip(labels, predicted, strict=True)]
    alt = _("{label}, classified as {prediction}")
    st.html(
        gallery(
            list(images),
            [f"{label} → {prediction}" for label, prediction in names],
            [alt.format(label=label, prediction=prediction) for label, prediction in names],
            list(predicted == labels),
        )
    )


def _set_tools(
    page: Page,
    saved: list[Drawing],
    images: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("All as CSV"),
            lambda: drawing.drawings_csv(images, labels.tolist()).encode(),
            "drawings.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="draw.set.csv",
        )
        st.download_button(
            _("All as PNG"),
            lambda: drawing.to_png(images),
            "drawings.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
            key="draw.set.png",
        )
        with st.popover(_("Relabel"), icon=":material/edit:"):
            _relabel(page, saved, labels, classes)
        with st.popover(_("Delete"), icon=":material/delete:"):
            number = st.selectbox(
                _("Drawing"),
                range(len(saved)),
                format_func=lambda index: f"{index + 1}: {labels[index]}",
                key="draw.which",
            )
            st.button(
                _("Delete this one"),
                on_click=_delete,
                args=(page, [saved[number]]),
                key=DELETE,
            )
            st.button(_("Delete all"), on_click=_delete, args=(page, saved), key=f"{DELETE}.all")


def _relabel(page: Page, saved: list[Drawing], labels: np.ndarray, classes: Sequence[str]) -> None:
    """Say of one of the drawings that it is of another class."""
    number = st.selectbox(
        _("Drawing"),
        range(len(saved)),
        format_func=lambda index: f"{index + 1}: {classes[int(labels[index])]}",
        key="draw.relabel.which",
    )
    label = st.selectbox(
        _("Is really"),
        range(len(classes)),
        int(labels[number]),
        format_func=classes.__getitem__,
        key="draw.relabel.as",
    )
    if st.button(_("Relabel"), disabled=label == labels[number], key="draw.relabel"):
        with guard():
            relabel_drawing(page.store, state.drawer(), saved[number].id, label)
            st.rerun()


def _delete(page: Page, doomed: list[Drawing]) -> None:
    with guard_callback(DELETE):
        for each in doomed:
            delete_drawing(page.store, state.drawer(), each.id)
