"""What is kept: how full the store is, and which runs are pinned."""

import streamlit as st

from mnistlab.store import Budget, RunRecord, Store, budget
from mnistlab.store.people import Action
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard

FRESH_SECONDS = 30.0  # for so long a measurement of the store serves all pages


def how_full(page: Page) -> None:
    """How much is kept of how much, where the installation has a limit."""
    with guard():
        limit = budget()
        if limit is None:
            return
        used = _used(page.store, page.store.url, limit)
        sentence = _(
            "Kept here: {used} of {most}. When that is exceeded, the oldest runs lose their "
            "snapshots and then go, unless they are pinned."
        )
        st.caption(sentence.format(used=limit.text(used), most=limit.text(limit.most)))


@st.cache_data(ttl=FRESH_SECONDS, max_entries=4, show_spinner=False)
def _used(_store: Store, url: str, limit: Budget) -> int:
    return _store.used(limit)


def pin_button(page: Page, runs: list[RunRecord]) -> None:
    """Pins `runs`, or unpins them once all of them are, for whoever may."""
    if state.refusal(Action.PIN, *runs) is not None:
        return
    pinned = all(run.pinned for run in runs)
    label = _("Unpin") if pinned else _("Pin")
    help = _("Pinned runs are kept when the store is full.")
    icon = ":material/keep_off:" if pinned else ":material/keep:"
    if st.button(label, icon=icon, help=help, key="pin"):
        with guard():
            for run in runs:
                page.store.pin(run.id, not pinned)
            st.rerun()
