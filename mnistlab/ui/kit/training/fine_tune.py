"""Fine-tuning a network on drawings, from a card of a page: the button, and how far it is."""

from functools import partial

import streamlit as st

from mnistlab.config import TrainConfig
from mnistlab.drawing_set import DrawingSet
from mnistlab.store import ACTIVE, Store
from mnistlab.store.origins import drawing_set_kept
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.training.live_data import live_data
from mnistlab.ui.kit.wish import fulfil, wish_button

POLL_SECONDS = 1.0


def fine_tune_button(
    page: Page, label: str, config: TrainConfig, own: DrawingSet, key: str
) -> None:
    """A button that trains `config`, which begins with a run and learns from the drawings `own`."""
    fulfil(page.name, key)
    act = partial(_start, page.store, config, own)
    wish_button(page.name, key, label, act, key, type="primary", icon=":material/school:")


def _start(store: Store, config: TrainConfig, own: DrawingSet) -> None:
    with drawing_set_kept(store, own):
        state.start(config)


def watch_fine_tuning(page: Page, run_id: str) -> None:
    """How far the run is, until it ends: then the page is drawn anew."""
    fragment(_progress, run_every=POLL_SECONDS)(page, run_id)


def _progress(page: Page, run_id: str) -> None:
    with guard():
        state.executor().ensure()
        run = page.store.get(run_id)
        if run.status not in ACTIVE:
            st.rerun()
        progress = live_data(page.store, run, state.recorded(run.id))["progress"]
        if progress is not None:
            st.progress(progress["share"], progress["text"])
        page.link("train", _("Watch it learn"), run=run.id, step=None)
