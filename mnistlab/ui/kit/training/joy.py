"""A quiet word when a run that was watched has turned out well: the first one above `GOAL`, or the
reader's best so far. Once per run, while the page is open that saw it end.
"""

from collections.abc import Iterable

import streamlit as st

from mnistlab.store import RunRecord, Status
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page

GOAL = 0.98  # accuracy on the test images
WATCHED, SAID = "joy.watched", "joy.said"  # in the session: a run's id; (id, entry of page, kind)
OCCASIONS = {  # kind -> what is said
    "first": N_("**{accuracy}**: your first network above {goal} on this data set!"),
    "best": N_("**{accuracy}**: your best network on this data set so far!"),
}


def occasion(run: RunRecord, others: Iterable[RunRecord]) -> str | None:
    """What there is to be glad of in a finished `run`, a key of `OCCASIONS`: compared with those of
    `others` that are finished and learned from the same images.
    """
    before = [
        other.accuracy
        for other in others
        if other.id != run.id
        and other.config.dataset == run.config.dataset
        and other.accuracy is not None
    ]
    best = max(before, default=None)
    if run.accuracy is None:
        return None
    if run.accuracy >= GOAL and (best is None or best < GOAL):
        return "first"
    return "best" if best is not None and run.accuracy > best else None


def watch(run: RunRecord) -> None:
    """The reader sees `run` go on, and may see it end."""
    st.session_state[WATCHED] = run.id


def celebrate(page: Page, run: RunRecord) -> None:
    """Say so, if the finished `run` was watched and is an occasion. Raises `StoreError`."""
    if st.session_state.get(WATCHED) == run.id:
        st.session_state[WATCHED] = None
        finished = page.store.runs(Status.FINISHED)
        own = [other for other in finished if state.person().owns(other.session)]
        st.session_state[SAID] = (run.id, page.query.entry, occasion(run, own))
    said_of, entry, kind = st.session_state.get(SAID) or (None, None, None)
    if kind is None or (said_of, entry) != (run.id, page.query.entry) or run.accuracy is None:
        return
    sentence = _(OCCASIONS[kind]).format(
        accuracy=words.percent(run.accuracy), goal=f"{100 * GOAL:.0f} %"
    )
    with st.container(key="joy"):
        st.markdown(sentence)
