"""A quiet word when a run that was watched has turned out well: the first one above `GOAL`, the
reader's best so far, or the best of their class. Once per run, while the page is open that saw it
end.
"""

from collections.abc import Iterable

import streamlit as st

from mnistlab.store import RunRecord, Status, Store
from mnistlab.store.members import members
from mnistlab.store.people import Person, Role
from mnistlab.ui.kit import state, words
from mnistlab.ui.kit.i18n import N_, _
from mnistlab.ui.kit.page import Page

GOAL = 0.98  # accuracy on the test images
WATCHED, SAID = "joy.watched", "joy.said"  # in the session: a run's id; (id, entry of page, kind)
OCCASIONS = {  # kind -> what is said
    "first": N_("**{accuracy}**: your first network above {goal} on this data set!"),
    "class": N_("**{accuracy}**: the best network of your class so far!"),
    "best": N_("**{accuracy}**: your best network on this data set so far!"),
}


def occasion(
    run: RunRecord, own: Iterable[RunRecord], of_class: Iterable[RunRecord] = ()
) -> str | None:
    """What there is to be glad of in a finished `run`, a key of `OCCASIONS`: compared with the
    reader's `own` runs, and with those of their class.
    """
    if run.accuracy is None:
        return None
    best, best_of_class = _best_before(run, own), _best_before(run, of_class)
    if best_of_class is not None and run.accuracy > best_of_class:
        return "class"
    if run.accuracy >= GOAL and (best is None or best < GOAL):
        return "first"
    return "best" if best is not None and run.accuracy > best else None


def _best_before(run: RunRecord, others: Iterable[RunRecord]) -> float | None:
    """The best accuracy of `others` that are finished and learned from the same images as `run`."""
    accuracies = [
        other.accuracy
        for other in others
        if other.id != run.id
        and other.config.dataset == run.config.dataset
        and other.accuracy is not None
    ]
    return max(accuracies, default=None)


def watch(run: RunRecord) -> None:
    """The reader sees `run` go on, and may see it end."""
    st.session_state[WATCHED] = run.id


def celebrate(page: Page, run: RunRecord) -> None:
    """Say so, if the finished `run` was watched and is an occasion. Raises `StoreError`."""
    if st.session_state.get(WATCHED) == run.id:
        st.session_state[WATCHED] = None
        finished, person = page.store.runs(Status.FINISHED), state.person()
        own = [other for other in finished if person.owns(other.session)]
        names = _classmates(page.store, person)
        of_class = [other for other in finished if other.session in names]
        st.session_state[SAID] = (run.id, page.query.entry, occasion(run, own, of_class))
    said_of, entry, kind = st.session_state.get(SAID) or (None, None, None)
    if kind is None or (said_of, entry) != (run.id, page.query.entry) or run.accuracy is None:
        return
    sentence = _(OCCASIONS[kind]).format(
        accuracy=words.percent(run.accuracy), goal=words.percent(GOAL, 0)
    )
    with st.container(key="joy"):
        st.markdown(sentence)


def _classmates(store: Store, person: Person) -> set[str]:
    """In whose names the runs of a student's class are kept, their own among them."""
    if person.role is not Role.STUDENT:
        return set()
    return {member.id for member in members(store, person.class_id)}
