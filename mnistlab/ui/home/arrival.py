"""Which network a visitor of the home page finds there."""

import streamlit as st

from mnistlab.store import ACTIVE, RunRecord, Status, Store
from mnistlab.ui.kit import state
from mnistlab.ui.kit.page import Page

LOOKED_THROUGH = 200  # of the latest runs, for one of this browser's own
ANEW = "home.anew"  # in the session: the visitor asked for an untrained network


def arrive(page: Page) -> RunRecord | None:
    """The run that the page is about: the chosen one, else the one that this visitor left here;
    None where there is none yet, or where an untrained network was asked for.

    A run of theirs that is still going on is chosen by that.
    """
    if page.run is None and not st.session_state.get(ANEW):
        run = left_here(page.store)
        if run is None or run.status not in ACTIVE:
            return run
        page.choose_run(run.id)
        page.run = run
    return page.run


def left_here(store: Store) -> RunRecord | None:
    """The last run of this browser with weights to look at, or that is going on; else the newest
    finished one of all. Those that take part in an experiment are no good examples. None in a store
    without such runs.
    """
    for run in store.runs(limit=LOOKED_THROUGH):
        if (
            is_own(run)
            and not run.experiment
            and (run.status in ACTIVE or store.snapshot_steps(run.id))
        ):
            return run
    finished = store.runs(Status.FINISHED, limit=LOOKED_THROUGH)
    return next((run for run in finished if not run.experiment), None)


def is_own(run: RunRecord) -> bool:
    """Whether this browser asked for it first."""
    return state.person().owns(run.session)


def begin_anew(page: Page) -> None:
    """Show an untrained network from the next rerun on."""
    st.session_state[ANEW] = True
    page.choose_run(None)
