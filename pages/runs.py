"""All runs: compare, repeat, delete."""

import streamlit as st

from mnistlab import ui
from mnistlab.store import RunRecord
from mnistlab.ui import _, compare, exports, runtable, twin

page = ui.page("runs", runtable.PARAMETERS)
page.title(_("Runs"), _("Every network that was trained here. Choose some to compare them."))


def comparison(runs: list[RunRecord], was_busy: bool) -> None:
    """Table and comparison; drawn anew by itself while anything is being trained."""
    if was_busy:
        runs = page.store.runs()
        ui.executor().ensure()
        if not compare.any_active(runs):
            st.rerun()
    chosen = runtable.run_table(page, runs)
    if not chosen:
        st.caption(_("Tick the box at the left of a row to see its curves here; tick several to compare them."))
        return
    with st.container(border=True):
        compare.open_links(page, chosen)
        compare.overlay(chosen)
        if len(chosen) > 1:
            compare.differences(chosen)
    with st.container(border=True):
        compare.seeds(page, chosen[0], runs)
    twin.run_twin(chosen[0])
    exports.downloads(page, chosen[0])
    compare.tools(page, chosen)


with ui.guard():
    all_runs = page.store.runs()
    if all_runs:
        busy = compare.any_active(all_runs)
        st.fragment(comparison, run_every=2 if busy else None)(all_runs, busy)
        exports.upload(page)
        page.lesson("notice")
        page.onward()
    else:
        st.info(_("Nothing has been trained here yet."), icon=":material/school:")
        page.first_run_button()
        exports.upload(page)
