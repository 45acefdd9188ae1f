"""The queue: which runs are training now, and which are waiting."""

import streamlit as st

from mnistlab.store import ACTIVE, RunRecord
from mnistlab.store.people import Role
from mnistlab.ui.kit import state
from mnistlab.ui.kit.component import component
from mnistlab.ui.kit.i18n import _, sentences
from mnistlab.ui.kit.page import Page, guard
from mnistlab.ui.kit.parts import fragment
from mnistlab.ui.kit.server import live_address
from mnistlab.ui.train.queue_data import queue_of

POLL_SECONDS = 2.0
MOVERS = (Role.TEACHER, Role.OPERATOR)  # who is offered to move runs ahead
_component = component(__file__, "poll")


def queue(page: Page) -> None:
    """The runs that are running or waiting, with their places. Where the server has live routes,
    the browser keeps them up to date by itself.
    """
    with guard():
        polls = live_address("queue") is None and _is_busy(page)
        fragment(_watch, run_every=POLL_SECONDS if polls else None)(page, polls)


def _watch(page: Page, polls: bool) -> None:
    with guard():
        if polls and not _is_busy(page):
            st.rerun()
        active = page.store.runs(*ACTIVE)
        st.header(_("Queue"), anchor=False)
        visitor = state.person()
        data = {
            "live": queue_of(page.store, active),
            "url": live_address("queue"),
            "own": [run.id for run in active if visitor.owns(run.session)],
            "yours": _("yours"),
            "moves": visitor.role in MOVERS,
            "ahead": _("Move ahead"),
            "back": _("In its turn"),
            "more": _("… and {n} more"),  # of several: fewer are shown
            "caption": sentences(
                "{summary}",
                _(
                    "Whoever has trained least comes first, so that nobody's long list, or long "
                    "run, holds up the others."
                ),
            ),
            "empty": _("Nothing is running or waiting."),
        }
        clicked = _component(
            key="queue", data=data, on_run_change=lambda: None, on_move_change=lambda: None
        )
        if clicked.move:
            _move(page, active, clicked.move)
        if clicked.run:
            page.choose_run(clicked.run)
            st.rerun()


def _is_busy(page: Page) -> bool:
    return page.store.count(*ACTIVE) > 0 or bool(page.store.elsewhere())


def _move(page: Page, active: list[RunRecord], run_id: str) -> None:
    """Move a run that waits ahead of all others, or back to its turn."""
    moved = next((run for run in active if run.id == run_id), None)
    if moved is not None:  # else it has just ended
        with guard():
            page.store.move_ahead(moved.id, not moved.ahead)
            st.rerun()
