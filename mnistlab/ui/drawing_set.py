"""One's own test set: drawings with what they really are, and how many of them each network gets right."""

import numpy as np
import streamlit as st

from mnistlab.analysis import drawing
from mnistlab.config import TrainConfig
from mnistlab.data import CLASSES
from mnistlab.figures.pictures import gallery
from mnistlab.store import RunRecord
from mnistlab.store.drawings import Drawing, delete_drawing, drawings, save_drawing
from mnistlab.ui import state, words
from mnistlab.ui.compare import unique_names
from mnistlab.ui.drawing import probabilities
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import _


def save(page: Page, image: np.ndarray, config: TrainConfig) -> None:
    """Download `image`, uint8 (28, 28), or keep it in one's own test set."""
    label = st.pills(_("What is it really?"), range(10), key="draw.label", format_func=lambda index: CLASSES[config.dataset][index])
    low, high = drawing.value_range(config)
    with st.container(horizontal=True):
        st.button(
            _("Save as a test image"),
            icon=":material/bookmark_add:",
            disabled=label is None,
            key="draw.save",
            on_click=_keep,
            args=(page, image),
        )
        st.download_button(
            "PNG", drawing.to_png(image), "digit.png", "image/png", icon=":material/download:", on_click="ignore", key="draw.png"
        )
        st.download_button(
            "CSV", drawing.digit_csv(image, config), "digit.csv", "text/csv", icon=":material/download:", on_click="ignore", key="draw.csv",
            help=_("28 lines of 28 values as the network is given them, from {low:.2f} (black) to {high:.2f} (white), not bytes.").format(low=low, high=high),
        )  # fmt: skip


def _keep(page: Page, image: np.ndarray) -> None:
    """Into the test set; the next drawing is asked anew what it is."""
    with guard():
        save_drawing(page.store, state.session_id(), image, int(st.session_state["draw.label"]))
        st.session_state["draw.label"] = None
        st.toast(_("Saved."))


def own_test_set(page: Page, runs: list[RunRecord]) -> None:
    """What was saved, and how many of them each of `runs` gets right."""
    with guard():
        saved = drawings(page.store, state.session_id())
        if not saved:
            st.caption(_("Nothing is saved yet. Say what your drawing really is, and save it: ten of each digit already make a test."))
            return
        images, labels = np.stack([each.image for each in saved]), np.array([each.label for each in saved])
        guesses = {run.id: probabilities(page, run, images).argmax(1) for run in runs}
        for run, name in zip(runs, unique_names(runs), strict=True):
            correct = int((guesses[run.id] == labels).sum())
            st.markdown(
                _("**{name}**: {correct} of {count} right, {accuracy} (95 % interval {interval})").format(
                    name=name,
                    correct=correct,
                    count=len(saved),
                    accuracy=words.percent(correct / len(saved)),
                    interval=words.interval(correct, len(saved)),
                )
            )
        classes, guessed = CLASSES[runs[0].config.dataset], guesses[runs[0].id]
        told = [
            _("{label}, taken for {guess}").format(label=classes[label], guess=classes[guess])
            for label, guess in zip(labels, guessed, strict=True)
        ]
        st.html(
            gallery(
                list(images), [f"{classes[a]} → {classes[b]}" for a, b in zip(labels, guessed, strict=True)], told, list(guessed == labels)
            )
        )
        st.caption(
            _(
                "Truth → what {name} takes it for. They last until this browser tab is closed or reloaded: download what is to last longer."
            ).format(name=unique_names(runs)[0])
        )
        _set_tools(page, saved, images, labels)


def _set_tools(page: Page, saved: list[Drawing], images: np.ndarray, labels: np.ndarray) -> None:
    with st.container(horizontal=True):
        st.download_button(
            _("All as CSV"), lambda: drawing.drawings_csv(images, labels.tolist()).encode(), "drawings.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="draw.set.csv",
        )  # fmt: skip
        st.download_button(
            _("All as PNG"),
            lambda: drawing.to_png(images),
            "drawings.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
            key="draw.set.png",
        )
        with st.popover(_("Delete"), icon=":material/delete:"):
            number = st.selectbox(
                _("Which one"), range(len(saved)), format_func=lambda index: f"{index + 1}: {labels[index]}", key="draw.which"
            )
            st.button(_("Delete this one"), on_click=_forget, args=(page, [saved[number]]), key="draw.delete")
            st.button(_("Delete all"), on_click=_forget, args=(page, saved), key="draw.delete.all")


def _forget(page: Page, gone: list[Drawing]) -> None:
    with guard():
        for each in gone:
            delete_drawing(page.store, state.session_id(), each.id)
