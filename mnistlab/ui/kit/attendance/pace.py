"""How a student's page follows the teacher: at every run of a page's script, before anything of
the page is drawn.
"""

from collections.abc import Collection, Mapping

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from mnistlab.store import Store
from mnistlab.store.classes import Class, class_of
from mnistlab.store.members import member, note
from mnistlab.store.pace import Pace
from mnistlab.store.people import Person, Role
from mnistlab.ui.kit.addresses import names_of
from mnistlab.ui.kit.attendance.bar import cover_bar, look_up
from mnistlab.ui.kit.i18n import _
from mnistlab.ui.kit.navigation import PAGES, page_file
from mnistlab.ui.kit.parts import DRAWN
from mnistlab.ui.kit.url import EVERYWHERE, READERS_OWN, Lead, enter_anew, forget_choices

FOLLOWED = "pace.followed"  # in the session: `Pace.brought` when it last brought this tab somewhere
THERE = "pace.there"  # the same, once this tab is on that page
BROUGHT = "pace.to"  # the same, for each page
OF_A_RUN = ("run", "step")


def follow(name: str, store: Store, person: Person) -> Lead:
    """Do on page `name` what the teacher of this student asks for: cover the screen, or lead to
    another page, both of which end this run; returns what they ask of this one. Nobody but a
    student is led. Raises `ClassError`, `StoreError`.
    """
    if person.role is not Role.STUDENT:
        return Lead()
    of = class_of(store, person.class_id)
    if of.pace.look_up:
        _cover(store, of)
    pace = of.pace
    st.session_state[DRAWN] = pace.led
    if pace.page not in PAGES:  # None, or a page of another version
        return Lead(brought=_brought_to(name))
    if pace.brought > _followed(store, person):
        st.session_state[FOLLOWED] = pace.brought
        note(store, person, followed=pace.brought)
        _bring(name, pace)
    elif pace.locked and name != pace.page:
        _lead_back(pace)
    if name == pace.page:
        st.session_state[THERE] = pace.brought
    return lead_on(name, pace)


def lead_on(name: str, pace: Pace) -> Lead:
    """What `pace` asks of page `name`, once one is there."""
    controls = set(pace.controls) if name == pace.page else set(pace.controls) & EVERYWHERE.keys()
    locked = controls | {"view"} if pace.locked else controls
    return Lead(pace.query, frozenset(locked - READERS_OWN), _brought_to(name))


def _followed(store: Store, person: Person) -> int:
    """`Pace.brought` when this tab was last brought to a page; in a new tab, when the student was:
    whoever opens the page again stays where they are.
    """
    if FOLLOWED not in st.session_state:
        st.session_state[FOLLOWED] = member(store, person.name).followed
    return int(st.session_state[FOLLOWED])


def _brought_to(name: str) -> int:
    """`Pace.brought` when this tab was last brought to page `name`."""
    return int(st.session_state.get(f"{BROUGHT}.{name}", 0))


def _bring(name: str, pace: Pace) -> None:
    """Open the page of the teacher's link as they see it. The student's language stays, and, where
    the link names no run, so does theirs.
    """
    assert pace.page is not None
    own = READERS_OWN if "run" in pace.query else READERS_OWN | set(OF_A_RUN)
    kept = _kept(own)
    forget_choices(pace.page, names_of(pace.page) - own)
    st.session_state[THERE] = st.session_state[f"{BROUGHT}.{pace.page}"] = pace.brought
    query = kept | dict(pace.query)
    if name == pace.page:
        st.query_params.from_dict(query)  # the page reads it next
    else:
        _switch(pace.page, query)


def _lead_back(pace: Pace) -> None:
    """Open the page that nobody may leave, with what the student had chosen there; in a tab that
    was not there yet, with what the teacher chose.
    """
    assert pace.page is not None
    if st.session_state.get(THERE) == pace.brought:
        enter_anew()  # the page that was asked for was never shown
        _switch(pace.page, {})
    _switch(pace.page, dict(pace.query) | _kept(READERS_OWN))


def _kept(names: Collection[str]) -> dict[str, str]:
    """What the student has chosen for these parameters of every page."""
    values = {
        name: st.query_params.get(name, st.session_state.get(f"url.{name}")) for name in names
    }
    return {name: str(value) for name, value in values.items() if value is not None}


def _switch(page: str, query: Mapping[str, str]) -> None:
    try:
        st.switch_page(page_file(page), query_params=dict(query))
    except StreamlitPageNotFoundError:  # a page that a test runs alone knows no other pages
        st.markdown(_("Your teacher leads: open another page."))
        st.stop()


def _cover(store: Store, of: Class) -> None:
    """One calm sentence, and nothing else. What the student had chosen comes back afterwards."""
    st.session_state[DRAWN] = None
    enter_anew()
    cover_bar(store, of)
    st.title(look_up(of), anchor=False)
    st.stop()
