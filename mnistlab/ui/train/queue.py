"""The queue: which runs are training now, and which are waiting."""

import streamlit as st

from mnistlab.store import ACTIVE
from mnistlab.ui.kit import state
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.server import live_address
from mnistlab.ui.train.queue_data import queue_data

POLL_SECONDS = 2.0
_component = component(__file__, "poll")


def queue(page: Page) -> None:
    """The runs that are running or waiting, with their places. Where the server has live routes,
    the browser keeps them up to date by itself.
    """
    with guard():
        polls = live_address("queue") is None and page.store.count(*ACTIVE) > 0
        st.fragment(_watch, run_every=POLL_SECONDS if polls else None)(page, polls)


def _watch(page: Page, polls: bool) -> None:
    with guard():
        active = page.store.runs(*ACTIVE)
        if polls and not active:
            st.rerun()
        st.subheader(_("Queue"), anchor=False)
        visitor = state.person()
        data = {
            "live": queue_data(active),
            "url": live_address("queue"),
            "own": [run.id for run in active if visitor.owns(run.session)],
            "yours": _("yours"),
            "more": _("… and {n} more"),  # of several: fewer are shown
            "turns": _(
                "Whoever has trained least comes first, so that nobody's long list, or long run, "
                "holds up the others."
            ),
            "empty": _("Nothing is running or waiting."),
        }
        clicked = _component(key="queue", data=data, on_run_change=lambda: None).run
        if clicked:
            page.choose_run(clicked)
            st.rerun()
