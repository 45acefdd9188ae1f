"""The queue: which runs are trained now, and which wait."""

import streamlit as st

from mnistlab.names import run_name
from mnistlab.store import ACTIVE, RunRecord, Status
from mnistlab.ui import state
from mnistlab.ui.frame import Page, guard
from mnistlab.ui.i18n import _, ngettext

POLL_SECONDS = 2.0
SHOWN = 5  # of those that wait; one's own are shown besides


def queue(page: Page) -> None:
    """All runs that are running or waiting, with their places."""
    busy = bool(_active_runs(page))
    st.fragment(_watch, run_every=POLL_SECONDS if busy else None)(page, busy)


def _active_runs(page: Page) -> list[RunRecord]:
    active: list[RunRecord] = []
    with guard():
        active = [run for run in page.store.runs() if run.status in ACTIVE]
    return sorted(active, key=lambda run: (run.place or 0, run.started or 0))


def _watch(page: Page, was_busy: bool) -> None:
    active = _active_runs(page)
    if was_busy and not active:
        st.rerun()
    st.subheader(_("Queue"), anchor=False)
    if not active:
        st.caption(_("Nothing is running or waiting."))
        return
    waiting = sum(run.status == Status.QUEUED for run in active)
    running = len(active) - waiting
    st.caption(
        ngettext("{n} run is training", "{n} runs are training", running).format(n=running) + ", " + ngettext("{n} is waiting.", "{n} are waiting.", waiting).format(n=waiting)
        + " " + _("People take turns, so that nobody's long list keeps others waiting.")
    )  # fmt: skip
    own = state.session_id()
    shown = [run for run in active if run.session == own or (run.place or 0) <= SHOWN]
    for run in shown:
        where = (
            _("running, step {step:,} of {total:,}").format(step=run.step, total=run.total_steps)
            if run.status == Status.RUNNING
            else _("place {place}").format(place=run.place)
        )
        whose = " · " + _("yours") if run.session == own else ""
        page.link(
            "train",
            f"{run_name(run.config)} · {where}{whose}",
            ":material/autorenew:" if run.status == Status.RUNNING else ":material/schedule:",
            run=run.id,
            step=None,
        )
    if len(shown) < len(active):
        st.caption(ngettext("… and {n} more", "… and {n} more", len(active) - len(shown)).format(n=len(active) - len(shown)))
