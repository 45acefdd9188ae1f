"""The view of all runs: their table, and the comparison of those that are chosen in it."""

import streamlit as st

from mnistlab.store import RunRecord
from mnistlab.ui.kit import state
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.runs import better, compare, exports, keeping, naming
from mnistlab.ui.runs.code import run_twin
from mnistlab.ui.runs.table import mention_left_out, run_table

POLL_SECONDS = 2.0


def all_runs(page: Page) -> None:
    """Every run of this installation, or an offer to train the first one."""
    runs = page.store.runs()
    mention_left_out(len(page.store.unreadable()))
    keeping.how_full(page)
    if not runs:
        st.info(_("Nothing has been trained here yet."), icon=":material/school:")
        page.first_run_button()
        exports.upload(page)
        return
    busy = compare.any_active(runs)
    fragment(_comparison, run_every=POLL_SECONDS if busy else None)(page, runs, busy)
    exports.upload(page)
    page.text("notice")


def _comparison(page: Page, runs: list[RunRecord], was_busy: bool) -> None:
    """The table and the comparison, which update themselves while anything is training."""
    if was_busy:
        runs = page.store.runs()
        state.executor().ensure()
        if not compare.any_active(runs):
            st.rerun()
    chosen = run_table(page, runs)
    if not chosen:
        st.caption(
            _(
                "Tick the box to the left of a row to see its curves here; tick several to "
                "compare them."
            )
        )
        return
    with st.container(border=True):
        compare.open_links(page, chosen)
        compare.overlay(chosen)
        if len(chosen) > 1:
            compare.differences(chosen)
        if better.comparable(chosen):
            page.link("runs", _("Is A better than B?"), ":material/balance:", view="better")
    with st.container(border=True):
        compare.seeds(page, chosen[0], runs)
    run_twin(chosen[0])
    exports.downloads(page, chosen[0])
    with st.container(horizontal=True):
        keeping.pin_button(page, chosen)
        if len(chosen) == 1:
            naming.rename(page, chosen[0])
        compare.tools(page, chosen)
